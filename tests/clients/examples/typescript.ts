import { createClient, RequestError } from "@cloze/edge/client";

const client = createClient({ url: "http://127.0.0.1:8787", timeoutMs: 10_000 }); // and key: "…", where it asks for one

const { label, score } = await client.classify("a warm , funny film");
console.log(label, score); // "positive", 0.9997

const context = "The play was written by Anton Chekhov in 1896.";
const { answer, start, end } = await client.answer({ question: "Who wrote it?", context });
console.log(answer, context.slice(start!, end!)); // "Anton Chekhov", "Anton Chekhov"

const answers = await client.embed(["a warm film", "a cold day"], { normalize: true });
console.log(answers.map(({ embedding }) => embedding.length)); // [384, 384]

async function* lines() {
  yield "He closed the [MASK] behind him.";
  yield "She opened the [MASK] and looked out.";
}
const words = [];
for await (const { masks } of client.fill(lines(), { top: 1 })) words.push(masks[0].predictions[0].token);
console.log(words); // ["door", "window"]

try {
  await client.fill("nothing to fill");
} catch (error) {
  if (error instanceof RequestError) console.log(error.code, error.field); // "invalid-input", "text"
}
