import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const { label, score, scores } = await bert.classify("a warm , funny film");
console.log(label, score); // "positive", 0.9997
console.log(scores); // { positive: 0.9997, negative: 0.0003 }

const results = await bert.classify(["a dull film", "a touching story"]);
console.log(results.map((result) => result.label)); // ["negative", "positive"]

await using scorer = await load("tests/fixtures/checkpoints/regression");
const { value } = await scorer.classify({ text: "a warm film", pair: "a cold film" });
console.log(value); // 0.2925

await using moods = await load("tests/fixtures/checkpoints/multi-label");
const several = await moods.classify("a warm film");
console.log(several.scores); // { sad: 0.757, glad: 0.562, calm: 0.472, angry: 0.256 }

const best = await bert.classify("a warm , funny film", { top: 1 });
console.log(best.scores); // { positive: 0.9997 }
const logits = await bert.classify("a warm , funny film", { function: "none" });
console.log(logits.scores); // { positive: 4.361, negative: -3.888 }

const long = await bert.classify("a warm , funny film . ".repeat(100));
console.log(long.truncated); // true

const refused = await bert.classify("a film", { top: 0 }).catch((error) => [error.code, error.field]);
console.log(refused); // ["invalid-option", "top"]
