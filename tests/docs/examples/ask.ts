import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const context = "The play was written by Anton Chekhov in 1896.";
const { answer, start, end, score } = await bert.ask({ question: "Who wrote it?", context });
console.log(answer, score); // "Anton Chekhov", 15.227
console.log(context.slice(start ?? 0, end ?? 0)); // "Anton Chekhov"

const { answers } = await bert.ask({ question: "Who wrote it?", context }, { top: 2 });
console.log(answers.map(({ text, probability }) => [text, probability])); // [["Anton Chekhov", 0.996], ["Anton Che", 0.002]]
const whole = await bert.ask({ question: "Who wrote it?", context }, { top: 3, wholeWords: true });
console.log(whole.answers.map(({ text }) => text)); // ["Anton Chekhov", "Anton", "Chekhov"]

const none = await bert.ask({ question: "Who filmed it?", context }, { noAnswer: true });
console.log(none.answer, none.start, none.score, none.nullScore); // "", null, null, 7.737
const bold = await bert.ask({ question: "Who filmed it?", context }, { noAnswer: true, threshold: 10 });
console.log(bold.answer); // "Anton Chekhov"

const passage = `${"It rained all day. ".repeat(300)}${context}`;
const far = await bert.ask({ question: "Who wrote it?", context: passage });
console.log(far.start, passage.slice(far.start ?? 0, far.end ?? 0)); // 5724, "Anton Chekhov"

const refused = await bert
  .ask({ question: "Who wrote it?", context }, { maxLength: 600 })
  .catch((error) => [error.code, error.field]);
console.log(refused); // ["invalid-option", "maxLength"]
