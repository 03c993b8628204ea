/**
 * Learning a vocabulary of 30,522 pieces against Hugging Face's trainer, and how well the vocabularies fit a text
 * that neither has seen:
 *
 *   node tests/bench/vocab.mjs --python venv/bin/python --held-out valid.txt.gz CORPUS.txt.gz…
 *
 * Both are whole processes, one after the other, measured by GNU time. Without --python only Cloze runs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Tokenizer, Vocabulary } from "@cloze/core/tokenizer";
import { countFiles } from "@cloze/train/corpus/files";

const here = path.dirname(fileURLToPath(import.meta.url));
const cli = path.join(here, "../../packages/cli/bin/cloze.js");
const { values, positionals: corpus } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string" }, "held-out": { type: "string", multiple: true, default: [] } },
});
const folder = mkdtempSync(path.join(tmpdir(), "cloze-vocab-"));
const read = (file) => Vocabulary.parse(readFileSync(file, "utf8"));

/** Runs a command under GNU time and reads the vocabulary that it writes. */
function learn(name, command, out) {
  const usage = path.join(folder, "usage");
  execFileSync("/usr/bin/time", ["-f", "%e %U %S %M", "-o", usage, ...command]);
  const [wall, user, system, peak] = readFileSync(usage, "utf8").split(" ").map(Number);
  console.log(
    `${name}: ${wall.toFixed(1)} s, ${(user + system).toFixed(1)} s of CPU, at its peak ${(peak / 1000).toFixed(0)} MB`,
  );
  return read(out);
}

function cloze(score) {
  const out = path.join(folder, `${score}.txt`);
  const command = [process.execPath, cli, "vocab", "--score", score, "--out", out, "--corpus", ...corpus];
  return learn(`Cloze, ${score}`, command, out);
}

const vocabularies = new Map([["Cloze, frequency", cloze("frequency")]]);
if (values.python !== undefined) {
  const out = path.join(folder, "reference.txt");
  const command = [values.python, path.join(here, "vocab.py"), out, ...corpus];
  const reference = learn("Hugging Face", command, out);
  const own = new Set(vocabularies.get("Cloze, frequency").pieces);
  const common = reference.pieces.filter((piece) => own.has(piece)).length;
  console.log(`${common} of ${reference.size} pieces are the same`);
  vocabularies.set("Hugging Face", reference);
}
vocabularies.set("Cloze, likelihood", cloze("likelihood"));
vocabularies.set("bert-base-uncased", read(path.join(here, "../../packages/starter/model/vocab.txt")));
rmSync(folder, { recursive: true });

for (const file of values["held-out"]) {
  const words = await countFiles([file]);
  console.log(`\n${path.basename(file)}, ${words.total} words:`);
  for (const [name, vocabulary] of vocabularies) {
    const tokenizer = new Tokenizer(vocabulary);
    let pieces = 0;
    let unknown = 0;
    let characters = 0;
    for (const [word, count] of words) {
      const { ids } = tokenizer.tokenize(word);
      if (ids.includes(tokenizer.specials.unk)) {
        unknown += count;
        characters += count * Array.from(word).length;
      } else pieces += count * ids.length;
    }
    console.log(
      `  ${name}: ${((pieces + unknown) / words.total).toFixed(4)} pieces a word; ${unknown} unknown, ` +
        `${((pieces + characters) / words.total).toFixed(4)} if each of their characters were a piece`,
    );
  }
}
