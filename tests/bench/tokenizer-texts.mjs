/**
 * The texts that tokenizers are measured on, in slices: no round sees a text that an earlier one saw, so that nobody
 * is faster for having seen it. English is of books, references and manuals; the other languages are XQuAD's
 * eleven: their paragraphs, and their questions and sentences.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const shared = process.env.CLOZE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url).href);
const english = ["books-en-02", "reference-en", "tech-en-1"];
const UNITS = 6_000_000; // of each English source

/** Sets of texts by name, each as `slices` lists of texts; undefined where the data is not there. */
export function readTexts(slices) {
  const corpora = path.join(shared, "data/corpora");
  const xquad = path.join(shared, "data/xquad");
  if (!existsSync(corpora) || !existsSync(xquad)) return undefined;
  const books = english.map((name) =>
    gunzipSync(readFileSync(path.join(corpora, `${name}.txt.gz`))).toString("utf8", 0, UNITS),
  );
  const entries = readdirSync(xquad).flatMap(
    (file) => JSON.parse(readFileSync(path.join(xquad, file), "utf8")).data,
  );
  const paragraphs = entries.flatMap((entry) => entry.paragraphs);
  return {
    "English, passages": deal(books.flatMap(passages), slices),
    "English, short texts": deal(books.flatMap(sentences), slices),
    "11 languages, passages": deal(
      paragraphs.map(({ context }) => context),
      slices,
    ),
    "11 languages, short texts": deal(
      paragraphs.flatMap(({ context, qas }) => [
        ...qas.map(({ question }) => question),
        ...context.split(/(?<=[.。।?!])\s*/u).filter(({ length }) => length >= 20 && length <= 120),
      ]),
      slices,
    ),
  };
}

/** Stretches of about 2,000 characters that end at white space. */
function passages(text) {
  return text.match(/[^]{2000}\S*\s/gu) ?? [];
}

/** Sentences of 20 to 120 characters. */
function sentences(text) {
  return text.match(/[A-Z][^.?!\n]{18,118}[.?!](?=\s)/g) ?? [];
}

/** Deals texts out like cards, so that every slice is of all sources and languages. */
function deal(texts, slices) {
  return Array.from({ length: slices }, (_, slice) => texts.filter((_text, nth) => nth % slices === slice));
}
