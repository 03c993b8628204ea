import { presets } from "@cloze/core";
import { describe, expect, test } from "vitest";
import { resolveSettings } from "./pretrain-options.ts";

const asked = { corpus: ["a.txt"], out: "out", steps: 1000 };
const lengths = (more: object, maxPositions = 512) => {
  const { length, longLength, longSteps } = resolveSettings(
    { ...asked, ...more },
    { ...presets.tiny, maxPositions },
  );
  return { length, longLength, longSteps };
};

describe("lengths", () => {
  test("are 128 for nine tenths of the steps, then 512", () => {
    expect(lengths({})).toEqual({ length: 128, longLength: 512, longSteps: 100 });
  });

  test("are what the model has positions for", () => {
    expect(lengths({}, 256)).toEqual({ length: 128, longLength: 256, longSteps: 100 });
    expect(lengths({}, 64)).toEqual({ length: 64, longLength: 64, longSteps: 0 });
  });

  test("are one where it is given, or two where both are", () => {
    expect(lengths({ length: 64 }).longSteps).toBe(0);
    expect(lengths({ length: 64, longLength: 256, longShare: 0.5 })).toEqual({
      length: 64,
      longLength: 256,
      longSteps: 500,
    });
    expect(lengths({ longShare: 0 }).longSteps).toBe(0);
  });

  test("beyond the model's positions are refused", () => {
    expect(() => lengths({ longLength: 513 })).toThrow("long-length is 513: give at most 512");
    expect(() => lengths({ length: 65 }, 64)).toThrow("length is 65: give at most 64");
  });
});

test.each([
  [{ steps: 0 }, "steps is 0"],
  [{ batch: 1.5 }, "batch is 1.5"],
  [{ seed: 0.5 }, "seed is 0.5"],
  [{ heldOut: 1 }, "held-out is 1"],
  [{ longShare: 2 }, "long-share is 2"],
  [{ clip: 0 }, "clip is 0"],
  [{ objective: "ltr" as const, masking: "rare" as const }, "leave the masking out"],
])("%o is refused", (more, said) => {
  expect(() => resolveSettings({ ...asked, ...more }, presets.tiny)).toThrow(said);
});
