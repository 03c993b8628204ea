/**
 * BERT on WebGPU against transformers.js, on one adapter, in turns: the starter's classification of sentences, the same
 * weights, in float32. Cold, each has a browser of its own; warm, a page of its own in one browser. Both see the same
 * noise, and what counts is the ratio. On an adapter that is a CPU's a long case takes minutes: name the cases, `32x1`
 * for one row of 32 tokens.
 *
 *     CLOZE_BENCH_CASES=32x1,128x1 node tests/bench/web-peer.mjs
 *
 * The peer's model is made as for run.mjs. Needs a browser (CLOZE_CHROMIUM).
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { starter } from "../starter.ts";
import { bundle, manifestOf, openBrowser, openPage, serveSite } from "../web/stand.ts";
import { median } from "./statistics.mjs";
import { expectPeers } from "./turns.mjs";

const here = import.meta.dirname;
const peers = process.env.CLOZE_BENCH_PEER ?? path.join(here, ".peer");
const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 3);
const cases = (process.env.CLOZE_BENCH_CASES ?? "32x1,128x1,32x8,128x8").split(",");

expectPeers(["classify"]);
const html = (script) =>
  `<!doctype html><meta charset="utf-8"><script type="module" src="/${script}"></script>`;
const ours = await bundle({ page: path.join(here, "../web/page.ts") });
const theirs = await build({
  entryPoints: { peer: path.join(here, "web-peer-page.mjs") },
  bundle: true,
  format: "esm",
  platform: "browser",
  outdir: "/",
  write: false,
  logLevel: "error",
});
const folders = { starter, models: peers, "peer-ort": path.join(here, "node_modules/onnxruntime-web/dist") };
const given = [["index.html", html("page.js")], ["starter/files.json", manifestOf(starter)], ...ours];
await using site = await serveSite(given, folders, { policy: "" });
await using other = await serveSite(
  [
    ["index.html", html("peer.js")],
    ["peer.js", theirs.outputFiles[0].contents],
  ],
  folders,
  { policy: "" },
);

/** MiB of a process that stay in memory. */
const residentOf = ({ id }) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) / 1024;

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

/** MiB and CPU seconds of all processes of a browser. */
async function costOf(browser) {
  const control = await browser.newBrowserCDPSession();
  const { processInfo } = await control.send("SystemInfo.getProcessInfo");
  return { mib: sum(processInfo.map(residentOf)), cpu: sum(processInfo.map(({ cpuTime }) => cpuTime)) };
}

/** Asks in a page, and tells the ms that it took there and what came out. */
const ask = (page, texts) =>
  page.evaluate(async (list) => {
    const begun = performance.now();
    const outcome = globalThis.cloze
      ? await globalThis.cloze.call("starter", "classify", list)
      : await globalThis.peer.classify(list);
    if (outcome.error) throw new Error(outcome.error.message);
    return { ms: performance.now() - begun, results: outcome.value ?? outcome };
  }, texts);

const sides = {
  cloze: {
    url: site.url,
    open: () =>
      globalThis.cloze.open("starter", "/starter", { device: "webgpu", precision: "fp32", cache: false }),
  },
  "transformers.js": { url: other.url, open: () => globalThis.peer.open() },
};

/** Opens a side in a browser. */
async function openSide(browser, { url, open }) {
  const page = await openPage(browser, url);
  page.setDefaultTimeout(0);
  const begun = performance.now();
  const outcome = await page.evaluate(open);
  if (outcome?.error) throw new Error(outcome.error.message);
  return { page, loaded: performance.now() - begun };
}

/** A side cold, up to an answer to one text: in a browser of its own, for whoever is first pays for what both use. */
async function measureCold(side) {
  const browser = await openBrowser();
  const before = await costOf(browser);
  const begun = performance.now();
  const { page, loaded } = await openSide(browser, side);
  await ask(page, ["a warm , funny film"]);
  const answered = performance.now() - begun;
  const after = await costOf(browser);
  await browser.close();
  return [loaded / 1000, answered / 1000, after.cpu - before.cpu, after.mib - before.mib];
}

const cold = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (let round = 0; round < rounds; round++)
  for (const [name, side] of Object.entries(sides)) cold[name].push(await measureCold(side));
for (const [name, runs] of Object.entries(cold)) {
  const [loaded, answered, cpu, mib] = [0, 1, 2, 3].map((at) =>
    median(runs.map((run) => run[at])).toFixed(1),
  );
  console.log(
    `${name}: ${loaded} s to load, ${answered} s to the first answer, ${cpu} s of CPU time, ${mib} MiB`,
  );
}

const browser = await openBrowser();
const pages = {};
for (const [name, side] of Object.entries(sides)) pages[name] = (await openSide(browser, side)).page;

const words = "the keeper kept a careful record of every ship that passed the point in winter "
  .repeat(12)
  .split(" ");
for (const each of cases) {
  const [length, batch] = each.split("x").map(Number);
  const texts = Array.from({ length: batch }, (_, i) => words.slice(i, i + length - 2).join(" "));
  const times = { cloze: [], "transformers.js": [] };
  const scores = {};
  for (let round = 0; round <= rounds; round++)
    for (const [name, page] of Object.entries(pages)) {
      const { ms, results } = await ask(page, texts);
      if (round > 0) times[name].push(ms); // the first compiles shaders
      scores[name] = results.map(({ score }) => score);
    }
  const apart = Math.max(...scores.cloze.map((score, i) => Math.abs(score - scores["transformers.js"][i])));
  if (!(apart < 1e-3)) throw new Error(`${each}: the scores are ${apart} apart.`);
  const [a, b] = Object.values(times).map(median);
  console.log(
    `${batch} x ${length} tokens: cloze ${a.toFixed(0)} ms, transformers.js ${b.toFixed(0)} ms, ${(b / a).toFixed(2)}x`,
  );
}
await browser.close();
