/** Compares the tokenizer with the committed fixture of parity, in a process that may have flags of its own. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Tokenizer, Vocabulary } from "@cloze/core/tokenizer";
import { packTokenizer } from "@cloze/core/tokenizer/compact";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url));
const every = Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point)).filter(
  (character) => character < "\ud800" || character > "\udfff",
);
const specials = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
const vocabularies = {
  starter: Vocabulary.parse(read("packages/starter/model/vocab.txt").toString("utf8")),
  characters: Vocabulary.of([...specials, ...every, ...every.map((character) => `##${character}`)]),
};
const [settings, ...lines] = gunzipSync(read("tests/fixtures/tokenizer/parity.json.gz"))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));
// By way of the compact form, which is held to the same.
const tokenizers = Object.fromEntries(
  Object.entries(settings).map(([name, { vocabulary = "starter", ...told }]) => [
    name,
    Tokenizer.fromCompact(packTokenizer(new Tokenizer(vocabularies[vocabulary], told))),
  ]),
);
let differing = 0;
for (const [name, text, ids, offsets] of lines) {
  const ours = tokenizers[name].tokenize(text);
  if (ours.ids.join() !== ids.join() || ours.offsets.join() !== offsets.join()) differing++;
}

function codeIs() {
  try {
    return Reflect.construct(Function, ["return 'allowed'"])();
  } catch {
    return "forbidden";
  }
}
console.log(`${lines.length} texts, ${differing} differing, code is ${codeIs()}`);
