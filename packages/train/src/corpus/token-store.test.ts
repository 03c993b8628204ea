import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Tokenizer, Vocabulary } from "@cloze/core";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TokenStore } from "./token-store.ts";
import { writeTokenStore } from "./token-store-writer.ts";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const PIECES = [...SPECIALS, "a", "b", "c", "##a", "##b", ".", "?"];
const tokenizer = new Tokenizer(Vocabulary.of(PIECES));
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-tokens-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const at = (): string => path.join(folder, "corpus.tokens");

/** A store's documents, each sentence in pieces. */
function show(store: TokenStore): string[][] {
  return Array.from({ length: store.documents }, (_, document) => {
    const { ids, ends } = store.read(document);
    return Array.from(ends, (end, nth) =>
      Array.from(
        ids.subarray(nth === 0 ? 0 : ends[nth - 1], end),
        (id) => tokenizer.vocabulary.pieces[id],
      ).join(" "),
    );
  });
}

test("a blank line or a file's end ends a document, a paragraph is a line, sentences are found in it", async () => {
  const files = [
    put("one.txt", "\uFEFFa b. C a.\r\nb b\r\n \r\n\r\n\t\r\nab ba?\n"),
    put("two.txt.gz", gzipSync("c c. \n\n\u200b\n\n\u0000\n")),
  ];
  using store = await writeTokenStore(files, tokenizer, at());
  expect(show(store)).toEqual([["a b .", "c a .", "b b"], ["a ##b b ##a ?"], ["c c ."]]);
  const { documents, sentences, tokens, width, sources } = store.header;
  expect({ documents, sentences, tokens, width }).toEqual({
    documents: 3,
    sentences: 5,
    tokens: 16,
    width: 2,
  });
  expect(sources.map(({ file }) => file)).toEqual(files);
  expect(Array.from(store.counts)).toEqual([0, 0, 0, 0, 0, 3, 4, 3, 1, 1, 3, 1]);
  expect(readdirSync(folder)).not.toContain("corpus.tokens.partial");
});

test("what is read from a sentence on is that part of the document, no longer than asked", async () => {
  const documents = fc.array(
    fc.array(fc.array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 9 }), {
      minLength: 1,
      maxLength: 9,
    }),
    { minLength: 1, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(documents, fc.nat(), fc.nat(), fc.nat(30), async (all, nth, first, tokens) => {
      const text = all.map((sentences) => sentences.map((words) => words.join(" ")).join("\n")).join("\n\n");
      using store = await writeTokenStore([put("corpus.txt", text)], tokenizer, at());
      expect(store.documents).toBe(all.length);
      const document = nth % all.length;
      const from = first % all[document].length;
      const whole = store.read(document);
      const part = store.read(document, from, tokens);
      const start = from === 0 ? 0 : whole.ends[from - 1];
      const { length } = part.ids;
      expect([...part.ids]).toEqual([...whole.ids.subarray(start, start + length)]);
      const count = part.ends.length;
      expect([...part.ends]).toEqual([...whole.ends.subarray(from, from + count)].map((end) => end - start));
      expect(part.ends[count - 1]).toBe(length);
      if (count > 1) expect(part.ends[count - 2]).toBeLessThan(tokens);
      if (from + count < store.sentences(document)) expect(length).toBeGreaterThanOrEqual(tokens);
    }),
    { numRuns: 60 },
  );
});

test("the same files give the same bytes, whatever the blocks that they are read in", async () => {
  const line = "a b. ".repeat(30_000); // longer than a line may be
  const text = `${line}\n${line}\n\nc\n`;
  (await writeTokenStore([put("corpus.txt", text)], tokenizer, at()))[Symbol.dispose]();
  using plain = TokenStore.open(at());
  expect(plain.documents).toBe(2);
  expect(plain.header.tokens).toBe(180_001);
  const packed = path.join(folder, "packed.tokens");
  using other = await writeTokenStore([put("corpus.txt.gz", gzipSync(text))], tokenizer, packed);
  expect(other.read(0)).toEqual(plain.read(0));
  (await writeTokenStore([put("corpus.txt", text)], tokenizer, `${at()}.again`))[Symbol.dispose]();
  expect(readFileSync(`${at()}.again`).equals(readFileSync(at()))).toBe(true);
});

