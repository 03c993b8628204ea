/**
 * A model folder that is missing something, damaged or tampered with gives one clear sentence, and never a crash.
 */
import { cp, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { load } from "@cloze/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cloze model "));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);
const copy = (checkpoint: string) =>
  cp(fixturePath(`checkpoints/${checkpoint}`), folder, { recursive: true });
const edit = async (name: string, change: (json: Record<string, unknown>) => void) => {
  const json = JSON.parse(await readFile(at(name), "utf8")) as Record<string, unknown>;
  change(json);
  await writeFile(at(name), JSON.stringify(json));
};
const refused = (code: string, message: string | RegExp) =>
  expect(load(folder)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
  );

describe("missing", () => {
  test("the folder", async () => {
    await expect(load(at("nowhere"))).rejects.toThrow(
      /There is no model folder at .*nowhere: nothing is there/,
    );
  });
  test("a folder that is a file", async () => {
    await writeFile(at("model"), "");
    await expect(load(at("model"))).rejects.toThrow("it is a file, not a folder");
  });
  test("everything in it", () => refused("not-found", "it has no config.json"));
  test("the weights", async () => {
    await copy("erf");
    await rm(at("model.safetensors"));
    await refused("not-found", "has no model.safetensors");
  });
  test("weights in the old format are named", async () => {
    await copy("erf");
    await rename(at("model.safetensors"), at("pytorch_model.bin"));
    await refused("not-found", "save it again as safetensors");
  });
  test("a shard", async () => {
    await copy("sharded");
    await rm(at("model-00002-of-00003.safetensors"));
    await refused("not-found", "lacks model-00002-of-00003.safetensors");
  });
  test("the tokenizer", async () => {
    await copy("only-vocab-txt");
    await rm(at("vocab.txt"));
    await refused("not-found", "neither vocab.txt nor tokenizer.json");
  });
});

test("a link that leads nowhere is passed over, and plugins may be linked", async () => {
  await cp(starter, folder, { recursive: true });
  await symlink("nowhere", at(".#lock"));
  await rename(at("plugins"), at("elsewhere"));
  await symlink("elsewhere", at("plugins"));
  await using bert = await load(folder);
  expect(bert.plugins.map(({ name }) => name)).toContain("sentiment");
});

describe("damaged", () => {
  beforeEach(() => copy("erf"));

  test("weights cut short", async () => {
    await truncate(at("model.safetensors"), 20_000);
    await refused("invalid-model", /damaged: its tensors end at byte \d+, but the file has 20000/);
  });
  test("weights whose header promises 8 exabytes", async () => {
    const bytes = await readFile(at("model.safetensors"));
    bytes.writeBigUInt64LE(2n ** 63n);
    await writeFile(at("model.safetensors"), bytes);
    await refused("invalid-model", "header promises");
  });
  test("config.json", async () => {
    await writeFile(at("config.json"), '{"vocab');
    await refused("invalid-model", "config.json is not JSON");
  });
  test("a config of another model", async () => {
    await edit("config.json", (json) => (json.hidden_size = 64));
    await refused("invalid-model", /is \[\d+,32\] in the weights, but config.json makes it \[\d+,64\]/);
  });
  test("a config with more layers than there are weights", async () => {
    await edit("config.json", (json) => (json.num_hidden_layers = 3));
    await refused("invalid-model", "lack bert.encoder.layer.2.");
  });
  test("another model's vocabulary, too large", async () => {
    await cp(path.join(starter, "vocab.txt"), at("vocab.txt"));
    await cp(path.join(starter, "tokenizer.json"), at("tokenizer.json"));
    await refused("invalid-model", "not of one model");
  });
});

describe("a plugin", () => {
  test("on an encoder that was tampered with is refused: its hash differs", async () => {
    await cp(starter, folder, { recursive: true });
    const bytes = await readFile(at("model.safetensors"));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(at("model.safetensors"), bytes);
    await refused("encoder-mismatch", "is another or has been changed");
  });
  test("whose head has another width is refused", async () => {
    await cp(starter, folder, { recursive: true });
    await edit("plugins/sentiment/plugin.json", (json) => (json.labels = ["a", "b", "c"]));
    await refused("invalid-model", /plugins\.sentiment\.weight is \[2,384\]/);
  });
  test("without weights is refused", async () => {
    await cp(starter, folder, { recursive: true });
    await rm(at("plugins/answers/head.safetensors"));
    await refused("not-found", "lacks plugins/answers/head.safetensors");
  });
});
