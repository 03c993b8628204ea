/**
 * What each precision costs and gives: size, time to load, memory, time of a text, next to float32.
 *
 * node tests/bench/export.mjs [MODEL] [HEAD]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { collate } from "@cloze/core";
import { exportModel, loadOnnx, openFolder } from "@cloze/runtime/node";
import { median } from "./statistics.mjs";

const PRECISIONS = ["fp32", "fp16", "int8", "int4"];
const LENGTHS = [16, 128];
const ROUNDS = 15;

const starter = path.dirname(fileURLToPath(import.meta.resolve("@cloze/starter/model/config.json")));
const [, self, model = starter, head = "sentiment"] = process.argv;
if (model === "--file") await measure(head);
else await compare();

/** In this process, alone: one file. */
async function measure(file) {
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const bert = await loadOnnx(file, { threads: 1 });
  const load = performance.now() - start;
  const times = {};
  for (const length of LENGTHS) {
    const ids = Int32Array.from({ length }, (_, i) => 1000 + i);
    const encoding = { ids, segments: new Int32Array(length) };
    const [output] = bert.session.outputs;
    const samples = [];
    for (let round = 0; round < ROUNDS; round++) {
      const cpu = process.cpuUsage();
      await bert.session.run(collate([encoding], length, 0), [output]);
      const { user, system } = process.cpuUsage(cpu);
      samples.push((user + system) / 1000);
    }
    times[length] = median(samples);
  }
  await bert[Symbol.asyncDispose]();
  console.log(JSON.stringify({ load, times, peak: (process.resourceUsage().maxRSS - before) / 1000 }));
}

async function compare() {
  const out = mkdtempSync(path.join(tmpdir(), "cloze-bench-"));
  try {
    const folder = await openFolder(model);
    console.log(
      `precision\tMB\tload ms\tpeak MB\t${LENGTHS.map((length) => `${length} tokens, CPU ms`).join("\t")}`,
    );
    for (const precision of PRECISIONS) {
      const { files } = await exportModel(folder, path.join(out, "model"), { plugin: head, precision });
      const [file, { bytes }] = Object.entries(files).find(([, known]) => known.precision === precision);
      const child = [self, "--file", path.join(out, "model", file)];
      const { load, times, peak } = JSON.parse(execFileSync(process.execPath, child, { encoding: "utf8" }));
      const numbers = [bytes / 1e6, load, peak, ...LENGTHS.map((length) => times[length])];
      console.log([precision, ...numbers.map((number) => number.toFixed(1))].join("\t"));
    }
  } finally {
    rmSync(out, { recursive: true });
  }
}
