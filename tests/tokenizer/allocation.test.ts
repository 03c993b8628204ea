import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("encodeInto allocates nothing", () => {
  const script = fileURLToPath(new URL("allocation.mjs", import.meta.url));
  // Nothing is collected before the young generation is full, so that all that is allocated is seen.
  const output = execFileSync(process.execPath, [
    "--expose-gc",
    "--min-semi-space-size=256",
    "--max-semi-space-size=256",
    script,
  ]);
  const { calls, into, fresh } = JSON.parse(output.toString()) as Record<string, number>;
  expect(into).toBeLessThan(calls); // not a byte a call: what there is, is the engine's own
  expect(fresh).toBeGreaterThan(100 * calls); // which shows that growth is seen
});
