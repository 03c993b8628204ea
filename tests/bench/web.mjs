/**
 * Figures of BERT in Chromium: seconds to load the starter, and texts a second, on WebGPU (a CPU's, SwiftShader) and in
 * WebAssembly with one thread and with two. Needs a browser (CLOZE_CHROMIUM) and a quiet machine.
 *
 *     node tests/bench/web.mjs
 */
import path from "node:path";
import { load } from "@cloze/runtime/node";
import { starter } from "../starter.ts";
import { bundle, manifestOf, openBrowser, openPage, serveSite } from "../web/stand.ts";

const texts = Array.from({ length: 60 }, (_, i) => `a warm , funny film about ${i} people who meet in Paris`);
const page = '<!doctype html><script type="module" src="/page.js"></script>';
const scripts = await bundle({ page: path.join(import.meta.dirname, "../web/page.ts") });
const files = [["index.html", page], ["starter/files.json", manifestOf(starter)], ...scripts];
const browser = await openBrowser();

const seconds = (ms) => (ms / 1000).toFixed(1);

async function timeOf(work) {
  const start = performance.now();
  const outcome = await work();
  if (outcome?.error) throw new Error(outcome.error.message);
  return performance.now() - start;
}

async function fastest(work) {
  await timeOf(work);
  const times = [];
  for (let i = 0; i < 3; i++) times.push(await timeOf(work));
  return Math.min(...times);
}

async function measure(device, threads, isolated, count) {
  await using site = await serveSite(files, { starter }, { isolated });
  const tab = await openPage(browser, site.url);
  const open = () =>
    tab.evaluate((options) => globalThis.cloze.open("starter", "/starter", options), { device, threads });
  const classify = (some) => tab.evaluate((list) => globalThis.cloze.call("starter", "classify", list), some);
  const first = await timeOf(open);
  await tab.evaluate(() => globalThis.cloze.close("starter"));
  const second = await timeOf(open);
  const one = await timeOf(() => classify(texts[0]));
  const all = await fastest(() => classify(texts.slice(0, count)));
  await tab.context().close();
  console.log(
    `${device}, threads: ${threads}: loaded in ${seconds(first)} s, from the cache in ${seconds(second)} s; ` +
      `first answer ${seconds(one)} s; ${((1000 * count) / all).toFixed(1)} texts/s`,
  );
}

await measure("wasm", 1, false, 60);
await measure("wasm", 2, true, 60);
await measure("webgpu", 1, false, 8);
await browser.close();

for (const threads of [1, 2]) {
  await using bert = await load(starter, { threads });
  const all = await fastest(() => bert.classify(texts));
  console.log(`Node, threads: ${threads}: ${((1000 * texts.length) / all).toFixed(1)} texts/s`);
}
