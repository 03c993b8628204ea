/**
 * What tokenizing puts on the heap: node --expose-gc allocation-child.mjs WAY. Prints tokens and bytes of growth,
 * measured after a warm-up in which everything is compiled and every character has been seen.
 */
import { readFileSync } from "node:fs";
import { Tokenizer, Vocabulary } from "@cloze/core/tokenizer";

const vocabTxt = new URL("../../packages/starter/model/vocab.txt", import.meta.url);
const tokenizer = new Tokenizer(Vocabulary.parse(readFileSync(vocabTxt, "utf8")));
const texts = [
  "The lighthouse keeper kept a careful record of every ship that passed the point, of wind and weather, unfathomably so.",
  "Straßenbahn, Größe, Übermaß; l'œuvre d'été à 25 %; ¿qué pasó en España? Žluťoučký kůň.",
  "Все люди рождаются свободными. Όλοι οι άνθρωποι γεννιούνται ελεύθεροι. يولد جميع الناس أحرارًا.",
  "人人生而自由，在尊严和权利上一律平等。모든 인간은 태어날 때부터 자유로우며 सभी मनुष्यों को 🙂👍🏽",
  "Fill the [MASK] here , and [MASK] there . [SEP]",
].map((text) => `${text} `.repeat(8));
const longest = Math.max(...texts.map(({ length }) => length));
const ids = new Int32Array(3 * longest + 3);
const offsets = new Int32Array(2 * ids.length);
const mask = new Int32Array(ids.length);
const arrays = { ids, offsets, mask };
const options = { maxLength: 64 };

const ways = {
  tokenizeInto: (text) => tokenizer.tokenizeInto(text, ids, offsets, 0),
  "tokenizeInto, ids alone": (text) => tokenizer.tokenizeInto(text, ids, undefined, 0),
  encodeInto: (text) => tokenizer.encodeInto(text, arrays, options),
  count: (text) => tokenizer.count(text),
  // What the test must be able to see.
  tokenize: (text) => tokenizer.tokenize(text).ids.length,
};
const way = ways[process.argv[2]];

function run(rounds) {
  let tokens = 0;
  for (let round = 0; round < rounds; round++)
    for (let nth = 0; nth < texts.length; nth++) tokens += way(texts[nth]);
  return tokens;
}

run(3000);
const usage = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
usage();
globalThis.gc();
const before = usage();
const tokens = run(1000);
console.log(JSON.stringify({ tokens, bytes: usage() - before }));
