import { expect, test } from "vitest";
import { inParts } from "./parts.ts";

async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

async function* counted(count: number, state: { closed?: boolean } = {}) {
  try {
    for (let i = 0; i < count; i++) yield i;
  } finally {
    state.closed = true;
  }
}

async function* pausing() {
  yield* counted(2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  yield* counted(2);
}

async function* failing() {
  yield* counted(4);
  throw new Error("no more");
}

test("an array and a stream that does not pause come in parts of one size, the last with what is left", async () => {
  const parts = [[0, 1, 2], [3, 4, 5], [6]];
  expect(await collect(inParts([0, 1, 2, 3, 4, 5, 6], 3))).toEqual(parts);
  expect(await collect(inParts(counted(7), 3))).toEqual(parts);
  expect(await collect(inParts(counted(6), 3))).toEqual(parts.slice(0, 2));
  expect(await collect(inParts([], 3))).toEqual([]);
  expect(await collect(inParts(counted(0), 3))).toEqual([]);
});

test("a stream that pauses gives what it has", async () => {
  expect(await collect(inParts(pausing(), 3))).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test("a stream is closed by who reads no further, and its error comes after what came before it", async () => {
  const state: { closed?: boolean } = {};
  for await (const part of inParts(counted(9, state), 3)) {
    expect(part).toEqual([0, 1, 2]);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve));
  expect(state.closed).toBe(true);

  const parts = inParts(failing(), 3);
  expect((await parts.next()).value).toEqual([0, 1, 2]);
  expect((await parts.next()).value).toEqual([3]);
  await expect(parts.next()).rejects.toThrow("no more");
});
