import { describe, expect, it } from "vitest";
import { RunTime } from "./run-time.ts";

function after(runs: readonly (readonly [tokens: number, ms: number])[]): RunTime {
  const time = new RunTime();
  for (const run of runs) time.observe(...run);
  return time;
}
const sizes = Array.from({ length: 100 }, (_, i) => 64 + ((i * 37) % 512));

describe("the time of a run", () => {
  it("is told apart into what every run costs and what every token costs", () => {
    const time = after(sizes.map((tokens) => [tokens, 1.5 + 0.03 * tokens]));
    expect(time.fixedMs).toBeCloseTo(1.5);
    expect(time.tokensOfOne).toBeCloseTo(50);
  });

  it("of a device that is as fast with many tokens as with few is all fixed: padding is free", () => {
    const time = after(sizes.map((tokens) => [tokens, 4]));
    expect(time.fixedMs).toBeCloseTo(4);
    expect(time.tokensOfOne).toBeGreaterThan(1e6);
  });

  it("that grows faster than in proportion has no fixed part, and never a negative one", () => {
    const time = after(sizes.map((tokens) => [tokens, 1e-4 * tokens * tokens]));
    expect(time.fixedMs).toBeCloseTo(0);
    expect(time.tokensOfOne).toBeCloseTo(0);
  });

  it("is not told apart by runs of one size, which leave standing what was found", () => {
    const none = after(Array.from({ length: 50 }, () => [128, 4]));
    expect([none.fixedMs, none.tokensOfOne]).toEqual([0, Infinity]);
    const time = after(sizes.map((tokens) => [tokens, 1.5 + 0.03 * tokens]));
    for (let i = 0; i < 200; i++) time.observe(128, 5.34);
    expect(time.fixedMs).toBeCloseTo(1.5, 0);
    expect(time.meanMs).toBeCloseTo(5.34);
  });

  it("follows a device that changes", () => {
    const time = after(sizes.map((tokens) => [tokens, 4]));
    for (const tokens of sizes) time.observe(tokens, 0.02 * tokens);
    expect(time.fixedMs).toBeLessThan(0.2);
  });
});
