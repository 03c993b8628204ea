import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryFiles } from "./files/memory.ts";
import { encodeSafetensors, readHeader, readMetadata } from "./safetensors.ts";
import type { NewTensor } from "./safetensors.ts";
import { readTensor } from "./weights.ts";

/** A file with the given header and `bytes` bytes of data after it. */
function file(header: unknown, bytes: number, promised?: bigint): MemoryFiles {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const data = new Uint8Array(8 + text.length + bytes);
  new DataView(data.buffer).setBigUint64(0, promised ?? BigInt(text.length), true);
  data.set(text, 8);
  return new MemoryFiles(new Map([["model.safetensors", data]]));
}

async function read(files: MemoryFiles) {
  const size = (await files.list()).files.get("model.safetensors")!;
  return readHeader(files, "model.safetensors", size);
}

const tensor = (shape: number[], data_offsets: number[], dtype = "F32") => ({ dtype, shape, data_offsets });

test("tensors are found where they lie in the file", async () => {
  const header = { __metadata__: { format: "pt" }, b: tensor([2], [8, 16]), a: tensor([2, 1], [0, 8]) };
  const tensors = await read(file(header, 16));
  const start = 8 + JSON.stringify(header).length;
  expect(tensors.get("a")).toEqual({
    file: "model.safetensors",
    dtype: "F32",
    shape: [2, 1],
    offset: start,
    bytes: 8,
  });
  expect(tensors.get("b")).toMatchObject({ offset: start + 8 });
  expect(tensors.size).toBe(2);
});

describe("a damaged file is refused", () => {
  test.each([
    ["a header of 8 exabytes", file({}, 0, 2n ** 63n), /promises 9\d{18} bytes/],
    ["a header longer than the file", file({}, 0, 1000n), "promises 1000 bytes"],
    ["a header that is no JSON", file("{", 0), "not JSON"],
    ["a header that is no object", file("[]", 0), "not an object"],
    ["a truncated file", file({ a: tensor([4], [0, 16]) }, 8), "end at byte"],
    ["bytes after the last tensor", file({ a: tensor([1], [0, 4]) }, 8), "end at byte"],
    ["tensors that overlap", file({ a: tensor([2], [0, 8]), b: tensor([2], [4, 12]) }, 12), "b overlaps"],
    [
      "a gap between tensors",
      file({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12),
      "belong to no tensor",
    ],
    ["a shape that does not fit its range", file({ a: tensor([3], [0, 8]) }, 8), "12 bytes, but has 8"],
    ["a negative size", file({ a: tensor([-1], [0, 4]) }, 4), "no proper shape"],
    ["a range that runs backwards", file({ a: tensor([1], [4, 0]) }, 4), "no proper shape"],
    ["a size past what a number holds", file({ a: tensor([2 ** 53], [0, 4]) }, 4), "no proper shape"],
  ])("%s", async (_, files, message) => {
    await expect(read(files)).rejects.toThrow(expect.objectContaining({ code: "invalid-model" }));
    await expect(read(files)).rejects.toThrow(message);
  });

  test("a type that weights do not have is named", async () => {
    await expect(read(file({ a: tensor([1], [0, 1], "F8_E4M3") }, 1))).rejects.toThrow("F8_E4M3");
  });

  test("fewer than 8 bytes", async () => {
    const files = new MemoryFiles(new Map([["model.safetensors", new Uint8Array(3)]]));
    await expect(read(files)).rejects.toThrow("3 bytes");
  });

  test("any header at all ends in tensors or in one sentence, never in another error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(64), async (header, bytes) => {
        await read(file(header, bytes)).catch((error: unknown) => expect(error).toHaveProperty("code"));
      }),
    );
  });
});

test("half precision is widened exactly: every one of the 65,536 halves", async () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const files = new MemoryFiles(new Map([["w", new Uint8Array(halves.buffer)]]));
  const wide = await readTensor(files, { file: "w", dtype: "F16", shape: [65536], offset: 0, bytes: 131072 });
  expect(wide[0x3c00]).toBe(1);
  expect(wide[0x0001]).toBe(2 ** -24);
  expect(wide[0x7bff]).toBe(65504);
  expect(wide[0xfc00]).toBe(-Infinity);
  expect(Object.is(wide[0x8000], -0)).toBe(true);
  for (let i = 0; i < 65536; i++)
    expect(Number.isNaN(wide[i]), `${i}`).toBe((i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0);
});

test("bfloat16 is the upper half of float32", async () => {
  const files = new MemoryFiles(new Map([["w", new Uint8Array(Uint16Array.of(0x3f80, 0xc049).buffer)]]));
  const wide = await readTensor(files, { file: "w", dtype: "BF16", shape: [2], offset: 0, bytes: 4 });
  expect([...wide]).toEqual([1, -3.140625]);
});

async function written(tensors: readonly NewTensor[], metadata?: Readonly<Record<string, string>>) {
  const chunks = [];
  for await (const chunk of encodeSafetensors(tensors, metadata)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
const filesOf = (bytes: Uint8Array<ArrayBuffer>) => new MemoryFiles(new Map([["model.safetensors", bytes]]));
const zeros = (name: string, dtype: "F32" | "F16" | "I64", shape: number[], bytes: number): NewTensor => ({
  name,
  dtype,
  shape,
  chunks: () => [new Uint8Array(bytes)],
});

describe("what is written", () => {
  test("is read back: names, types, shapes, bytes and metadata, whatever chunks they came in", async () => {
    const some = fc.uniqueArray(
      fc.record({ name: fc.string(), values: fc.array(fc.float(), { maxLength: 9 }), cut: fc.nat(36) }),
      { selector: ({ name }) => name },
    );
    await fc.assert(
      fc.asyncProperty(some, fc.dictionary(fc.string(), fc.string()), async (given, metadata) => {
        const named = given.filter(({ name }) => name !== "__metadata__");
        const tensors = named.map(({ name, values, cut }): NewTensor => {
          const bytes = new Uint8Array(Float32Array.from(values).buffer);
          const chunks = () => [bytes.subarray(0, cut), bytes.subarray(cut)];
          return { name, dtype: "F32", shape: [values.length, 1], chunks };
        });
        const bytes = await written(tensors, metadata);
        const files = filesOf(bytes);
        const found = await read(files);
        expect(found.size).toBe(named.length);
        for (const { name, values } of named) {
          expect(found.get(name)?.shape).toEqual([values.length, 1]);
          expect(await readTensor(files, found.get(name)!)).toEqual(Float32Array.from(values));
        }
        expect({ ...(await readMetadata(files, "model.safetensors", bytes.length)) }).toEqual({
          ...metadata,
        });
      }),
    );
  });

  test("begins each tensor at a multiple of its element, and keeps the order of those of one type", async () => {
    const found = await read(
      filesOf(
        await written([
          zeros("b", "F16", [3], 6),
          zeros("c", "F32", [1], 4),
          zeros("a", "F16", [1], 2),
          zeros("ids", "I64", [1, 1], 8),
        ]),
      ),
    );
    expect([...found.keys()]).toEqual(["ids", "c", "b", "a"]);
    expect(found.get("ids")!.offset % 8).toBe(0);
    expect(found.get("c")!.offset % 4).toBe(0);
  });

  test("is refused where the bytes are not of the tensor's size", async () => {
    await expect(written([zeros("a", "F32", [2], 4)])).rejects.toThrow("a should have 8 bytes, not 4");
  });
});
