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

async function measure(device, threads, isolated, count) {
  await using site = await serveSite(files, { starter }, { isolated });
  const tab = await openPage(browser, site.url);
  const told = await tab.evaluate(
    async ([on, n, some]) => {
      const { cloze } = globalThis;
      const lap = async (work) => {
        const start = performance.now();
        const outcome = await work();
        if (outcome.error) throw new Error(outcome.error.message);
        return performance.now() - start;
      };
      const first = await lap(() => cloze.open("starter", "/starter", { device: on, threads: n }));
      await cloze.close("starter");
      const second = await lap(() => cloze.open("starter", "/starter", { device: on, threads: n }));
      const one = await lap(() => cloze.call("starter", "classify", some[0]));
      await lap(() => cloze.call("starter", "classify", some));
      const runs = [];
      for (let i = 0; i < 3; i++) runs.push(await lap(() => cloze.call("starter", "classify", some)));
      return { first, second, one, all: Math.min(...runs) };
    },
    [device, threads, texts.slice(0, count)],
  );
  await tab.context().close();
  const s = (ms) => (ms / 1000).toFixed(1);
  console.log(
    `${device}, threads: ${threads}: loaded in ${s(told.first)} s, from the cache in ${s(told.second)} s; ` +
      `first answer ${s(told.one)} s; ${((1000 * count) / told.all).toFixed(1)} texts/s`,
  );
}

await measure("wasm", 1, false, 60);
await measure("wasm", 2, true, 60);
await measure("webgpu", 1, false, 8);
await browser.close();

for (const threads of [1, 2]) {
  await using bert = await load(starter, { threads });
  await bert.classify(texts);
  const times = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await bert.classify(texts);
    times.push(performance.now() - start);
  }
  console.log(`Node, threads: ${threads}: ${(60_000 / Math.min(...times)).toFixed(1)} texts/s`);
}
