import { expect, test } from "vitest";
import type { Io } from "./io.ts";
import { TrainingProgress } from "./training-progress.ts";

async function* nothing(): AsyncGenerator<string> {}

function io(isTTY: boolean, columns = 80): { io: Io; said: () => string } {
  let said = "";
  const sink = { isTTY, columns, write: async (text: string) => void (said += text) };
  return { io: { stdin: nothing, stdout: sink, stderr: sink, env: {}, exitCode: 0 }, said: () => said };
}
const report = {
  step: 5,
  steps: 1000,
  loss: 9.5,
  losses: { "masked-lm": 8.8, "next-sentence": 0.7 },
  tokensPerSecond: 12_345.6,
  share: 0.42,
  secondsLeft: 600,
};

/** What a terminal of so many columns sees. */
function line(columns: number): string {
  const { io: there, said } = io(true, columns);
  new TrainingProgress(there).showStep(report);
  return said();
}

test("a terminal sees one line, as much of it as fits", () => {
  const rest = "12,346 tokens/s, 42 % of peak, 10 min left";
  expect(line(120)).toBe(
    `\r\u001B[Kstep 5 of 1,000: loss 9.500 (masked-lm 8.800, next-sentence 0.700), ${rest}`,
  );
  expect(line(90)).toBe(`\r\u001B[Kstep 5 of 1,000: loss 9.500 (8.800 + 0.700), ${rest}`);
  expect(line(76)).toBe(`\r\u001B[Kstep 5 of 1,000: loss 9.500, ${rest}`);
  expect(line(40)).toHaveLength("\r\u001B[K".length + 39);
});

test("where nobody looks, only what stays is said: a warning is", () => {
  const { io: there, said } = io(false);
  const progress = new TrainingProgress(there);
  progress.showStep(report);
  progress.showStep({ ...report, warning: "The loss is flat." });
  progress.say("Step 5: measured.");
  expect(said()).toBe("The loss is flat.\nStep 5: measured.\n");
});

test("the last step is always shown, others ten times a second at most", () => {
  const { io: there, said } = io(true, 120);
  const progress = new TrainingProgress(there);
  for (const step of [5, 6, 7, 1000]) progress.showStep({ ...report, step });
  expect([...said().matchAll(/step ([\d,]+) of/g)].map(([, step]) => step)).toEqual(["5", "1,000"]);
});
