import type { FloatTensor } from "@cloze/core";
import { expect, onTestFinished, test } from "vitest";
import { settle, untilAborted, wait } from "./waiting.ts";
import type { Waiter } from "./waiting.ts";

/** What nobody caught: it would end the process. */
function watchRejections(): unknown[] {
  const missed: unknown[] = [];
  const note = (reason: unknown): void => void missed.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return missed;
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

test("a run that was given up may fail later, and nobody is disturbed", async () => {
  const missed = watchRejections();
  const stop = new AbortController();
  let fail: ((why: Error) => void) | undefined;
  const answer = new Promise<Record<string, FloatTensor>>((_, reject) => (fail = reject));
  const run = untilAborted(answer, { signal: stop.signal });
  stop.abort();
  await expect(run).rejects.toThrow(code("aborted"));
  fail?.(new Error("the device is gone"));
  await turn();
  expect(missed).toEqual([]);
});

test("who gives up keeps a place in the line, so that the next gets the next answer", async () => {
  const missed = watchRejections();
  const line: Waiter[] = [];
  const stop = new AbortController();
  const first = wait(line, { signal: stop.signal });
  const second = wait(line, {});
  stop.abort();
  await expect(first).rejects.toThrow(code("aborted"));
  settle(line.shift(), { error: { code: "internal", message: "It failed." } });
  settle(line.shift(), { outputs: {} });
  expect(await second).toEqual({});
  await turn();
  expect(missed).toEqual([]);
});
