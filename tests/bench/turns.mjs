/**
 * Two sides that take turns. Each lives in a process of its own, and both see the same noise; before each turn there is
 * a pause, since the peer's threads go on spinning for a while after its own. What counts is the ratio, in wall time
 * and in CPU time.
 */
import { fork, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";
import { talk } from "./talk.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const PAUSE_MS = 300;
const THREADS = 2;

/** The starter, and the folder of its exports for the peer, one a task. */
const ours = path.join(here, "../../packages/starter/model");
const theirs = process.env.CLOZE_BENCH_PEER ?? path.join(here, ".peer");

/** What export-onnx.py is told for each task of the peer. */
const exports = {
  features: "--task features",
  fill: "--task fill",
  answer: "--task answer --head packages/starter/model/plugins/answers",
  classify: "--task classify --head packages/starter/model/plugins/sentiment",
};

/** Ends the process and says how, where the peer's models have not been made; installs the peer. */
export function expectPeers(names) {
  const missing = names.filter((name) => !existsSync(path.join(theirs, name, "onnx/model.onnx")));
  if (missing.length > 0) {
    console.error(
      `There is no peer model of this name in ${theirs}: ${missing.join(", ")}. ` +
        "Make it, in a virtual environment with torch, transformers and onnx:\n" +
        missing
          .map(
            (name) =>
              `  python tests/bench/export-onnx.py packages/starter/model tests/bench/.peer/${name} ${exports[name]}\n`,
          )
          .join("") +
        "or name the folder that they are in by CLOZE_BENCH_PEER.",
    );
    process.exit(2);
  }
  if (existsSync(path.join(here, "node_modules"))) return;
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  spawnSync("npm", ["ci", "--no-workspaces"], { cwd: here, env, stdio: "inherit" });
}

/**
 * Starts both sides.
 *
 * @param way What transformers-js.mjs calls what it does.
 * @param peer The name of its model.
 */
export function startBoth(task, way, peer) {
  return Promise.all([startOurs(task), startTheirs(way, peer)]);
}

export function startOurs(task) {
  return start("./cloze.mjs", task, ours);
}

export function startTheirs(way, peer) {
  return start("./transformers-js.mjs", way, path.join(theirs, peer));
}

/** Starts a side; ready when its model is loaded. */
function start(side, task, model) {
  const child = fork(path.join(here, "contender.mjs"), [side, task, model, THREADS], {
    serialization: "advanced",
  });
  return talk(
    `${side}, ${task}`,
    child,
    (message) => child.send(message),
    (listener) => child.once("message", listener),
  );
}

/**
 * Lets contenders take turns; the first round warms up.
 *
 * @returns What each measured, round by round.
 */
export async function takeTurns(contenders, message, rounds) {
  const results = contenders.map(() => []);
  for (let round = -1; round < rounds; round++)
    for (const [i, contender] of contenders.entries()) {
      await pause();
      const result = await contender.ask(message);
      if (round >= 0) results[i].push(result);
    }
  return results;
}

export function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** Throws where the two answer differently. */
export function expectSame(name, results) {
  const [a, b] = results.map(([{ answer }]) => answer);
  if (!same(a, b)) throw new Error(`${name}: the two disagree:\n${JSON.stringify(a)}\n${JSON.stringify(b)}`);
}

/** Numbers may differ by 1e-4, texts in case and spaces. */
function same(a, b) {
  if (typeof a === "number") return Math.abs(a - b) < 1e-4;
  if (typeof a === "string") return withoutCaseAndSpaces(a) === withoutCaseAndSpaces(b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

function withoutCaseAndSpaces(text) {
  return text.toLowerCase().replaceAll(/\s/g, "");
}

export function printHeader(rounds) {
  console.log(
    `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, ${THREADS} threads, median of ${rounds} ` +
      `interleaved rounds, load ${loadavg()[0].toFixed(1)}\n\n` +
      "| | Cloze | transformers.js 4.3.1 | ratio |\n|---|---|---|---|",
  );
}

/** A row: each cell is both sides' values, and how many times ours theirs is. */
export function printRow(name, ...cells) {
  const columns = [0, 1, 2].map((column) => cells.map((cell) => cell[column]).join(", "));
  console.log(`| ${[name, ...columns].join(" | ")} |`);
}

/** Wall and CPU time, medians over the rounds. */
export function times(results) {
  const [wall, cpu] = ["wall", "cpu"].map((measure) =>
    results.map((rounds) => median(rounds.map((round) => round[measure]))),
  );
  const sides = [0, 1].map((side) => `${digits(wall[side])} / ${digits(cpu[side])} ms`);
  return [...sides, `${ratio(wall)} / ${ratio(cpu)}`];
}

/** The peak of memory over the empty process. */
export function memory(results) {
  const peaks = results.map((rounds) => Math.max(...rounds.map(({ peak }) => peak)));
  return [...peaks.map((peak) => `${digits(peak)} MB`), ratio(peaks)];
}

function ratio([cloze, peer]) {
  return `${(peer / cloze).toFixed(2)}x`;
}

function digits(x) {
  return x.toFixed(x < 100 ? 1 : 0);
}
