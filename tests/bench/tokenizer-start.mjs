/**
 * `npm run bench:tokenizer-start`: from nothing to the first tokens, each time in a fresh process.
 *
 * CPU time of the process, in milliseconds, median of several: importing the library, loading the vocabulary, the
 * first text. Node's own start is not in it. As `node tokenizer-start.mjs NAME` it is one such process.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const TEXT = "The lighthouse keeper kept a careful record of every ship, of the weather and of the lamp.";
const model = fileURLToPath(new URL("../../packages/starter/model/", import.meta.url));
const read = (name) => readFileSync(model + name, "utf8");
const [, self, asked, packed] = process.argv;

/** Each imports its library and returns how to load; that returns how to tokenize. */
const contenders = {
  async "Cloze, vocab.txt"() {
    const { Tokenizer } = await import("@cloze/core/tokenizer");
    return () => {
      const tokenizer = Tokenizer.fromFiles({ vocabTxt: read("vocab.txt") });
      return () => tokenizer.tokenize(TEXT);
    };
  },
  async "Cloze, compact form"() {
    const { Tokenizer } = await import("@cloze/core/tokenizer");
    return () => {
      const tokenizer = Tokenizer.fromCompact(readFileSync(packed));
      return () => tokenizer.tokenize(TEXT);
    };
  },
  async "node binding"() {
    const { default: binding } = await import("tokenizers");
    return () => {
      const tokenizer = binding.Tokenizer.fromFile(`${model}tokenizer.json`);
      return () => tokenizer.encode(TEXT);
    };
  },
  async "@huggingface/tokenizers"() {
    const { Tokenizer } = await import("@huggingface/tokenizers");
    return () => {
      const files = ["tokenizer.json", "tokenizer_config.json"].map((name) => JSON.parse(read(name)));
      const tokenizer = new Tokenizer(...files);
      return () => tokenizer.encode(TEXT);
    };
  },
  async "transformers.js"() {
    const { AutoTokenizer, env } = await import("@huggingface/transformers");
    env.allowRemoteModels = false;
    return async () => {
      const tokenizer = await AutoTokenizer.from_pretrained(model);
      return () => tokenizer.encode(TEXT);
    };
  },
};

if (asked === undefined) await measureAll(Number(process.env.CLOZE_BENCH_ROUNDS ?? 15));
else await measureOne(contenders[asked]);

async function measureOne(contender) {
  const times = [process.cpuUsage()];
  const lap = () => times.push(process.cpuUsage());
  const load = await contender();
  lap();
  const tokenize = await load();
  lap();
  await tokenize();
  lap();
  const at = times.map(({ user, system }) => (user + system) / 1000);
  console.log(JSON.stringify(at.slice(1).map((time, nth) => time - at[nth])));
}

async function measureAll(rounds) {
  const { Tokenizer } = await import("@cloze/core/tokenizer");
  const { packTokenizer } = await import("@cloze/core/tokenizer/compact");
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-bench-"));
  const file = path.join(folder, "vocab.cloze");
  writeFileSync(file, packTokenizer(Tokenizer.fromFiles({ vocabTxt: read("vocab.txt") })));
  const names = Object.keys(contenders);
  const laps = names.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [nth, name] of names.entries()) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [self, name, file], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      laps[nth].push(JSON.parse(stdout));
    }
  rmSync(folder, { recursive: true });
  console.log(
    `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, median (least) of ${rounds} interleaved processes, ` +
      `load ${loadavg()[0].toFixed(1)}\n\n` +
      "| CPU ms | import | load | first text | load and first text | all |\n|---|---:|---:|---:|---:|---:|",
  );
  for (const [nth, name] of names.entries()) {
    const columns = laps[nth].map(([imported, loaded, first]) => [
      imported,
      loaded,
      first,
      loaded + first,
      imported + loaded + first,
    ]);
    const cells = columns[0].map((_, column) => {
      const values = columns.map((row) => row[column]).toSorted((a, b) => a - b);
      return `${values[values.length >> 1].toFixed(1)} (${values[0].toFixed(1)})`;
    });
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}
