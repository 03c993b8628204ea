import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { starter } from "../starter.ts";
import { manifestOf, openBrowser, openPage, serveSite } from "../web/stand.ts";
const here = import.meta.dirname;
const root = path.join(here, "../..");
const peers = "/tmp/ref/peer";
const html = (script) => `<!doctype html><meta charset="utf-8"><script type="module" src="/${script}"></script>`;
async function bundleOf(dist) {
  const { outputFiles } = await build({
    entryPoints: { page: path.join(here, "../web/page.ts"), "session-worker": path.join(dist, "web/session-worker.js") },
    bundle: true, format: "esm", splitting: true, platform: "browser", outdir: "/", write: false, logLevel: "error",
    nodePaths: [path.join(root, "node_modules"), path.join(root, "packages/runtime/node_modules")],
    plugins: [{ name: "d", setup(b) { b.onResolve({ filter: /^@cloze\/runtime\/web$/ }, () => ({ path: path.join(dist, "web/index.js") })); } }],
  });
  return new Map(outputFiles.map(({ path: f, contents }) => [path.basename(f), contents]));
}
const theirs = await build({ entryPoints: { peer: path.join(here, "web-peer-page.mjs") }, bundle: true, format: "esm", platform: "browser", outdir: "/", write: false, logLevel: "error" });
const folders = { starter, models: peers, "peer-ort": path.join(here, "node_modules/onnxruntime-web/dist") };
const sideOf = async (dist) => serveSite([["index.html", html("page.js")], ["starter/files.json", manifestOf(starter)], ...(await bundleOf(dist))], folders, { policy: "" });
const device = process.env.DEV ?? "webgpu";
const sites = {
  before: await sideOf("/tmp/r9/dist-before"),
  after: await sideOf(path.join(root, "packages/runtime/dist")),
  ...(device === "webgpu" && { peer: await serveSite([["index.html", html("peer.js")], ["peer.js", theirs.outputFiles[0].contents]], folders, { policy: "" }) }),
};
const only = (process.env.SIDES ?? Object.keys(sites).join()).split(",");
const rounds = Number(process.env.ROUNDS ?? 1);
const rss = (id, what) => { try { return Number(new RegExp(what + ":\\s+(\\d+)").exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) / 1024; } catch { return 0; } };
for (let r = 0; r < rounds; r++) for (const name of only) {
  const browser = await openBrowser();
  const control = await browser.newBrowserCDPSession();
  const procs = async (what) => { const { processInfo } = await control.send("SystemInfo.getProcessInfo"); const by = {}; for (const { id, type } of processInfo) by[type] = (by[type] ?? 0) + rss(id, what); return by; };
  const cpu = async () => { const { processInfo } = await control.send("SystemInfo.getProcessInfo"); return processInfo.reduce((s, { cpuTime }) => s + cpuTime, 0); };
  const before = await procs("VmRSS");
  const page = await openPage(browser, sites[name].url);
  page.setDefaultTimeout(0);
  const c0 = await cpu();
  const begun = performance.now();
  const out = await page.evaluate(name === "peer" ? () => globalThis.peer.open() : (device) => globalThis.cloze.open("starter", "/starter", { device, precision: "fp32", cache: false }), device);
  if (out?.error) throw new Error(out.error.message);
  const loaded = performance.now() - begun, c1 = await cpu();
  const ans = () => page.evaluate(async (n) => { const t = performance.now(); const o = n === "peer" ? await globalThis.peer.classify(["a warm , funny film"]) : await globalThis.cloze.call("starter", "classify", ["a warm , funny film"]); if (o.error) throw new Error(o.error.message); return [performance.now() - t, (o.value ?? o)[0].score]; }, name);
  const a = await ans(); const c2 = await cpu();
  const m1 = await procs("VmRSS"), hwm = await procs("VmHWM");
  const b = await ans(); const c3 = await cpu(); const more = []; for (let i = 0; i < 3; i++) more.push((await ans())[0].toFixed(0));
  const sum = (o) => Object.values(o).reduce((x, y) => x + y, 0);
  const f = (x) => (x / 1000).toFixed(2);
  console.log(name.padEnd(6), `load ${f(loaded)} s (cpu ${(c1 - c0).toFixed(2)}) first ${f(a[0])} s (cpu ${(c2 - c1).toFixed(2)}) second ${f(b[0])} (cpu ${(c3 - c2).toFixed(2)}) score ${a[1].toFixed(5)} | MiB +${(sum(m1) - sum(before)).toFixed(0)} renderer ${m1.renderer?.toFixed(0)} gpu ${m1.GPU?.toFixed(0)} more ${more} peak r ${hwm.renderer?.toFixed(0)} g ${hwm.GPU?.toFixed(0)}`, JSON.stringify(out?.value?.timings ?? ""));
  await browser.close();
}
process.exit(0);
