/**
 * `npm run bench:tokenizer`: the tokenizer's speed against its peers, one thread each, the same texts and vocabulary.
 *
 * Each tokenizer in each way of use lives in a process of its own, and they take turns slice by slice, on texts that
 * none has seen before (all have warmed up). What counts is CPU time (all threads of the process,
 * garbage collection included); wall time is beside it. Hugging Face's Rust core is called through Python:
 * CLOZE_PYTHON names one that has `tokenizers`. Ids are compared first: a tokenizer that is fast and wrong is not
 * fast. See docs/tokenizer-speed.md.
 */
import { fork, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { talk } from "./talk.mjs";
import { readTexts } from "./tokenizer-texts.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const model = path.join(here, "../../packages/starter/model");
const python = process.env.CLOZE_PYTHON ?? "python3";
const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 5);
const env = {
  ...process.env,
  TOKENIZERS_PARALLELISM: "false",
  RAYON_NUM_THREADS: "1",
  ONNXRUNTIME_NODE_INSTALL: "skip",
};

/** Who runs, in which way, and what that gives. */
const contenders = [
  ["cloze", "ids", "into the caller's array"],
  ["cloze", "ids, one of three", "the same, two others being at work before"],
  ["cloze", "ids, three in turns", "the same, text by text, each with its own vocabulary"],
  ["Rust core", "ids", "encode_batch_fast; results stay in Rust"],
  ["node binding", "ids", "encodeBatch, getIds"],
  ["@huggingface/tokenizers", "ids", "encode"],
  ["transformers.js", "ids", "encode"],
  ["cloze", "offsets", "ids and offsets into the caller's arrays"],
  ["cloze", "offsets, new arrays", "tokenize: new arrays for each text"],
  ["Rust core", "offsets", "encode_batch; results stay in Rust"],
  ["node binding", "offsets", "encodeBatch, getIds, getOffsets"],
];

const sets = readTexts(rounds + 1);
if (sets === undefined) {
  console.error("There are no texts: CLOZE_SHARED names a folder with data/corpora and data/xquad.");
  process.exit(2);
}
if (!existsSync(path.join(here, "node_modules/tokenizers")))
  spawnSync("npm", ["ci", "--no-workspaces"], { cwd: here, env, stdio: "inherit" });
const folder = mkdtempSync(path.join(tmpdir(), "cloze-bench-"));
const load = () => `load ${loadavg()[0].toFixed(1)}`;
try {
  console.log(
    `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, ${rounds} interleaved rounds, ${load()}`,
  );
  for (const [name, slices] of Object.entries(sets)) await measure(name, slices);
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(set, slices) {
  const file = path.join(folder, "texts.json");
  writeFileSync(file, JSON.stringify(slices));
  const entries = [];
  for (const [name, way, gives] of contenders)
    entries.push({
      name,
      way,
      gives,
      process: await (name === "Rust core" ? startPython(way, file) : startNode(name, way, file)),
      cpu: [],
      wall: [],
    });
  for (const { process } of entries) await process.ask({ slice: 0, task: "warm up" });
  for (const entry of entries) entry.hashes = (await entry.process.ask({ slice: 0, task: "check" })).hashes;
  for (let slice = 1; slice < slices.length; slice++)
    for (const entry of entries) {
      const { cpu, wall } = await entry.process.ask({ slice });
      entry.cpu.push(cpu);
      entry.wall.push(wall);
    }
  for (const entry of entries) void entry.process.stop();

  const texts = slices.slice(1).flat();
  const bytes = texts.reduce((all, text) => all + Buffer.byteLength(text), 0);
  const find = (name, way) => entries.find((entry) => entry.name === name && entry.way === way);
  const correct = find("Rust core", "ids").hashes;
  console.log(
    `\n**${set}**: ${texts.length} texts, ${(bytes / 1e6).toFixed(1)} MB, ${Math.round(bytes / texts.length)} bytes each; ${load()}\n\n` +
      "| tokenizer | result | MB per CPU-s | MB/s | CPU time, as many times Cloze's (by round) | texts with other ids |\n" +
      "|---|---|---:|---:|---|---:|",
  );
  for (const { name, way, gives, cpu, wall, hashes } of entries) {
    const ours = find("cloze", way.startsWith("ids") ? "ids" : "offsets");
    const each = cpu.map((seconds, round) => seconds / ours.cpu[round]).toSorted((a, b) => a - b);
    const differing = hashes.filter((hash, nth) => hash !== correct[nth]).length;
    console.log(
      `| ${name} | ${way}: ${gives} | ${(bytes / 1e6 / sum(cpu)).toFixed(1)} | ${(bytes / 1e6 / sum(wall)).toFixed(1)} ` +
        `| ${times(sum(cpu) / sum(ours.cpu))} (${times(each[0])} to ${times(each.at(-1))}) | ${differing} of ${correct.length} |`,
    );
  }
  const made = sum(find("cloze", "offsets, new arrays").cpu);
  const against = ["ids", "offsets"].map(
    (way) => `${times(sum(find("Rust core", way).cpu) / made)} its ${way}`,
  );
  console.log(`\nWith new arrays for each text, against the Rust core: ${against.join(", ")}.`);
}

function startNode(name, way, file) {
  const child = fork(path.join(here, "tokenizer-contender.mjs"), [name, way, file], { env });
  return talk(
    `${name}, ${way}`,
    child,
    (message) => child.send(message),
    (listener) => child.once("message", listener),
  );
}

function startPython(way, file) {
  const child = spawn(python, [path.join(here, "tokenizer.py"), model, way, file], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return talk(
    python,
    child,
    (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
    (listener) => lines.once("line", (line) => listener(JSON.parse(line))),
  );
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function times(ratio) {
  return `${ratio.toFixed(1)}x`;
}
