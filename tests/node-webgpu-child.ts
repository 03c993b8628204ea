/** Runs the starter on WebGPU and on the CPU, and prints what both answer. The test gives it a driver. */
import { load } from "@cloze/runtime/node";
import { starter } from "./starter.ts";

await using cpu = await load(starter);
await using gpu = await load(starter, { device: "webgpu" });
await using another = await load(starter, { device: "webgpu" });

const texts = ["a warm , funny film", "dull , clumsy and far too long ".repeat(3), ""];
const question = {
  question: "Who wrote it?",
  context: "The play was written by Anton Chekhov in 1896. ".repeat(2),
};
const mask = "He closed the [MASK] behind him.";

const answers = [];
for (const bert of [cpu, gpu])
  answers.push({
    classify: (await bert.classify(texts)).map(({ scores }) => scores?.positive),
    ask: await bert.ask(question),
    fill: (await bert.fill(mask)).masks[0].predictions.map(({ token }) => token),
    tag: (await bert.tag("Anton Chekhov lived in Taganrog.")).entities.map(({ text }) => text),
    embed: Array.from((await bert.embed(texts[0])).embedding),
  });
// Two models at once, and one call that is given up.
const leaving = new AbortController();
const left = gpu
  .classify(texts[1], { signal: leaving.signal })
  .catch((error: { code: string }) => error.code);
const both = Promise.all([gpu, another, gpu, another].map((bert) => bert.classify(texts[0])));
leaving.abort();
const together = (await both).map(({ label }) => label);
console.log(JSON.stringify({ cpu: answers[0], gpu: answers[1], together, left: await left }));
