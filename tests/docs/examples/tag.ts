import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const text = "Anton Chekhov was born in Taganrog.";
const { entities } = await bert.tag(text);
console.log(entities[0]); // { label: "PER", start: 0, end: 13, text: "Anton Chekhov", score: 0.9997 }
console.log(entities[1]); // { label: "LOC", start: 26, end: 34, text: "Taganrog", score: 0.9987 }

const tokens = await bert.tag(text, { aggregation: "none" });
console.log(tokens.entities.slice(0, 3).map((one) => [one.label, one.text])); // [["B-PER", "Anton"], ["I-PER", "Che"], ["I-PER", "khov"]]

const diary = `${"we walked along the road and sang ".repeat(200)}Anton Chekhov was at home.`;
const far = await bert.tag(diary);
console.log(far.entities.map((one) => [one.start, diary.slice(one.start, one.end)])); // [[6800, "Anton Chekhov"]]

const refused = await bert.tag(text, { overlap: 200 }).catch((error) => [error.code, error.field]);
console.log(refused); // ["invalid-option", "overlap"]
