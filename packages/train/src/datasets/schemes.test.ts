import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { labelledSpans } from "../metrics/index.ts";
import { convertScheme, findScheme, parseConll, writeLabels } from "./index.ts";
import type { Scheme, TaggedSentence } from "./index.ts";

const shared = process.env.CLOZE_SHARED ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));

const sentence = (labels: string, line = 1): TaggedSentence => ({
  line,
  words: labels.split(" "),
  labels: labels.split(" "),
});

const written = {
  IOB1: "I-PER I-PER B-PER O I-LOC I-PER",
  IOB2: "B-PER I-PER B-PER O B-LOC B-PER",
  BIOES: "B-PER E-PER S-PER O S-LOC S-PER",
};
const schemes = Object.keys(written) as Scheme[];

test.each(schemes)("%s is found out, and written as the others", (from) => {
  expect(findScheme([sentence("O O"), sentence(written[from])])).toBe(from);
  for (const to of schemes)
    expect(convertScheme([sentence(written[from])], { file: "f", from, to })[0].labels.join(" ")).toBe(
      written[to],
    );
});

test("a file is in a scheme if all its sentences are", () => {
  expect(findScheme([sentence("I-PER O"), sentence("I-PER B-PER")])).toBe("IOB1");
  expect(findScheme([sentence("B-PER O"), sentence("I-PER O")])).toBeUndefined();
  expect(findScheme([sentence("PER PER O")])).toBeUndefined();
  expect(findScheme([sentence("O")])).toBe("IOB2");
  expect(findScheme([])).toBe("IOB2");
});

test("what no scheme allows is read as conlleval reads it", () => {
  const [{ labels, words, line }] = convertScheme([sentence("O I-PER E-PER LOC", 5)], { file: "f" });
  expect(labels).toEqual(["O", "B-PER", "I-PER", "B-LOC"]);
  expect({ words, line }).toEqual({ words: ["O", "I-PER", "E-PER", "LOC"], line: 5 });
});

test.each([
  ["IOB2", "O I-PER", "IOB2 does not allow I-PER here."],
  ["IOB1", "O B-PER", "IOB1 does not allow B-PER here."],
  ["BIOES", "O B-PER", "BIOES does not allow B-PER here."],
  ["IOB2", "O PER", "IOB2 does not allow PER here."],
] as const)(
  "a label against the scheme that was told is refused by file and line: %s, %s",
  (from, labels, message) => {
    expect(() => convertScheme([sentence("O"), sentence(labels, 3)], { file: "train.conll", from })).toThrow(
      `train.conll, line 4: ${message}`,
    );
  },
);

test("any entities written in any scheme are read back", () => {
  const part = fc.record({
    kind: fc.constantFrom("O", "PER", "LOC"),
    length: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(part), fc.constantFrom(...schemes), (parts, scheme) => {
      let at = 0;
      const all = parts.map(({ kind, length }) => ({ label: kind, start: at, end: (at += length) }));
      const spans = all.filter(({ label }) => label !== "O");
      const labels = writeLabels(spans, at, scheme);
      expect(labelledSpans(labels)).toEqual(spans);
      expect(
        convertScheme([{ line: 1, words: labels, labels }], { file: "f", from: scheme, to: scheme })[0]
          .labels,
      ).toEqual(labels);
    }),
  );
});

test.runIf(existsSync(`${shared}/data/wikigold`)).each(["wikigold", "weibo_ner", "wnut17", "sec_filings"])(
  "%s is IOB2",
  (name) => {
    const text = readFileSync(`${shared}/data/${name}/train.conll`, "utf8");
    expect(findScheme(parseConll(text, { file: name }))).toBe("IOB2");
  },
);
