import { describe, expect, test } from "vitest";
import { decodeSpans } from "./span.ts";
import type { ScoredWindow, SpanOptions } from "./span.ts";

const context = "aa bb cc dd ee ff";
const offsets = Int32Array.of(0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17);
const options: SpanOptions = { maxAnswer: 30, candidates: 20, noAnswer: false };

/** One window: `[CLS] q [SEP] context… [SEP]`, logits by place; what is not given is -9. */
function window(
  first: number,
  count: number,
  logits: { readonly starts?: Record<number, number>; readonly ends?: Record<number, number> },
): ScoredWindow {
  const data = new Float32Array(2 * (count + 4)).fill(-9);
  for (const [at, value] of Object.entries(logits.starts ?? {})) data[2 * Number(at)] = value;
  for (const [at, value] of Object.entries(logits.ends ?? {})) data[2 * Number(at) + 1] = value;
  return { first, count, contextAt: 3, logits: data };
}

const decode = (windows: ScoredWindow[], owner: number[], more: Partial<SpanOptions> = {}) =>
  decodeSpans(context, offsets, windows, Int32Array.from(owner), { ...options, ...more });
const one = [0, 0, 0, 0, 0, 0];

describe("spans", () => {
  test("the best start and end give the answer, with offsets into the context", () => {
    const { spans, nullScore } = decode(
      [window(0, 6, { starts: { 0: 1, 4: 5 }, ends: { 0: 2, 5: 6 } })],
      one,
    );
    expect(spans[0]).toMatchObject({ text: "bb cc", start: 3, end: 8, score: 11 });
    expect(nullScore).toBe(3);
  });

  test("an end before its start, in the question or past the longest answer is no answer", () => {
    const { spans } = decode([window(0, 6, { starts: { 1: 9, 5: 5 }, ends: { 4: 9, 8: 8, 5: 1 } })], one, {
      maxAnswer: 2,
    });
    expect(spans.map(({ text }) => text)).toContain("cc");
    expect(spans[0].text).toBe("cc");
    for (const { text } of spans) expect(text.split(" ").length).toBeLessThanOrEqual(2);
  });

  test("a start counts only in the window that owns the token", () => {
    const windows = [
      window(0, 4, { starts: { 6: 50 }, ends: { 6: 50 } }), // dd, at the rim of the first window
      window(2, 4, { starts: { 4: 5 }, ends: { 4: 5 } }), // dd again
    ];
    const { spans } = decode(windows, [0, 0, 0, 1, 1, 1]);
    expect(spans.find(({ text }) => text === "dd")).toMatchObject({ score: 10 });
  });

  test("answers that are to lie apart are the best of each place", () => {
    const windows = [window(0, 6, { starts: { 3: 9, 4: 8, 7: 5 }, ends: { 4: 9, 5: 8, 8: 5 } })];
    const texts = (apart: boolean) => decode(windows, one, { apart }).spans.map(({ text }) => text);
    expect(texts(false).slice(0, 3)).toEqual(["aa bb", "aa bb cc", "bb"]);
    expect(texts(true).slice(0, 2)).toEqual(["aa bb", "ee ff"]);
  });

  test("the null score is the least over the windows", () => {
    const windows = [
      window(0, 4, { starts: { 0: 4 }, ends: { 0: 3 } }),
      window(2, 4, { starts: { 0: 1 }, ends: { 0: 2 } }),
    ];
    expect(decode(windows, [0, 0, 0, 1, 1, 1]).nullScore).toBe(3);
  });

  test("equal texts are one answer, the best of them", () => {
    const repeated = "aa aa";
    const windows = [window(0, 2, { starts: { 3: 5, 4: 6 }, ends: { 3: 5, 4: 6 } })];
    const { spans } = decodeSpans(repeated, Int32Array.of(0, 2, 3, 5), windows, Int32Array.of(0, 0), options);
    expect(spans.filter(({ text }) => text === "aa")).toEqual([
      expect.objectContaining({ start: 3, score: 12 }),
    ]);
  });

  test("question tokens and [CLS] take places among the best, as in the original", () => {
    const { spans } = decode(
      [window(0, 6, { starts: { 0: 9, 1: 8, 4: 5 }, ends: { 4: 5, 0: 9, 1: 8 } })],
      one,
      {
        candidates: 2,
      },
    );
    expect(spans).toEqual([]);
  });

  test("probabilities sum to one over the n-best, with the null answer among them where there may be none", () => {
    const windows = [window(0, 6, { starts: { 0: 2, 3: 2, 4: 1 }, ends: { 0: 2, 3: 2, 4: 1 } })];
    const sum = (noAnswer: boolean) =>
      decode(windows, one, { noAnswer }).spans.reduce((a, b) => a + b.probability, 0);
    expect(sum(false)).toBeCloseTo(1, 12);
    expect(sum(true)).toBeLessThan(0.61); // the null answer scores as much as the best
  });
});
