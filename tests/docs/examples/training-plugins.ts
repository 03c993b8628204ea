import { load } from "@cloze/runtime/node";
import { pluginFiles, trainPlugin } from "@cloze/train";

await using bert = await load("packages/starter/model");
const weather = [
  "It rained all night.",
  "A warm wind blew.",
  "Snow fell on the hills.",
  "The clouds are dark.",
  "It will be sunny.",
  "Fog lay on the lake.",
];
const food = [
  "She baked a loaf.",
  "The soup was salty.",
  "We ate fish for dinner.",
  "He peeled an orange.",
  "The cake is sweet.",
  "They grilled corn.",
];
const examples = [
  ...weather.map((text) => ({ text, label: "weather" })),
  ...food.map((text) => ({ text, label: "food" })),
];

const topics = await trainPlugin(bert, examples, { name: "topics" });
console.log(topics.rows); // { train: 10, dev: 2 }
console.log(topics.plugin.labels, topics.plugin.features); // ["food", "weather"], "last-four"

await bert.plugin(topics);
const [storm, rice] = await bert.classify(["The storm is near.", "He ordered rice."], { plugin: "topics" });
console.log(storm.label, rice.label); // "weather", "food"

const files = await pluginFiles(topics);
console.log([...files.keys()]); // ["plugin.json", "head.safetensors", "README.md"]
