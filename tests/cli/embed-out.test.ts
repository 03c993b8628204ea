/** `cloze embed` as a shell runs it: every pooling, and the files that it writes. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { cloze, finish, main, start } from "./cloze.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cloze-embed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = ["a warm film", "dull", "a 🙂 long , long film"];
const input = texts.map((text) => `${JSON.stringify({ text })}\n`).join("");

const floats = (bytes: Buffer): Float32Array =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

interface Embedded {
  readonly embedding: number[];
}
interface EmbeddedTokens {
  readonly embedding: number[][];
  readonly tokens: string[];
  readonly offsets: [number, number][];
}

async function embed(...options: string[]): Promise<unknown[]> {
  const result = await cloze(["embed", "--input", "-", "--json", ...options], input);
  expect(result).toMatchObject({ code: 0, err: "" });
  return result.json();
}

/** The tensors and the metadata of a safetensors file, read by the format's description. */
function readSafetensors(file: string) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: metadata, ...entries } = header;
  const data = (name: string): Buffer => {
    const [from, to] = entries[name].data_offsets;
    return bytes.subarray(8 + length + from, 8 + length + to);
  };
  return { metadata: metadata as unknown as Record<string, string>, entries, data };
}

test("layers are joined in the order given, or added up with weights", async () => {
  const [a] = (await embed("--layers", "-2")) as Embedded[];
  const [b] = (await embed("--layers", "-1")) as Embedded[];
  const [joined] = (await embed("--layers", "-2,-1")) as Embedded[];
  const [sum] = (await embed("--layers", "-2,-1", "--weights", "0.25,-2")) as Embedded[];
  expect(joined.embedding).toEqual([...a.embedding, ...b.embedding]);
  expect(sum.embedding).toHaveLength(384);
  for (const [i, x] of sum.embedding.entries())
    expect(x).toBeCloseTo(0.25 * a.embedding[i] - 2 * b.embedding[i], 4);
});

test("without pooling each token has a vector, its piece and its place", async () => {
  const results = (await embed("--pooling", "none")) as EmbeddedTokens[];
  const { embedding, tokens, offsets } = results[2];
  expect(tokens).toEqual(["[CLS]", "a", "[UNK]", "long", ",", "long", "film", "[SEP]"]);
  expect(embedding.map((vector) => vector.length)).toEqual(tokens.map(() => 384));
  expect(offsets.map(([from, to]) => texts[2].slice(from, to))).toEqual([
    "",
    "a",
    "🙂",
    "long",
    ",",
    "long",
    "film",
    "",
  ]);
  const [mean] = (await embed()) as Embedded[];
  const [first] = results;
  const sum = first.embedding.reduce((all, vector) => all.map((x, i) => x + vector[i]));
  for (const [i, x] of sum.entries()) expect(x / first.tokens.length).toBeCloseTo(mean.embedding[i], 4);
  const shown = await cloze(["embed", "--pooling", "none", texts[1]]);
  expect(shown.out).toMatch(
    /^dull\n {2}\[CLS\] .* …\n {2}dull {3}.* …\n {2}\[SEP\] .* …\n {2}\(384 numbers each\)\n$/,
  );
});

test("a .npy is NumPy's format 1.0: a header of 128 bytes, then the rows", async () => {
  const out = path.join(folder, "features.npy");
  const options = ["--layers", "-4,-3,-2,-1"];
  const [about] = await embed(...options, "--out", out);
  expect(about).toEqual({ out, texts: 3, vectors: 3, truncated: 0, width: 1536, bytes: 128 + 3 * 1536 * 4 });
  const bytes = readFileSync(out);
  const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1536), }";
  expect(bytes.subarray(0, 128).toString("latin1")).toBe(
    `\u0093NUMPY\u0001\u0000\u0076\u0000${dictionary.padEnd(117)}\n`,
  );
  const rows = (await embed(...options)) as Embedded[];
  expect(Array.from(floats(bytes.subarray(128)))).toEqual(rows.flatMap(({ embedding }) => embedding));
});

test("pooled texts are one tensor of a .safetensors", async () => {
  const out = path.join(folder, "features.safetensors");
  await embed("--normalize", "--out", out);
  const { entries, data } = readSafetensors(out);
  expect(entries).toEqual({ embeddings: { dtype: "F32", shape: [3, 384], data_offsets: [0, 3 * 384 * 4] } });
  const rows = (await embed("--normalize")) as Embedded[];
  expect(Array.from(floats(data("embeddings")))).toEqual(rows.flatMap(({ embedding }) => embedding));
});