test("a document of more than 2^20 tokens becomes several", async () => {
  using store = await writeTokenStore(
    [put("corpus.txt", `${"a b ".repeat(60)}.\n`.repeat(9000))],
    tokenizer,
    at(),
  );
  expect(store.documents).toBe(2);
  expect(store.read(0).ids.length + store.read(1).ids.length).toBe(121 * 9000);
});

test("ids of a vocabulary of more than 65536 pieces are kept whole", async () => {
  const large = new Tokenizer(
    Vocabulary.of([...SPECIALS, ...Array.from({ length: 70_000 }, (_, nth) => `w${nth}`)]),
  );
  using store = await writeTokenStore([put("corpus.txt", "w3 w69999")], large, at());
  expect(store.header.width).toBe(4);
  expect([...store.read(0).ids]).toEqual([8, 70_004]);
});

function write(file: string, to = at()): Promise<TokenStore> {
  return writeTokenStore([file], tokenizer, to);
}

test("a corpus without a token, a file that is missing or no UTF-8, and a place that is none are refused", async () => {
  await expect(write(put("empty.txt", "\n \n"))).rejects.toThrow(/no text/);
  await expect(write(path.join(folder, "none.txt"))).rejects.toMatchObject({ code: "not-found" });
  await expect(write(put("latin.txt", Uint8Array.of(0xe9, 0x20)))).rejects.toThrow(/latin.txt is not UTF-8/);
  await expect(write(put("a.txt", "a"), path.join(folder, "no", "store"))).rejects.toMatchObject({
    code: "invalid-option",
  });
  expect(readdirSync(folder).filter((name) => name.includes("tokens"))).toEqual([]);
});

test.runIf(process.platform === "linux")("a full disk is told as one, and nothing is left", async () => {
  symlinkSync("/dev/full", `${at()}.partial`);
  await expect(write(put("a.txt", "a"))).rejects.toThrow(/cannot be written \(the disk is full, ENOSPC\)/);
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("stopped on the way, nothing is left", async () => {
  const signal = AbortSignal.abort();
  const stopped = writeTokenStore([put("a.txt", "a")], tokenizer, at(), { signal });
  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("progress tells the bytes read and all of them", async () => {
  const told: number[][] = [];
  const onProgress = (...bytes: number[]): number => told.push(bytes);
  using _ = await writeTokenStore([put("a.txt", "a b\n"), put("b.txt", "c\n")], tokenizer, at(), {
    onProgress,
  });
  expect(told.at(-1)).toEqual([6, 6]);
});

test("another vocabulary and other settings are refused", async () => {
  using store = await writeTokenStore([put("a.txt", "a")], tokenizer, at());
  store.checkTokenizer(new Tokenizer(Vocabulary.of(PIECES)));
  const swapped = new Tokenizer(Vocabulary.of([...SPECIALS, "b", "a", ...PIECES.slice(7)]));
  expect(() => store.checkTokenizer(swapped)).toThrow(/its vocabulary differ/);
  const cased = new Tokenizer(Vocabulary.of(PIECES), { lowercase: false });
  expect(() => store.checkTokenizer(cased)).toThrow(/its settings differ/);
});

test("a store cut short anywhere, another file and a store that was closed are refused", async () => {
  const store = await writeTokenStore([put("a.txt", "a b. c.\n\nb")], tokenizer, at());
  store[Symbol.dispose]();
  expect(() => store.read(0)).toThrow(/has been closed/);
  const { length } = readFileSync(at());
  for (let bytes = length - 1; bytes >= 0; bytes -= 7) {
    truncateSync(at(), bytes);
    expect(() => TokenStore.open(at())).toThrow(/not a whole store/);
  }
  expect(() => TokenStore.open(put("text", "a".repeat(100)))).toThrow(/not a whole store/);
  expect(() => TokenStore.open(path.join(folder, "none"))).toThrow(/none cannot be read/);
});
