import fc from "fast-check";
import { expect, test } from "vitest";
import { labelledSpans, scoreSpans } from "./index.ts";

const shown = (labels: string): string =>
  labelledSpans(labels.split(" "))
    .map(({ label, start, end }) => `${label} ${start}-${end}`)
    .join(", ");

test.each([
  ["IOB2", "B-PER I-PER B-PER O B-LOC", "PER 0-2, PER 2-3, LOC 4-5"],
  ["IOB1", "I-PER I-PER B-PER O I-LOC", "PER 0-2, PER 2-3, LOC 4-5"],
  ["BIOES", "B-PER E-PER S-PER O S-LOC", "PER 0-2, PER 2-3, LOC 4-5"],
  ["labels without a scheme", "PER PER LOC O LOC", "PER 0-2, LOC 2-3, LOC 4-5"],
])("%s gives the entities that the others give", (_, labels, spans) => {
  expect(shown(labels)).toBe(spans);
});

test("a sequence that no scheme allows is read as conlleval reads it", () => {
  expect(shown("O I-PER I-LOC E-LOC I-LOC")).toBe("PER 1-2, LOC 2-4, LOC 4-5");
  expect(shown("S-PER I-PER O E-PER")).toBe("PER 0-1, PER 1-2, PER 3-4");
  expect(shown("B-B-PER I-B-PER")).toBe("B-PER 0-2");
});

test("any entities in any scheme are read back", () => {
  const word = fc.record({
    kind: fc.constantFrom("O", "PER", "LOC"),
    length: fc.integer({ min: 1, max: 4 }),
  });
  const schemes = {
    IOB2: (kind: string, length: number) => [`B-${kind}`, ...Array<string>(length - 1).fill(`I-${kind}`)],
    BIOES: (kind: string, length: number) =>
      length === 1
        ? [`S-${kind}`]
        : [`B-${kind}`, ...Array<string>(length - 2).fill(`I-${kind}`), `E-${kind}`],
  };
  fc.assert(
    fc.property(fc.array(word), fc.constantFrom(...Object.values(schemes)), (parts, write) => {
      let at = 0;
      const spans = parts.map(({ kind, length }) => ({ label: kind, start: at, end: (at += length) }));
      const labels = parts.flatMap(({ kind, length }) =>
        kind === "O" ? Array<string>(length).fill("O") : write(kind, length),
      );
      expect(labelledSpans(labels)).toEqual(spans.filter(({ label }) => label !== "O"));
    }),
  );
});

test("an entity counts if its kind and both its ends are right", () => {
  const gold = [
    ["B-PER", "I-PER", "O", "B-LOC"],
    ["B-ORG", "O"],
  ];
  const predicted = [
    ["B-PER", "I-PER", "O", "B-ORG"],
    ["B-ORG", "I-ORG"],
  ];
  // right: PER; said: PER, ORG, ORG; given: PER, LOC, ORG
  const { precision, recall, f1, f1ByLabel, total } = scoreSpans(gold, predicted);
  expect([precision, recall, f1].map((value) => value.toFixed(4))).toEqual(["0.3333", "0.3333", "0.3333"]);
  expect([...f1ByLabel]).toEqual([
    ["LOC", 0],
    ["ORG", 0],
    ["PER", 1],
  ]);
  expect(total).toBe(3);
});

test("an entity's place is in its own sentence, and nothing predicted is no division by nothing", () => {
  expect(scoreSpans([["B-PER"], ["O"]], [["O"], ["B-PER"]]).f1).toBe(0);
  expect(scoreSpans([["B-PER"]], [["O"]])).toMatchObject({ precision: 0, recall: 0, f1: 0, total: 1 });
  expect(scoreSpans([], [])).toMatchObject({ precision: 0, recall: 0, f1: 0, total: 0 });
});
