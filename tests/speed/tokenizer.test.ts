/** What the tokenizer's speed rests on, as far as it can be told without a clock. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const node = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, args)).stdout;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Bytes put on the heap for each token; there is so much room that nothing is collected meanwhile. */
async function bytesPerToken(way: string): Promise<number> {
  const flags = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];
  const told: unknown = JSON.parse(await node(...flags, script("allocation-child.mjs"), way));
  const { tokens, bytes } = told as { tokens: number; bytes: number };
  expect(tokens).toBeGreaterThan(200_000);
  return bytes / tokens;
}

test.each(["tokenizeInto", "tokenizeInto, ids alone", "encodeInto", "count"])(
  "%s allocates nothing for a token",
  async (way) => {
    expect(await bytesPerToken(way)).toBeLessThan(0.1);
  },
);

test("new arrays are seen by this measure", async () => {
  expect(await bytesPerToken("tokenize")).toBeGreaterThan(1);
});

test("no code is made at run time: the committed parity holds where that is forbidden", async () => {
  const flag = "--disallow-code-generation-from-strings";
  expect(await node(flag, script("parity-child.mjs"))).toBe("20000 texts, 0 differing, code is forbidden\n");
});
