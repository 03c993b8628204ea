/**
 * Compares the tokenizer with what tests/reference/tokenizer.py streams: no id and no offset may differ. Node strips
 * the types, so nothing has to be built first.
 *
 *     python tests/reference/tokenizer.py stream --count 1000000 --seed 7 | node tests/long/tokenizer-million.mjs
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Tokenizer, Vocabulary } from "../../packages/core/src/tokenizer/index.ts";

const vocabTxt = new URL("../../packages/starter/model/vocab.txt", import.meta.url);
const vocabulary = Vocabulary.parse(readFileSync(vocabTxt, "utf8"));
const every = Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point)).filter(
  (character) => character < "\ud800" || character > "\udfff",
);
const specials = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
const characters = Vocabulary.of([...specials, ...every, ...every.map((character) => `##${character}`)]);

const SHOWN = 20;
let tokenizers;
let texts = 0;
let tokens = 0;
const differing = { ids: 0, offsets: 0, count: 0 };
const same = (ours, theirs) =>
  ours.length === theirs.length && ours.every((value, at) => value === theirs[at]);

for await (const line of createInterface({ input: process.stdin })) {
  const value = JSON.parse(line);
  if (tokenizers === undefined) {
    tokenizers = new Map(
      Object.entries(value).map(([variant, settings]) => [
        variant,
        new Tokenizer(settings.vocabulary === "characters" ? characters : vocabulary, settings),
      ]),
    );
    continue;
  }
  const [name, text, ids, offsets] = value;
  const tokenizer = tokenizers.get(name);
  const ours = tokenizer.tokenize(text);
  const wrong = [];
  if (!same(ours.ids, ids)) wrong.push("ids");
  else if (!same(ours.offsets, offsets)) wrong.push("offsets");
  if (tokenizer.count(text) !== ids.length) wrong.push("count");
  texts++;
  tokens += ids.length;
  for (const what of wrong) differing[what]++;
  if (wrong.length > 0 && differing.ids + differing.offsets + differing.count <= SHOWN)
    console.log(
      JSON.stringify({
        name,
        wrong,
        text,
        theirs: { ids, offsets },
        ours: { ids: [...ours.ids], offsets: [...ours.offsets] },
      }),
    );
}
console.log(
  `${texts} texts, ${tokens} tokens; differing: ${differing.ids} ids, ${differing.offsets} offsets, ${differing.count} counts`,
);
if (texts === 0 || differing.ids + differing.offsets + differing.count > 0) process.exitCode = 1;
