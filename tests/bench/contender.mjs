/**
 * One side of the benchmark, in a process of its own, so that memory and threads are its own. It does what the
 * parent asks, one thing at a time, and reports wall time and CPU time of this process.
 *
 * node contender.mjs cloze|transformers.js MODEL
 */
import process from "node:process";

const [, , name, model] = process.argv;
const before = process.resourceUsage().maxRSS;
const started = performance.now();
const embed = name === "cloze" ? await cloze(model) : await transformersJs(model);
send({ ready: performance.now() - started, peak: process.resourceUsage().maxRSS - before });

process.on("message", async ({ texts, runs }) => {
  let vector = await embed(texts.slice(0, 1)); // awake again after the pause
  const cpu = process.cpuUsage();
  const wall = performance.now();
  for (let i = 0; i < runs; i++) vector = await embed(texts);
  const spent = process.cpuUsage(cpu);
  send({
    wall: (performance.now() - wall) / runs,
    cpu: (spent.user + spent.system) / 1000 / runs,
    peak: process.resourceUsage().maxRSS - before,
    vector: Array.from(vector.at(-1)),
  });
});

/** Mean-pooled features of each text, as both libraries offer them. */
async function cloze(folder) {
  const { load } = await import("@cloze/runtime/node");
  const bert = await load(folder);
  return async (texts) => (await bert.embed(texts)).map(({ embedding }) => embedding);
}

async function transformersJs(folder) {
  const { env, pipeline } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  const extract = await pipeline("feature-extraction", folder, { dtype: "fp32", device: "cpu" });
  return async (texts) => {
    const { data, dims } = await extract(texts, { pooling: "mean" });
    return texts.map((_, i) => data.slice(i * dims[1], (i + 1) * dims[1]));
  };
}

function send(message) {
  process.send(message);
}
