import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const text = "The meeting began at nine.";
const { isNext } = await bert.next({ text, pair: "The chairman read the minutes." });
console.log(isNext); // 0.823

const sentences = ["The chairman read the minutes.", "Sulphur melts at 115 degrees."];
const results = await bert.next(sentences.map((pair) => ({ text, pair })));
console.log(results); // [{ isNext: 0.823 }, { isNext: 0.588 }]

const long = await bert.next({ text: text.repeat(200), pair: text });
console.log(long.truncated); // true

const refused = await bert.next({ text: "", pair: text }, { maxLength: 1000 }).catch((error) => error.code);
console.log(refused); // "invalid-option"
