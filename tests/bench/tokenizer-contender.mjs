/**
 * One tokenizer in one way of use, in a process of its own. Asked for a slice of the texts, it tokenizes each once and
 * reports CPU and wall time; asked to warm up, it reads them for a while; asked to check, it sends a hash of the ids
 * of every text.
 *
 * node tokenizer-contender.mjs NAME WAY TEXTS.json
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const [, , name, way, file] = process.argv;
/** Texts whose results are kept together; of the slice before, as many are read again, untimed, to warm up. */
const BATCH = 256;
/** Milliseconds for the first slice, over and over, so that everything is compiled. */
const WARM_UP = 500;
const model = fileURLToPath(new URL("../../packages/starter/model/", import.meta.url));
const read = (part) => readFileSync(model + part, "utf8");
// As a program has texts that it got one by one, not as parts of one big string.
const slices = JSON.parse(readFileSync(file, "utf8")).map((texts) =>
  texts.map((text) => Buffer.from(text).toString()),
);

const contenders = {
  async cloze() {
    const { Tokenizer } = await import("@cloze/core/tokenizer");
    const make = () => Tokenizer.fromFiles({ vocabTxt: read("vocab.txt") });
    const one = make();
    const three = way.includes("three") ? [one, make(), make()] : [];
    const longest = slices.flat().reduce((most, { length }) => Math.max(most, length), 0);
    const ids = new Int32Array(3 * longest); // room for whatever a text becomes
    const offsets = new Int32Array(6 * longest);
    let nth = 0;
    return {
      ids(texts) {
        for (const text of texts) one.tokenizeInto(text, ids, undefined, 0);
      },
      offsets(texts) {
        for (const text of texts) one.tokenizeInto(text, ids, offsets, 0);
      },
      "offsets, new arrays": (texts) => texts.map((text) => one.tokenize(text)),
      "ids, one of three"(texts) {
        for (const text of texts) one.tokenizeInto(text, ids, undefined, 0);
      },
      "ids, three in turns"(texts) {
        for (const text of texts) three[nth++ % 3].tokenizeInto(text, ids, undefined, 0);
      },
      /** The other two are at work before each round, on the texts of the round before. */
      before(texts) {
        if (way !== "ids, one of three") return;
        for (const other of three.slice(1))
          for (const text of texts) other.tokenizeInto(text, ids, undefined, 0);
      },
      check: (texts) => texts.map((text) => one.tokenize(text).ids),
    };
  },
  async "node binding"() {
    const { default: binding } = await import("tokenizers");
    const tokenizer = binding.Tokenizer.fromString(read("tokenizer.json"));
    const plain = { addSpecialTokens: false };
    return {
      ids: async (texts) => (await tokenizer.encodeBatch(texts, plain)).map((each) => each.getIds()),
      offsets: async (texts) =>
        (await tokenizer.encodeBatch(texts, plain)).map((each) => [each.getIds(), each.getOffsets()]),
      check: async (texts) => (await tokenizer.encodeBatch(texts, plain)).map((each) => each.getIds()),
    };
  },
  async "@huggingface/tokenizers"() {
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const tokenizer = new Tokenizer(
      JSON.parse(read("tokenizer.json")),
      JSON.parse(read("tokenizer_config.json")),
    );
    const ids = (texts) => texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids);
    return { ids, check: ids };
  },
  async "transformers.js"() {
    const { AutoTokenizer, env } = await import("@huggingface/transformers");
    env.allowRemoteModels = false;
    const tokenizer = await AutoTokenizer.from_pretrained(model);
    const ids = (texts) => texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }));
    return { ids, check: ids };
  },
};

const ways = await contenders[name]();
process.send({ ready: true });
async function run(texts) {
  for (let first = 0; first < texts.length; first += BATCH)
    await ways[way](texts.slice(first, first + BATCH));
}

process.on("message", async ({ slice, task }) => {
  const texts = slices[slice];
  if (task === "check") return process.send({ hashes: (await ways.check(texts)).map(hash) });
  if (task === "warm up") {
    for (const start = performance.now(); performance.now() < start + WARM_UP;) await run(texts);
    return process.send({});
  }
  const seen = slices[slice - 1];
  ways.before?.(seen);
  await run(seen.slice(0, BATCH));
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await run(texts);
  const elapsed = (performance.now() - wall) / 1000;
  const spent = process.cpuUsage(cpu);
  process.send({ wall: elapsed, cpu: (spent.user + spent.system) / 1e6 });
});

function hash(ids) {
  let sum = ids.length;
  for (const id of ids) sum = (Math.imul(sum, 31) + id) >>> 0;
  return sum;
}
