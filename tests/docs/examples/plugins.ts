import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { definePlugin } from "@cloze/core";
import { encodeSafetensors, load, NodeFiles } from "@cloze/runtime/node";

const starter = "packages/starter/model";
await using bert = await load(starter);
const weather = await bert.embed(["It rained all night.", "A warm wind blew.", "Snow fell on the hills."]);
const food = await bert.embed(["She baked a loaf.", "The soup was salty.", "We ate fish for dinner."]);
const centres = [weather, food].map((vectors) =>
  vectors[0].embedding.map((_, d) => vectors.reduce((sum, { embedding }) => sum + embedding[d] / 3, 0)),
);
const weight = Float32Array.from(centres.flatMap((centre) => [...centre])); // [2, 384]
const bias = Float32Array.from(centres, (centre) => -centre.reduce((sum, x) => sum + x * x, 0) / 2); // [2]

const folder = await mkdtemp(path.join(tmpdir(), "topics-"));
const description = {
  name: "topics",
  version: "1.0.0",
  title: "Topics",
  kind: "sequence",
  labels: ["weather", "food"],
  features: "mean",
  encoder: { name: "cloze-starter", sha256: await new NodeFiles(starter).hash("model.safetensors") },
};
await writeFile(path.join(folder, "plugin.json"), JSON.stringify(description));
const tensor = (name: string, shape: number[], { buffer }: Float32Array) =>
  ({ name, dtype: "F32", shape, chunks: () => [new Uint8Array(buffer)] }) as const;
const head = encodeSafetensors([tensor("weight", [2, 384], weight), tensor("bias", [2], bias)]);
await writeFile(path.join(folder, "head.safetensors"), head);

const topics = await bert.plugin(folder);
console.log(topics.name, topics.title); // "topics", "Topics"
const { label } = await bert.classify("He ordered a plate of rice.", { plugin: "topics" });
console.log(label); // "food"
const [dark, salty] = await bert.classify(["The clouds are dark.", "Salt the water."], { plugin: "topics" });
console.log(dark.label, salty.label); // "weather", "food"

await using other = await load("tests/fixtures/checkpoints/pretraining");
console.log(await other.plugin(folder).catch((error) => error.code)); // "encoder-mismatch"
await rm(folder, { recursive: true });

const heavy = definePlugin({
  name: "heaviest",
  features: "hidden",
  run({ text, features, width, encoding: { ids, offsets } }) {
    const norms = Array.from(ids, (_, i) => Math.hypot(...features.subarray(i * width, (i + 1) * width)));
    const most = norms.indexOf(Math.max(...norms.slice(1, -1))); // of the words: [CLS] and [SEP] stand round them
    return { word: text.slice(offsets[2 * most], offsets[2 * most + 1]) };
  },
});
const heaviest = await bert.plugin(heavy);
console.log(await heaviest.run("a warm film")); // { word: "film" }
console.log(bert.loaded("heaviest") === heaviest); // true
