import { load } from "@cloze/runtime/node";

await using bert = await load("tests/fixtures/checkpoints/choice");
const { choice, scores } = await bert.choose({
  context: "He turned on the tap.",
  choices: ["Water ran.", "The lamp shone."],
});
console.log(choice, scores); // 0, [0.505, 0.495]

const why = await bert.choose({
  context: "He is wet.",
  question: "Why?",
  choices: ["It rained.", "It snows."],
});
console.log(why); // { choice: 1, scores: [0.497, 0.503] }

const long = await bert.choose({ context: "He is wet. ".repeat(100), choices: ["It rained.", "It snows."] });
console.log(long.truncated); // true

const refused = await bert
  .choose({ context: "He is wet.", choices: ["It rained."] })
  .catch((error) => [error.code, error.field]);
console.log(refused); // ["invalid-input", "choices"]
