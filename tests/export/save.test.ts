/**
 * What was loaded is saved as it was, byte for byte, and in another type to the nearest number of that type.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  encodeSafetensors,
  loadFolder,
  NodeFiles,
  openFolder,
  readTensor,
  saveModel,
} from "@cloze/runtime/node";
import type { ModelFolder, StorageType } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";

const root = mkdtempSync(path.join(tmpdir(), "cloze-save-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = () => path.join(root, String(count++));
const checkpoint = (name: string) => fixturePath(`checkpoints/${name}`);

/** Every file below a folder, by path. */
function read(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), readFileSync(file)]),
  );
}

const names = readdirSync(fixturePath("checkpoints"));
const models: [string, string][] = [
  ...names.map((name): [string, string] => [name, checkpoint(name)]),
  ["the starter", starter],
];

test.each(models)("%s is saved byte for byte", async (_, from) => {
  const to = fresh();
  await saveModel(await openFolder(from), to);
  const expected = read(from);
  expected.delete("expected.json"); // the fixture's, not the model's
  const saved = read(to);
  expect([...saved.keys()]).toEqual([...expected.keys()]);
  for (const [name, bytes] of saved) expect(bytes.equals(expected.get(name)!), name).toBe(true);
});

interface Entry {
  readonly dtype: StorageType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

test.each(models)("the writer of weights files gives the bytes of %s", async (_, from) => {
  const { tensors } = await openFolder(from);
  for (const file of new Set([...tensors.values()].map((tensor) => tensor.file))) {
    const bytes = readFileSync(path.join(from, file));
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    const header = json(bytes.subarray(8, start)) as { readonly __metadata__?: Record<string, string> };
    const { __metadata__: metadata = {}, ...entries } = header;
    const given = Object.entries<Entry>(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [at, end],
        },
      ]) => {
        const chunks = () => [bytes.subarray(start + at, start + end)];
        return { name, dtype, shape, chunks };
      },
    );
    const written = [];
    for await (const chunk of encodeSafetensors(given, metadata)) written.push(chunk);
    expect(Buffer.concat(written).equals(bytes), file).toBe(true);
  }
});

function json(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}

async function weightsOf({ files, tensors }: ModelFolder): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors)
    if (tensor.dtype !== "I64") values.set(name, await readTensor(files, tensor));
  return values;
}

