import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  listCheckpoints,
  loadCheckpoint,
  pruneCheckpoints,
  removeLeftovers,
  saveCheckpoint,
} from "./checkpoint.ts";
import type { SavedCheckpoint } from "./checkpoint.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-checkpoint-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shapes = new Map([
  ["encoder/weight", [3, 2]],
  ["bias", [1]],
]);

function checkpoint(steps: number, best?: number): SavedCheckpoint {
  const numbers = (first: number) =>
    new Map([
      ["encoder/weight", Float32Array.of(first, -0, NaN, Infinity, 1e-40, steps)],
      ["bias", Float32Array.of(0.1)],
    ]);
  return {
    state: { steps: steps + 1000, weights: numbers(1), slots: { m: numbers(2), v: numbers(3) } },
    position: { epoch: 2, rows: [1, 2] },
    progress: {
      steps,
      tokens: 99,
      withoutGain: 0,
      ...(best !== undefined && { best: { steps: best, metrics: { f1: 0.1 + 0.2 } } }),
    },
    logBytes: 7,
  };
}

const save = (steps: number, best?: number) => saveCheckpoint(folder, checkpoint(steps, best), shapes);
const tensors = () => path.join(folder, "step-000005", "state.safetensors");

test("what is loaded is what was saved, to the bit", async () => {
  await save(5, 3);
  expect(await loadCheckpoint(folder, 5)).toEqual(checkpoint(5, 3));
});

test("weights lie in the file before what the optimizer remembers, in safetensors' form", async () => {
  await save(5);
  const bytes = readFileSync(tensors());
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)))) as object;
  expect(Object.keys(header)).toEqual([
    "__metadata__",
    ...["weights", "m", "v"].flatMap((group) => [`${group}/encoder/weight`, `${group}/bias`]),
  ]);
});

test("a tensor of more than one chunk comes back whole", async () => {
  const data = Float32Array.from({ length: 3_000_000 }, (_, i) => i);
  const large = { ...checkpoint(5), state: { steps: 5, weights: new Map([["w", data]]), slots: {} } };
  await saveCheckpoint(folder, large, new Map([["w", [data.length]]]));
  const { state } = await loadCheckpoint(folder, 5);
  expect(Buffer.compare(Buffer.from(state.weights.get("w")!.buffer), Buffer.from(data.buffer))).toBe(0);
});

describe("a damaged checkpoint is found out", () => {
  test.each([
    ["truncated", () => truncateSync(tensors(), 100), "state.safetensors has 100 bytes, not "],
    ["a bit flipped", () => flip(tensors()), "state.safetensors is not what was written (its hash differs)"],
    ["without weights", () => rmSync(tensors()), "state.safetensors cannot be read (ENOENT)"],
    ["without state.json", () => rmSync(rest()), "state.json cannot be read (ENOENT)"],
    ["state.json cut", () => truncateSync(rest(), 50), "state.json cannot be read ("],
    ["state.json empty", () => writeFileSync(rest(), "null"), "state.json cannot be read (it is not whole)"],
    [
      "under another step's name",
      () => renameSync(path.join(folder, "step-000004"), path.dirname(rest())),
      "state.json is of step 4",
    ],
  ])("%s", async (_, damage, reason) => {
    await save(4);
    if (reason !== "state.json is of step 4") await save(5);
    damage();
    const error: unknown = await loadCheckpoint(folder, 5).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "invalid-model" });
    expect((error as Error).message).toContain(
      `The checkpoint ${path.dirname(rest())} is damaged: ${reason}`,
    );
  });
});

const rest = () => path.join(folder, "step-000005", "state.json");

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(file, bytes);
}

describe("of many checkpoints", () => {
  test("the last are kept, and the best", async () => {
    for (const steps of [10, 20, 30, 40, 50]) {
      await save(steps, Math.min(steps, 20));
      await pruneCheckpoints(folder, steps, 2);
    }
    expect(await listCheckpoints(folder)).toEqual([20, 40, 50]);
  });

  test("those after the step that was saved are damaged ones, and go", async () => {
    for (const steps of [10, 20, 30]) await save(steps);
    await pruneCheckpoints(folder, 20, 1);
    expect(await listCheckpoints(folder)).toEqual([20]);
  });

  test("one takes the place of a damaged one of its step", async () => {
    await save(5);
    truncateSync(tensors(), 1);
    await save(5);
    expect((await loadCheckpoint(folder, 5)).progress.steps).toBe(5);
    expect(readdirSync(folder)).toEqual(["step-000005"]);
  });

  test("a million steps and more are in order", async () => {
    for (const steps of [2_000_000, 999_999]) await save(steps);
    expect(await listCheckpoints(folder)).toEqual([999_999, 2_000_000]);
  });
});

test("what killed programs leave is no checkpoint, and is removed", async () => {
  await save(5);
  for (const name of [".step-000006.partial", ".step-000004.removed"]) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, "state.json"), "{}");
  }
  expect(await listCheckpoints(folder)).toEqual([5]);
  await removeLeftovers(folder);
  expect(readdirSync(folder)).toEqual(["step-000005"]);
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "a full disk is told, leaves the last checkpoint whole and no part of the new one",
  async () => {
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder]);
    try {
      const large = (steps: number): SavedCheckpoint => ({
        ...checkpoint(steps),
        state: { steps, weights: new Map([["w", new Float32Array(1_000_000).fill(steps)]]), slots: {} },
      });
      const sizes = new Map([["w", [1_000_000]]]);
      await saveCheckpoint(folder, large(1), sizes);
      await expect(saveCheckpoint(folder, large(2), sizes)).rejects.toMatchObject({
        code: "invalid-option",
        message:
          `${path.join(folder, "step-000002")} cannot be written (the disk is full, ENOSPC): make room, then resume ` +
          `the run, from ${path.join(folder, "step-000001")}, which is whole.`,
      });
      expect(readdirSync(folder)).toEqual(["step-000001"]);
      expect((await loadCheckpoint(folder, 1)).state.weights.get("w")![0]).toBe(1);
    } finally {
      execFileSync("/bin/umount", [folder]);
    }
  },
);
