/**
 * Requests that were changed at random: each is answered, or refused with a status of 4xx and a problem, and the Worker
 * grows no larger. `CLOZE_LONG=1` tries 10,000 in place of 500.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { residentBytes } from "../resident.ts";
import { context, question, useStand } from "./stand.ts";

const runs = process.env.CLOZE_LONG ? 10_000 : 500;
const stand = useStand();

const bodies: Readonly<Record<string, object>> = {
  "/v1/classify": { inputs: [{ text: "warm", pair: "dull" }], plugin: "sentiment", top: 2 },
  "/v1/answer": {
    question,
    context,
    id: 1,
    top: 3,
    noAnswer: true,
    threshold: 0.5,
    maxLength: 64,
    overlap: 8,
  },
  "/v1/tag": { text: "Anton Chekhov", aggregation: "first", offsetEncoding: "utf-32" },
  "/v1/tokenize": { text: "warm", maxLength: 8 },
  "/v1/plugins/sentiment": { text: "warm" },
  "/hf/text-classification": { inputs: ["warm"], parameters: { top_k: 1 } },
};

/** Any JSON where some value stood. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1e308,
    2 ** 53,
    0.5,
    "",
    "\0",
    "\ud800",
    "é".repeat(5000),
    [],
    {},
    [[]],
    true,
    Array.from({ length: 70 }, () => ({ text: "a" })),
    "[MASK]".repeat(100),
    { text: "x", __proto__: null },
  ),
);

const mutant = fc.record({
  path: fc.constantFrom(...Object.keys(bodies)),
  change: fc.oneof(
    fc.record({ at: fc.nat(), value: anything }), // another value
    fc.record({
      key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "inputs", "plugin")),
      value: anything,
    }), // one more key
    fc.record({
      cut: fc.nat(),
      flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
    }), // other bytes
  ),
  headers: fc.constantFrom<Record<string, string>>(
    {},
    {},
    {},
    { accept: "application/x-ndjson" },
    { "content-type": "text/plain" },
    { authorization: "Bearer \t" },
    { "x-request-timeout": "soon" },
    { "x-request-id": "a b" },
    { "content-encoding": "gzip" },
  ),
});
type Mutant = typeof mutant extends fc.Arbitrary<infer T> ? T : never;

describe("a Worker that is sent nonsense", () => {
  it(
    "answers or refuses all of it, and stays as it was",
    async () => {
      const statuses = new Map<number, number>();
      let early = 0;
      let done = 0;
      await fc.assert(
        fc.asyncProperty(mutant, async (one) => {
          const response = await fetch(new URL(one.path, stand.worker.url), {
            method: "POST",
            headers: { "content-type": "application/json", ...one.headers },
            body: bodyOf(one),
          });
          const { status } = response;
          const said = await response.text();
          expect(status, said).toBeLessThan(500);
          if (status >= 400) {
            expect(response.headers.get("content-type")).toBe("application/problem+json");
            expect(JSON.parse(said)).toMatchObject({
              status,
              code: expect.any(String),
              requestId: expect.any(String),
            });
          }
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (++done === Math.floor(runs / 2)) early = await residentBytes("workerd");
        }),
        { numRuns: runs, seed: 7 },
      );
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 415, 422]));
      expect((await stand.worker.post("/v1/classify", { text: "warm" })).body.label).toBe("positive");
      expect(await residentBytes("workerd")).toBeLessThan(early + 2 ** 27);
    },
    200 * runs + 60_000,
  );
});

function bodyOf({ path, change }: Mutant): string | Uint8Array<ArrayBuffer> {
  const body = structuredClone(bodies[path]) as Record<string, unknown>;
  if ("key" in change)
    return JSON.stringify(Object.fromEntries([...Object.entries(body), [change.key, change.value]]));
  if ("at" in change) {
    const keys = Object.keys(body);
    body[keys[change.at % keys.length]] = change.value;
    return JSON.stringify(body);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  for (const [at, flip] of change.flips) bytes[at % bytes.length] ^= flip;
  return bytes.slice(0, change.cut % 3 === 0 ? change.cut % bytes.length : bytes.length);
}