describe("in another type", () => {
  test.each([
    ["erf", "f16", "F16", 2 ** -11, 2 ** -25],
    ["erf", "bf16", "BF16", 2 ** -8, 0],
    ["sharded", "f16", "F16", 2 ** -11, 2 ** -25],
    ["gamma-beta", "bf16", "BF16", 2 ** -8, 0],
    ["bf16", "f16", "F16", 2 ** -11, 2 ** -25],
    ["f16", "f32", "F32", 0, 0],
  ] as const)("%s as %s: every weight is the nearest", async (name, dtype, stored, relative, absolute) => {
    const to = fresh();
    const before = await openFolder(checkpoint(name));
    await saveModel(before, to, { dtype });
    const after = await openFolder(to);
    expect([...after.tensors.keys()]).toEqual([...before.tensors.keys()]);
    const [was, is] = [await weightsOf(before), await weightsOf(after)];
    for (const [tensor, values] of was) {
      expect(after.tensors.get(tensor)).toMatchObject({
        dtype: stored,
        shape: before.tensors.get(tensor)!.shape,
      });
      for (const [i, value] of values.entries())
        expect(Math.abs(is.get(tensor)![i] - value)).toBeLessThanOrEqual(
          Math.abs(value) * relative + absolute,
        );
    }
    const torch = { f16: "float16", bf16: "bfloat16", f32: "float32" }[dtype];
    expect(json(readFileSync(path.join(to, "config.json")))).toHaveProperty("dtype", torch);
    await using bert = await loadFolder(after, { threads: 1 });
    await expect(bert.embed("the cat")).resolves.toHaveProperty("embedding");
  });

  test("f16 as f32 and back is what it was", async () => {
    const [wide, back] = [fresh(), fresh()];
    await saveModel(await openFolder(checkpoint("f16")), wide, { dtype: "f32" });
    await saveModel(await openFolder(wide), back, { dtype: "f16" });
    expect(read(back).get("model.safetensors")).toEqual(read(checkpoint("f16")).get("model.safetensors"));
  });

  test("an index tells the new size, and plugins the new hash of their encoder", async () => {
    const [sharded, plugged] = [fresh(), fresh()];
    await saveModel(await openFolder(checkpoint("sharded")), sharded, { dtype: "f16" });
    const [now, before] = [sharded, checkpoint("sharded")].map(
      (folder) =>
        json(read(folder).get("model.safetensors.index.json")!) as { metadata: { total_size: number } },
    );
    expect(now.metadata.total_size).toBe(before.metadata.total_size / 2);
    await saveModel(await openFolder(starter), plugged, { dtype: "bf16" });
    const { plugins } = await openFolder(plugged); // which refuses another encoder's
    const hash = await new NodeFiles(plugged).hash("model.safetensors");
    expect(plugins.find(({ name }) => name === "answers")?.encoder?.sha256).toBe(hash);
  });

  test("a number that it cannot hold is refused by the tensor's name, and nothing is written", async () => {
    const [large, to] = [fresh(), fresh()];
    cpSync(checkpoint("erf"), large, { recursive: true });
    const { tensors } = await openFolder(large);
    const bytes = readFileSync(path.join(large, "model.safetensors"));
    bytes.writeFloatLE(-70000, tensors.get("bert.embeddings.LayerNorm.bias")!.offset);
    writeFileSync(path.join(large, "model.safetensors"), bytes);
    const folder = await openFolder(large);
    await expect(saveModel(folder, to, { dtype: "f16" })).rejects.toThrow(
      "bert.embeddings.LayerNorm.bias holds -70000, which is too large for F16",
    );
    expect(
      readdirSync(root).filter(
        (name) => name.startsWith(`.${path.basename(to)}`) || name === path.basename(to),
      ),
    ).toEqual([]);
    await saveModel(folder, to, { dtype: "bf16" });
  });
});

describe("a folder that is in use", () => {
  test("is refused, and stays as it was", async () => {
    const to = fresh();
    mkdirSync(to);
    writeFileSync(path.join(to, "notes.txt"), "mine");
    await expect(saveModel(await openFolder(checkpoint("erf")), to)).rejects.toThrow("is in use");
    expect([...read(to).keys()]).toEqual(["notes.txt"]);
  });

  test("an empty one is not in use", async () => {
    const to = fresh();
    mkdirSync(to);
    await saveModel(await openFolder(checkpoint("erf")), to);
    expect((await openFolder(to)).architecture).toBe("BertForSequenceClassification");
  });

  test("overwritten, nothing of the model before is left, and what is no model's is", async () => {
    const to = fresh();
    await saveModel(await openFolder(starter), to);
    writeFileSync(path.join(to, "notes.txt"), "mine");
    await saveModel(await openFolder(checkpoint("sharded")), to, { overwrite: true });
    const expected = read(checkpoint("sharded"));
    expected.delete("expected.json");
    expect([...read(to).keys()]).toEqual([...expected.keys(), "notes.txt"].sort());
    await saveModel(await openFolder(checkpoint("only-vocab-txt")), to, { overwrite: true });
    expect([...read(to).keys()].sort()).toEqual([
      "config.json",
      "model.safetensors",
      "notes.txt",
      "vocab.txt",
    ]);
  });

  test("a model can be saved over itself", async () => {
    const to = fresh();
    await saveModel(await openFolder(checkpoint("erf")), to);
    const before = read(to);
    await saveModel(await openFolder(to), to, { overwrite: true });
    expect(read(to)).toEqual(before);
    await saveModel(await openFolder(to), to, { overwrite: true, dtype: "f16" });
    expect((await openFolder(to)).tensors.get("bert.pooler.dense.weight")?.dtype).toBe("F16");
  });

  test("a file in its place is refused", async () => {
    const to = fresh();
    writeFileSync(to, "");
    await expect(saveModel(await openFolder(checkpoint("erf")), to)).rejects.toThrow("is not a folder");
  });
});
