/**
 * Pre-training steps on this CPU against PyTorch and transformers, float32, 32 rows of 128
 * tokens, whole steps (forward, backward, clip, AdamW). The two take turns, each in a process of its own.
 *
 *   CLOZE_PYTHON=venv/bin/python node tests/bench/train.mjs [tiny mini minilm-l6]
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const python = process.env.CLOZE_PYTHON;
if (!python) {
  console.error("Set CLOZE_PYTHON to a Python with torch and transformers.");
  process.exit(2);
}
const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 5);
const presets = process.argv.length > 2 ? process.argv.slice(2) : ["tiny", "mini", "minilm-l6"];
const threads = "2";
const TOKENS = 32 * 128;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A process that runs steps when it is told to. */
function contender(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value);
  return {
    ready: answer(),
    async go(steps) {
      child.stdin.write(`go ${steps}\n`);
      return answer();
    },
    end: () => child.stdin.end(),
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const speed = (turns, seconds) => median(turns.map((turn) => (turn.steps * TOKENS) / turn[seconds]));

console.log(
  "preset     dropout | tokens/s ours  PyTorch  ratio | of CPU ours  PyTorch  ratio | peak MB ours  PyTorch",
);
for (const preset of presets) {
  for (const dropout of ["0", "0.1"]) {
    const ours = contender(process.execPath, [at("train-cloze.mjs"), preset, dropout, threads]);
    await ours.ready;
    const script = at("../reference/train_speed.py");
    const theirs = contender(python, [
      script,
      "--preset",
      preset,
      "--dropout",
      dropout,
      "--threads",
      threads,
      "--wait",
    ]);
    await theirs.ready;
    const turns = { ours: [], theirs: [] };
    const steps = preset === "tiny" ? 8 : preset === "mini" ? 3 : 1;
    for (let round = 0; round < rounds; round++) {
      turns.ours.push(await ours.go(steps));
      turns.theirs.push(await theirs.go(steps));
    }
    ours.end();
    theirs.end();
    const row = ["wallSeconds", "cpuSeconds"].map((seconds) => {
      const [a, b] = [speed(turns.ours, seconds), speed(turns.theirs, seconds)];
      return `${a.toFixed(0).padStart(8)} ${b.toFixed(0).padStart(8)}  ${(a / b).toFixed(2).padStart(5)}x`;
    });
    const memory = [turns.ours, turns.theirs].map((one) => one.at(-1).peakRssMB.toFixed(0).padStart(8));
    console.log(`${preset.padEnd(10)} ${dropout.padEnd(7)} | ${row.join(" | ")} | ${memory.join(" ")}`);
  }
}
