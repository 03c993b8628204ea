import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { asPipeline, ClozeError, Predictor } from "@cloze/core";
import type { Session } from "@cloze/core";
import { fakeSession, tinyModel } from "@cloze/core/testing";
import { load, openFolder, pipeline, saveModel } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model", { threads: 2 });
await using small = await load("tests/fixtures/foreign/hub", { dtype: "q8" });
console.log(small.plugins[0].kind); // "sequence"

const texts = ["a warm , funny film", "a dull film"];
const { label } = await bert.classify(texts[0]);
console.log(label); // "positive"
const results = await bert.classify(texts);
console.log(results.map((result) => result.label)); // ["positive", "negative"]

async function* reviews() {
  for (let i = 0; i < 200; i++) yield texts[i % 2];
}
let warm = 0;
for await (const result of bert.classify(reviews())) if (result.label === "positive") warm++;
console.log(warm); // 100

const many = Array.from({ length: 300 }, (_, i) => texts[i % 2]);
let last = {};
await bert.classify(many, { onProgress: (progress) => (last = progress) });
console.log(last); // { done: 300, total: 300 }

const stop = new AbortController();
const stopped = bert.classify(many, { signal: stop.signal, onProgress: () => stop.abort() });
console.log(await stopped.catch((error) => error.code)); // "aborted"

try {
  await bert.classify("a warm film", { plugin: "moods" });
} catch (error) {
  if (error instanceof ClozeError) console.log(error.code, error.field); // "not-found", "plugin"
}

const answer = await pipeline("question-answering", "packages/starter/model");
const found = await answer("Who wrote it?", "The play was written by Anton Chekhov in 1896.");
console.log(found); // { answer: "Anton Chekhov", score: 0.996, start: 24, end: 37 }
await answer.dispose();

const extract = asPipeline("feature-extraction", bert);
const { dims } = await extract(texts, { pooling: "mean", normalize: true });
console.log(dims); // [2, 384]

const out = await mkdtemp(path.join(tmpdir(), "bert-"));
const folder = await openFolder("tests/fixtures/checkpoints/pretraining");
await saveModel(folder, path.join(out, "same"));
await saveModel(folder, path.join(out, "half"), { dtype: "f16" });
const half = await openFolder(path.join(out, "half"));
console.log(half.tensors.get("bert.pooler.dense.weight")?.dtype); // "F16"
await rm(out, { recursive: true });

const { session, tokenizer, config, plugins } = bert;
const rows: number[] = [];
const watched: Session = {
  outputs: session.outputs,
  tokensPerRun: session.tokensPerRun,
  paddedLength: (length) => session.paddedLength(length),
  run(feeds, outputs, options) {
    rows.push(feeds.input_ids.dims[0]);
    return session.run(feeds, outputs, options);
  },
  async [Symbol.asyncDispose]() {},
};
const twin = new Predictor({ tokenizer, config, plugins, session: watched });
await twin.classify(texts);
console.log(rows); // [2]

const tiny = tinyModel();
const { isNext } = await tiny.next({ text: "a film", pair: "is it good?" });
console.log(isNext); // 0.786

const sure = fakeSession({
  sentiment({ input_ids }) {
    const [batch] = input_ids.dims;
    return { dims: [batch, 2], data: Float32Array.from({ length: 2 * batch }, (_, i) => i % 2) };
  },
});
const glad = new Predictor({ tokenizer, config, plugins, session: sure });
console.log((await glad.classify("a dull film")).label); // "positive"
