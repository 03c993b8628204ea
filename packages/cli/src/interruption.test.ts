import { expect, test } from "vitest";
import { interruptible, typed } from "./interruption.ts";
import type { Io } from "./io.ts";

async function* nothing(): AsyncGenerator<string> {}

function silent(): { io: Io; said: () => string } {
  let said = "";
  const sink = { isTTY: false, columns: 80, write: async (text: string) => void (said += text) };
  return {
    io: { stdin: nothing, stdout: sink, stderr: sink, env: {}, exitCode: 0 },
    said: () => said,
  };
}
const listeners = (): number[] => ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));

test("the first signal stops the run and tells how to go on; the next, be it another, ends the program", async () => {
  const before = listeners();
  const { io, said } = silent();
  const run = interruptible(["finetune", "--out", "my model"], io, async (signal) => {
    process.listeners("SIGINT").at(-1)!("SIGINT");
    expect(signal.aborted).toBe(true);
    expect(listeners()).toEqual(before); // none of ours is left
    throw new Error("stopped");
  });
  await expect(run).rejects.toThrow("stopped");
  expect(said()).toBe("To go on: cloze finetune --out 'my model' --resume\n");
});

test("a run that ends by itself leaves nothing, and an error of its own is not told as a stop", async () => {
  const before = listeners();
  const { io, said } = silent();
  expect(await interruptible([], io, async () => 7)).toBe(7);
  await expect(interruptible([], io, () => Promise.reject(new Error("full")))).rejects.toThrow("full");
  expect(said()).toBe("");
  expect(listeners()).toEqual(before);
});

test("a command is told as a shell reads it", () => {
  expect(typed(["pretrain", "--corpus", "a b/*.txt", "--rate", "1e-4", "it's"])).toBe(
    String.raw`cloze pretrain --corpus 'a b/*.txt' --rate 1e-4 'it'\''s'`,
  );
  expect(typed(["--out", "~/x"])).toBe("cloze --out '~/x'"); // the folder named ~, not the home folder
});
