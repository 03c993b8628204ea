/**
 * `npm run bench:tasks`: whole tasks on this CPU against transformers.js, the same weights in float32; texts in,
 * answers out. The two have to give the same answers.
 *
 *   node tests/bench/tasks.mjs [NAME…]    only the cases whose names begin like one of these
 *
 * Each case has fresh processes, so that the peak of memory is its own. How it is measured is turns.mjs's matter; the
 * peer's models are made by export-onnx.py beside this file: without them the script says how.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { windows } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import { mixedTexts } from "./mixed-texts.mjs";
import {
  expectPeers,
  expectSame,
  memory,
  pause,
  printHeader,
  printRow,
  startBoth,
  startOurs,
  startTheirs,
  takeTurns,
  times,
} from "./turns.mjs";

const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 5);
const wanted = process.argv.slice(2);
const read = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const { tokenizer } = await openFolder(read("packages/starter/model"));
/** A text that says each thing once, and that everybody has. */
const source = readFileSync(read("LICENSE"), "utf8").trim();
const tokens = tokenizer.tokenize(source);
const slice = (first, count) =>
  source.slice(tokens.offsets[2 * first], tokens.offsets[2 * (first + count) - 1]);

const PROBED = [1, 2, 4, 8, 16, 32, 64];
const short = "This is a [MASK] place.";
const texts = mixedTexts(source.split(/\s+/), 256);
const wakeFill = { text: short };
const wakeAsk = { question: "Who wrote it?", context: short, pieces: [short], maxLength: 384, overlap: 128 };
const wakeClassify = { texts: [short] };

const cases = [
  ...[128, 512].flatMap((length) => [
    {
      name: `fill, ${length} tokens, 1 mask`,
      task: "fill",
      wake: wakeFill,
      input: { text: maskedText(length, 1) },
      runs: 1024 / length,
    },
    {
      name: `fill, ${length} tokens, 5 masks; its model called directly`,
      task: "fill",
      way: "fill directly",
      wake: wakeFill,
      input: { text: maskedText(length, 5) },
      runs: 1024 / length,
    },
  ]),
  {
    name: "ask, 2000 tokens; its pipeline, window by window",
    task: "ask",
    peer: "answer",
    wake: wakeAsk,
    input: longQuestion(),
    runs: 1,
  },
  {
    name: "ask, 2000 tokens; its model called directly, one batch",
    task: "ask",
    way: "ask directly",
    peer: "answer",
    wake: wakeAsk,
    input: longQuestion(),
    runs: 1,
  },
  { name: "classify, 256 texts", task: "classify", wake: wakeClassify, input: { texts }, runs: 1 },
  {
    name: "classify, 256 texts; its best batch",
    task: "classify",
    wake: wakeClassify,
    input: { texts },
    probe: true,
    runs: 1,
  },
];
const starts = [
  { name: "start to first classify", task: "classify", input: wakeClassify },
  { name: "start to first fill", task: "fill", input: wakeFill },
];

expectPeers(["fill", "answer", "classify"]);
printHeader(rounds);
for (const each of cases.filter(isWanted)) await measure(each);
for (const each of starts.filter(isWanted)) await measureStart(each);

function isWanted({ name }) {
  return wanted.length === 0 || wanted.some((word) => name.startsWith(word));
}

async function measure({ name, task, way = task, peer = task, probe, ...message }) {
  if (probe) {
    const batch = await findBestBatch(way, peer, message);
    name += `, ${batch}`;
    message.input = { ...message.input, batch };
  }
  const contenders = await startBoth(task, way, peer);
  const results = await takeTurns(contenders, message, rounds);
  for (const contender of contenders) await contender.stop();
  expectSame(name, results);
  printRow(name, times(results), memory(results));
}

/** The size of batches with which the peer takes the least time for 64 of the texts: of two turns each the better. */
async function findBestBatch(way, peer, message) {
  const some = message.input.texts.slice(0, 64);
  const contender = await startTheirs(way, peer);
  const least = new Map(PROBED.map((batch) => [batch, Infinity]));
  for (let turn = 0; turn < 2; turn++)
    for (const batch of PROBED) {
      await pause();
      const { wall } = await contender.ask({ ...message, input: { texts: some, batch } });
      least.set(batch, Math.min(least.get(batch), wall));
    }
  await contender.stop();
  return [...least].reduce((best, each) => (each[1] < best[1] ? each : best))[0];
}

/** From nothing to the first answer, each time in a new process; the files are in the system's cache. */
async function measureStart({ name, task, input }) {
  const results = [[], []];
  for (let round = -1; round < rounds; round++)
    for (const [i, start] of [() => startOurs(task), () => startTheirs(task, task)].entries()) {
      await pause();
      const begun = performance.now();
      const contender = await start();
      const { answer, cpuSinceStart, peak } = await contender.ask({ input, runs: 1 });
      const wall = performance.now() - begun;
      await contender.stop();
      if (round >= 0) results[i].push({ wall, cpu: cpuSinceStart, peak, answer });
    }
  expectSame(name, results);
  printRow(name, times(results), memory(results));
}

/** A text of `length` tokens with [CLS] and [SEP], some of its words masked. */
function maskedText(length, masks) {
  const text = slice(0, length - 2);
  const { ids, offsets } = tokenizer.tokenize(text);
  const words = tokenizer.wordIds({ ids, offsets });
  const alone = (i) => words[i] !== words[i - 1] && words[i] !== words[i + 1];
  let result = text;
  for (let m = masks; m > 0; m--) {
    let at = Math.floor((m * (length - 2)) / (masks + 1));
    while (!alone(at) || !/[a-z]{3}/.test(text.slice(offsets[2 * at], offsets[2 * at + 1]))) at++;
    result = `${result.slice(0, offsets[2 * at])}[MASK]${result.slice(offsets[2 * at + 1])}`;
  }
  if (tokenizer.tokenize(result).ids.length !== length - 2) throw new Error("A mask changed the length.");
  return result;
}

/** A question whose answer is far down in a context of 2,000 tokens, and Cloze's windows over it as texts. */
function longQuestion() {
  const question = "Who provides the Work on an AS IS basis?";
  const [length, maxLength, overlap] = [2000, 384, 128];
  const room = maxLength - tokenizer.tokenize(question).ids.length - 3;
  const list = windows(length, room, overlap);
  const pieces = list.map(({ first, count }) => slice(first, count));
  if (pieces.some((piece, w) => tokenizer.tokenize(piece).ids.length !== list[w].count))
    throw new Error("A window splits a word: the pieces would not be the windows.");
  return { question, context: slice(0, length), pieces, maxLength, overlap };
}
