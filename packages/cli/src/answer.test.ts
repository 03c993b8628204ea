import { ClozeError } from "@cloze/core";
import { expect, test } from "vitest";
import { answerAll } from "./answer.ts";
import type { Item } from "./input.ts";
import type { Io } from "./io.ts";
import type { View } from "./output.ts";

const view: View<number, number> = { columns: ["n"], row: (n) => [n], text: (n) => String(n) };

const sink = (take: (text: string) => void) => ({
  isTTY: false,
  columns: 80,
  write: async (text: string) => take(text),
});

async function answer(
  items: AsyncIterable<Item<number>>,
  run: (inputs: readonly number[]) => Promise<readonly number[]>,
) {
  let out = "";
  let err = "";
  const io: Io = {
    stdin: () => {
      throw new Error("nobody reads it");
    },
    stdout: sink((text) => (out += text)),
    stderr: sink((text) => (err += text)),
    env: {},
    exitCode: 0,
  };
  await answerAll(items, run, view, { json: true }, io);
  return {
    lines: out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
    err,
    code: io.exitCode,
  };
}

async function* lines(count: number, taken?: () => void): AsyncGenerator<Item<number>> {
  for (let line = 1; line <= count; line++) {
    taken?.();
    yield { line, value: line };
  }
}

const refuse = (
  message: string,
  code: "invalid-input" | "invalid-option" | "internal" = "invalid-input",
): never => {
  throw new ClozeError(code, message);
};

/** Refuses every input; where there is none there is nothing to refuse. */
const refuseAll =
  (...why: Parameters<typeof refuse>) =>
  async (inputs: readonly number[]): Promise<number[]> =>
    inputs.map(() => refuse(...why));

test("inputs are answered in chunks and printed in order, and no more than a chunk and the next input are held", async () => {
  let held = 0;
  const sizes: number[] = [];
  const { lines: results, code } = await answer(
    lines(600, () => held++),
    async (inputs) => {
      if (inputs.length > 0) sizes.push(inputs.length);
      expect(held).toBeLessThanOrEqual(257);
      held = 0;
      return inputs.map((n) => 2 * n);
    },
  );
  expect(results).toEqual(Array.from({ length: 600 }, (_, i) => 2 * (i + 1)));
  expect(sizes).toEqual([256, 256, 88]);
  expect(code).toBe(0);
});

test("an input that the model refuses is found among the others", async () => {
  const {
    lines: results,
    code,
    err,
  } = await answer(lines(3), async (inputs) => inputs.map((n) => (n === 2 ? refuse("2 is even.") : n)));
  expect(results).toEqual([1, { error: { code: "invalid-input", message: "2 is even.", line: 2 } }, 3]);
  expect(code).toBe(2);
  expect(err).toBe("One line of 3 could not be answered; line 2: 2 is even.\n");
});

test("an option that is wrong for any input ends the command before one is read", async () => {
  let taken = 0;
  const items = lines(3, () => taken++);
  await expect(answer(items, async () => refuse("top is wrong.", "invalid-option"))).rejects.toThrow(
    "top is wrong.",
  );
  expect(taken).toBe(0);
});

test("an option that does not suit one input is that line's error, though its chunk has no other", async () => {
  const slow = (async function* (): AsyncGenerator<Item<number>> {
    for await (const item of lines(3)) {
      yield item;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const { lines: results, code } = await answer(slow, async (inputs) =>
    inputs.map((n) => (n === 2 ? refuse("2 leaves no room.", "invalid-option") : n)),
  );
  expect(results).toEqual([
    1,
    { error: { code: "invalid-option", message: "2 leaves no room.", line: 2 } },
    3,
  ]);
  expect(code).toBe(2);
});

test("a failure that is not the input's ends the command", async () => {
  await expect(answer(lines(3), refuseAll("broken.", "internal"))).rejects.toThrow("broken.");
});

test("an argument that is refused ends the command", async () => {
  const argument = (async function* (): AsyncGenerator<Item<number>> {
    yield { value: 1 };
  })();
  await expect(answer(argument, refuseAll("1 is odd."))).rejects.toThrow("1 is odd.");
});

test("what was read before the source fails is answered, and then the command ends", async () => {
  const broken = (async function* (): AsyncGenerator<Item<number>> {
    yield* lines(3);
    throw new Error("The disk is gone.");
  })();
  const asked: number[] = [];
  await expect(answer(broken, async (inputs) => (asked.push(...inputs), inputs))).rejects.toThrow("is gone");
  expect(asked).toEqual([1, 2, 3]);
});
