/**
 * `npm run bench`: the encoder's forward pass on this CPU against transformers.js, the same weights in float32.
 *
 * Both sides live in processes of their own and take turns, so that both see the same noise; before each turn there is
 * a pause, since the peer's threads go on spinning for a while after its own. What counts is the ratio, in wall time
 * and in CPU time. The peer's model is made by
 * export-onnx.py beside this file: without it the script says how.
 */
import { fork, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const ours = path.join(here, "../../packages/starter/model");
const theirs = process.env.CLOZE_BENCH_PEER ?? path.join(here, ".peer/features");
const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 7);

if (!existsSync(path.join(theirs, "onnx/model.onnx"))) {
  console.error(
    `There is no peer model at ${theirs}. Make it, in a virtual environment with torch, transformers and onnx:\n` +
      "  python tests/bench/export-onnx.py packages/starter/model tests/bench/.peer/features --task features\n" +
      "or name a folder by CLOZE_BENCH_PEER.",
  );
  process.exit(2);
}
if (!existsSync(path.join(here, "node_modules"))) {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  spawnSync("npm", ["ci", "--no-workspaces"], { cwd: here, env, stdio: "inherit" });
}

const passage =
  "The lighthouse keeper kept a careful record of every ship that passed the point , of the weather and of the state " +
  "of the lamp , and in the winter of that year he wrote down , in a small and even hand , what the sea had brought . ";
const words = passage.repeat(8).trim().split(" ");
const text = (count, from = 0) => words.slice(from, from + count).join(" ");
/** 32 texts of 4 to 250 words, most of them short, as texts are. */
const mixed = Array.from({ length: 32 }, (_, i) =>
  text(Math.round(4 + 246 * (((i * 13) % 32) / 31) ** 2), i),
);

const cases = [
  { name: "1 text, 16 tokens", texts: [text(14)], runs: 40 },
  { name: "1 text, 128 tokens", texts: [text(126)], runs: 10 },
  { name: "32 texts of mixed length", texts: mixed, runs: 1 },
];

const PAUSE_MS = 300;

const contenders = [await start("cloze", ours), await start("transformers.js", theirs)];
console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, median of ${rounds} interleaved rounds\n`,
);
console.log(`| ${["", "Cloze", "transformers.js 4.3.1", "ratio"].join(" | ")} |\n|---|---|---|---|`);
row(
  "load, ms",
  contenders.map(({ ready }) => ready),
);
for (const { name, texts, runs } of cases) {
  const results = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const result = await contender.ask({ texts, runs });
      if (round >= 0) results[i].push(result); // the first round warms up
    }
  }
  const [a, b] = results.map(([{ vector }]) => vector);
  const difference = Math.max(...a.map((x, i) => Math.abs(x - b[i])));
  if (!(difference < 1e-4)) throw new Error(`${name}: the two disagree by ${difference}`);
  row(
    `${name}, wall ms`,
    results.map((each) => median(each.map(({ wall }) => wall))),
  );
  row(
    `${name}, CPU ms`,
    results.map((each) => median(each.map(({ cpu }) => cpu))),
  );
  contenders.forEach((contender, i) => (contender.peak = results[i].at(-1).peak));
}
row(
  "peak memory over the empty process, MB",
  contenders.map(({ peak }) => peak / 1000),
);
for (const { child } of contenders) child.kill();

async function start(name, model) {
  const child = fork(path.join(here, "contender.mjs"), [name, model]);
  const answer = () =>
    new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    });
  const { ready, peak } = await answer();
  return {
    child,
    ready,
    peak,
    ask(message) {
      child.removeAllListeners("exit");
      child.send(message);
      return answer();
    },
  };
}

function digits(x) {
  return x.toFixed(x < 100 ? 1 : 0);
}

function row(name, [a, b]) {
  console.log(`| ${name} | ${digits(a)} | ${digits(b)} | ${(b / a).toFixed(2)}x |`);
}
