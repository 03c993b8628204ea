import { expect, test } from "vitest";
import { setUpFrozen } from "./frozen-setup.ts";

const options = { model: "no-such-model", task: "classify", train: "", dev: "", out: "out" } as const;

test.each([{ warmup: 0.1 }, { layerDecay: 0.9 }, { dropout: 0 }, { device: "webgpu" }] as const)(
  "what is for training all weights is refused before anything is read: %j",
  async (asked) => {
    const [name] = Object.keys(asked);
    await expect(setUpFrozen({ ...options, ...asked })).rejects.toMatchObject({
      code: "invalid-option",
      field: name,
    });
  },
);
