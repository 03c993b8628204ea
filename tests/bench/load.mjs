/**
 * `npm run test:load`: a saturating load on the real server, over loopback, with the starter model. Says how many requests
 * were answered and how, how long they took, and whether the server's memory stays where it is.
 *
 * node tests/bench/load.mjs [SECONDS, 30 by default]; it fails where a request was answered other than 200, 429 or 503,
 * where the server died, or where its memory grew by more than 5 % over the second half.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { collate } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import { RemoteSession } from "@cloze/runtime/remote";
import { starter } from "../starter.ts";
import { mixedTexts } from "./mixed-texts.mjs";
import { quantile } from "./statistics.mjs";

const seconds = Number(process.argv[2] ?? 30);
const CLIENTS = 96;
const QUEUE_LIMIT = 48; // fewer than the clients, so that some are turned away
const EVERY_MS = Math.max(1000, Math.min(5000, (1000 * seconds) / 20));
const MAX_GROWTH = 0.05;

const main = path.join(
  path.dirname(createRequire(import.meta.url).resolve("cloze/package.json")),
  "dist/main.js",
);
const options = ["--server-only", "--json", "--model", starter, "--queue-limit", String(QUEUE_LIMIT)];
const child = spawn(process.execPath, [main, "serve", ...options], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
const { serverUrl: url } = JSON.parse(
  String(await new Promise((resolve) => child.stdout.once("data", resolve))),
);

const { tokenizer } = await openFolder(starter);
const words =
  "The lighthouse keeper kept a careful record of every ship that passed the point , of the weather . "
    .repeat(20)
    .trim()
    .split(" ");
const encodings = mixedTexts(words, 128).map((text) => tokenizer.encode(text, { maxLength: 512 }));
const outputs = [["sentiment"], ["sentiment"], ["mean.6"], ["answers"]];

const statuses = new Map();
const times = [];
const session = new RemoteSession({
  url,
  model: "model",
  maxLength: 512,
  fetch: async (address, init) => {
    const response = await fetch(address, init);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    return response;
  },
});

/** Resident memory of the server, in MB. */
function memory() {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1];
  return Number(kilobytes) / 1024;
}

const start = performance.now();
const until = start + 1000 * seconds;
const samples = [];
const sampler = setInterval(() => samples.push({ at: performance.now() - start, mb: memory() }), EVERY_MS);
let next = 0;
async function client() {
  while (performance.now() < until) {
    const i = next++;
    const encoding = encodings[i % encodings.length];
    const feeds = collate([encoding], session.paddedLength(encoding.ids.length), 0);
    const began = performance.now();
    try {
      await session.run(feeds, outputs[i % outputs.length]);
      times.push(performance.now() - began);
    } catch (error) {
      if (error.code !== "server-unavailable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 + 500 * Math.random()));
    }
  }
}
await Promise.all(Array.from({ length: CLIENTS }, client));
clearInterval(sampler);
const took = (performance.now() - start) / 1000;
child.kill("SIGTERM");
const code = await ended;

const half = samples.filter(({ at }) => at >= 500 * seconds);
const slope = slopeOf(half); // MB a millisecond
const growth = (slope * (half.at(-1).at - half[0].at)) / half[0].mb;
console.log(`${CLIENTS} clients for ${took.toFixed(0)} s, at most ${QUEUE_LIMIT} rows waiting\n`);
console.log(`answers        ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}`);
console.log(`throughput     ${(times.length / took).toFixed(1)} requests/s`);
console.log(
  `latency        p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms`,
);
console.log(`memory         ${samples.map(({ mb }) => mb.toFixed(0)).join(" ")} MB`);
console.log(
  `second half    ${(slope * 60_000).toFixed(2)} MB a minute, ${(100 * growth).toFixed(1)} % over ${((half.at(-1).at - half[0].at) / 1000).toFixed(0)} s`,
);
console.log(`exit           ${code}`);

const wrong = [...statuses.keys()].filter((status) => ![200, 429, 503].includes(status));
if (wrong.length > 0 || code !== 0 || growth > MAX_GROWTH) process.exitCode = 1;

/** Of the line through the samples. */
function slopeOf(list) {
  const mean = (of) => list.reduce((sum, one) => sum + of(one), 0) / list.length;
  const [x, y] = [mean(({ at }) => at), mean(({ mb }) => mb)];
  return mean(({ at, mb }) => (at - x) * (mb - y)) / mean(({ at }) => (at - x) ** 2);
}
