import { afterEach, expect, test, vi } from "vitest";
import { inTurn } from "./turns.ts";

afterEach(() => vi.unstubAllGlobals());
const withLocks = (request: unknown) => vi.stubGlobal("navigator", request && { locks: { request } });

test("where there are no locks, or they refuse everyone, work is done all the same", async () => {
  withLocks(undefined);
  expect(await inTurn(async () => 1)).toBe(1);
  withLocks(() => Promise.reject(new DOMException("no origin", "SecurityError")));
  expect(await inTurn(async () => 2)).toBe(2);
});

test("work that fails is done once", async () => {
  withLocks((_: string, __: object, work: () => unknown) => Promise.resolve().then(work));
  const work = vi.fn(() => Promise.reject(new Error("failed")));
  await expect(inTurn(work)).rejects.toThrow("failed");
  expect(work).toHaveBeenCalledTimes(1);
});

test("who gives up while he waits for his turn never begins", async () => {
  withLocks(
    (_: string, { signal }: { signal: AbortSignal }) =>
      new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  );
  const stop = new AbortController();
  const work = vi.fn();
  const waiting = inTurn(work, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow();
  expect(work).not.toHaveBeenCalled();
});
