import { expect, test } from "vitest";
import { sha256 } from "../files/files.ts";
import type { Files } from "../files/files.ts";
import { HeldWeights } from "./held-weights.ts";

const bytes = new Uint8Array([1, 2, 3]);

/** Files of one, which say what was asked of them. */
function filesOf(asked: string[]): Files {
  return {
    location: "there",
    list: async () => ({ files: new Map([["model.safetensors", 3]]), folders: [] }),
    read: async (path) => {
      asked.push(`read ${path}`);
      return bytes;
    },
    hash: async (path) => {
      asked.push(`hash ${path}`);
      return sha256(bytes);
    },
  };
}

test("weights are read once for their header, their hash and themselves", async () => {
  const asked: string[] = [];
  const files = new HeldWeights(filesOf(asked));
  expect(await files.read("model.safetensors", { offset: 1, length: 1 })).toEqual(bytes.slice(1, 2));
  expect(await files.hash("model.safetensors")).toBe(await sha256(bytes));
  expect(await files.take("model.safetensors")).toBe(bytes);
  expect(asked).toEqual(["read model.safetensors"]);
});

test("who takes weights while another does has bytes of their own", async () => {
  const asked: string[] = [];
  const files = new HeldWeights(filesOf(asked));
  await Promise.all([files.take("model.safetensors"), files.take("model.safetensors")]);
  expect(asked).toEqual(["read model.safetensors", "read model.safetensors"]);
});

test("weights that were given away are not held again to be hashed", async () => {
  const asked: string[] = [];
  const files = new HeldWeights(filesOf(asked));
  await files.take("model.safetensors");
  files.release();
  await files.hash("model.safetensors");
  expect(asked).toEqual(["read model.safetensors", "hash model.safetensors"]);
});