test("tokens' vectors are one tensor a text, with their places and pieces", async () => {
  const out = path.join(folder, "tokens.safetensors");
  const [about] = await embed("--pooling", "none", "--out", out);
  const results = (await embed("--pooling", "none")) as EmbeddedTokens[];
  expect(about).toMatchObject({
    texts: 3,
    vectors: results.flatMap(({ tokens }) => tokens).length,
    width: 384,
  });
  const { metadata, entries, data } = readSafetensors(out);
  expect(Object.keys(entries).toSorted()).toEqual(["0", "0.offsets", "1", "1.offsets", "2", "2.offsets"]);
  for (const [i, { embedding, tokens, offsets }] of results.entries()) {
    expect(entries[i]).toMatchObject({ dtype: "F32", shape: [tokens.length, 384] });
    expect(Array.from(floats(data(`${i}`)))).toEqual(embedding.flat());
    expect(entries[`${i}.offsets`]).toMatchObject({ dtype: "I32", shape: [tokens.length, 2] });
    const places = data(`${i}.offsets`);
    expect(offsets.flat().map((_, n) => places.readInt32LE(4 * n))).toEqual(offsets.flat());
    expect(JSON.parse(metadata[`${i}.tokens`])).toEqual(tokens);
  }
});

test("people are told what was written, and what was cut", async () => {
  const out = path.join(folder, "told.npy");
  const result = await cloze(["embed", "--out", out, "--max-length", "4", "a", "a long , long film"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.out).toBe(`${out}: 2 texts (1 cut to the model's length), 384 numbers each, 3.2 kB\n`);
});

test("no texts are a file without rows", async () => {
  for (const [name, pooling, about] of [
    ["none.npy", "cls", { texts: 0, width: 384, bytes: 128 }],
    ["none.safetensors", "none", { texts: 0, vectors: 0, width: 384 }],
  ] as const) {
    const out = path.join(folder, name);
    const options = ["embed", "--input", "-", "--pooling", pooling, "--out", out, "--json"];
    expect((await cloze(options)).json()).toMatchObject([about]);
  }
  expect(readFileSync(path.join(folder, "none.npy"), "latin1")).toContain("'shape': (0, 384)");
  expect(readSafetensors(path.join(folder, "none.safetensors")).entries).toEqual({});
});

test("a file that is no file of vectors is refused before anything is read", async () => {
  expect(await cloze(["embed", "a", "--out", "x.txt"])).toMatchObject({
    code: 2,
    err: "--out should end in .npy or .safetensors, but is x.txt.\n",
  });
  expect(await cloze(["embed", "a", "b", "--pooling", "none", "--out", "x.npy"])).toMatchObject({
    code: 2,
    err: "A .npy holds one array, but with pooling none each text has its own length: write a .safetensors.\n",
  });
  const result = await cloze(["embed", "a", "--out", path.join(folder, "nothing/x.npy")]);
  expect(result).toMatchObject({ code: 2, err: expect.stringContaining("its folder does not exist") });
});

test.each(["x.npy", "x.safetensors"])("a bad line ends it, and %s stays as it was", async (name) => {
  const out = path.join(folder, name);
  writeFileSync(out, "old");
  const result = await cloze(["embed", "--input", "-", "--out", out], `${input}{"text":7}\n`);
  expect(result).toMatchObject({ code: 2, err: "Line 4: text should be a text, but is a number.\n" });
  expect(readFileSync(out, "utf8")).toBe("old");
  expect(readdirSync(folder).filter((file) => file.endsWith(".partial"))).toEqual([]);
});

test("a signal ends it, and leaves nothing behind", async () => {
  const out = path.join(folder, "stopped.safetensors");
  const child = start(["embed", "--input", "-", "--out", out]);
  child.stdin.write(input);
  const ended = finish(child);
  while (!readdirSync(folder).some((file) => file.endsWith(".partial")))
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGTERM");
  expect((await ended).code).not.toBe(0);
  expect(child.signalCode).toBe("SIGTERM");
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(folder).filter((file) => file.endsWith(".partial"))).toEqual([]);
});

test("a signal while a file is tried leaves nothing behind", async () => {
  const tried = path.join(folder, "tried");
  mkdirSync(tried);
  const program = `
    const { checkWritable } = await import(${JSON.stringify(path.join(path.dirname(main), "files.js"))});
    console.log("begun");
    for (;;) await checkWritable(${JSON.stringify(path.join(tried, "x.npy"))}, "out");`;
  for (let nth = 0; nth < 5; nth++) {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
    const ended = finish(child);
    child.stdout.once("data", () => setTimeout(() => child.kill("SIGTERM"), 7 * nth));
    expect((await ended).err).toBe("");
    expect(child.signalCode).toBe("SIGTERM");
  }
  expect(readdirSync(tried)).toEqual([]);
});
