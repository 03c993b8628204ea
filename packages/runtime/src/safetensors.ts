/**
 * The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
 *
 * A file is not trusted: every promise of the header is checked against the file's size before anything is read
 * or mapped. (Specification: huggingface/safetensors, "Format".)
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files/files.ts";

/** Bytes an element, for the types that files of BERTs hold (old ones keep their position ids as I64). */
const elementBytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;
/** How a tensor's numbers are stored. */
export type StorageType = keyof typeof elementBytes;

/** Where one tensor lies. */
export interface StoredTensor {
  readonly file: string;
  readonly dtype: StorageType;
  readonly shape: readonly number[];
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** The format's own limit on the header. */
const MAX_HEADER = 100_000_000;

/**
 * Reads the header of a file and checks all of it.
 *
 * @returns The tensors by name.
 * @throws ClozeError `invalid-model` when the file is truncated, damaged or contradicts itself.
 * @example
 * const files = new NodeFiles("models/my-bert");
 * const size = (await files.list()).files.get("model.safetensors") ?? 0;
 * const tensors = await readHeader(files, "model.safetensors", size);
 * tensors.get("bert.pooler.dense.weight")?.shape; // [16, 16]
 */
export async function readHeader(
  files: Files,
  file: string,
  size: number,
): Promise<Map<string, StoredTensor>> {
  const damaged = complaints(files, file);
  const { json, start } = await readJson(files, file, size);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === METADATA) continue;
    tensors.set(name, checkEntry(file, name, entry, start, damaged));
  }
  let end = start;
  const byPlace = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes); // an empty one first
  for (const [name, { offset, bytes }] of byPlace) {
    if (offset < end) throw damaged(`${name} overlaps the tensor before it`);
    if (offset > end) throw damaged(`${offset - end} bytes before ${name} belong to no tensor`);
    end = offset + bytes;
  }
  if (end !== size) throw damaged(`its tensors end at byte ${end}, but the file has ${size}`);
  return tensors;
}

/**
 * What the header says of the file as a whole: texts by name.
 *
 * @throws ClozeError `invalid-model` when the file is truncated, or its header is damaged.
 * @example
 * const files = new NodeFiles("models/my-bert");
 * const size = (await files.list()).files.get("model.safetensors") ?? 0;
 * await readMetadata(files, "model.safetensors", size); // { format: "pt" }
 */
export async function readMetadata(
  files: Files,
  file: string,
  size: number,
): Promise<Readonly<Record<string, string>>> {
  const metadata = (await readJson(files, file, size)).json[METADATA];
  return typeof metadata === "object" && metadata !== null ? (metadata as Record<string, string>) : {};
}

const METADATA = "__metadata__";

const complaints =
  (files: Files, file: string) =>
  (what: string, cause?: unknown): ClozeError =>
    new ClozeError("invalid-model", `${file} in ${files.location} is damaged: ${what}. Fetch it again.`, {
      cause,
    });

/** The header, and the byte that the tensors begin at. */
async function readJson(
  files: Files,
  file: string,
  size: number,
): Promise<{ json: Readonly<Record<string, unknown>>; start: number }> {
  const damaged = complaints(files, file);
  if (size < 8) throw damaged(`it has ${size} bytes, too few for a header`);
  const prefix = new DataView((await files.read(file, { offset: 0, length: 8 })).buffer);
  const length = prefix.getUint32(0, true) + prefix.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER || length > size - 8)
    throw damaged(`its header promises ${length} bytes, but the file has ${size}`);

  let json: unknown;
  try {
    json = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(await files.read(file, { offset: 8, length })),
    );
  } catch (cause) {
    throw damaged("its header is not JSON", cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw damaged("its header is not an object");

  return { json: json as Record<string, unknown>, start: 8 + length };
}

function checkEntry(
  file: string,
  name: string,
  entry: unknown,
  start: number,
  damaged: (what: string) => ClozeError,
): StoredTensor {
  if (typeof entry !== "object" || entry === null) throw damaged(`${name} is not described`);
  const { dtype, shape, data_offsets: range } = entry as Readonly<Record<string, unknown>>;
  if (!isSizes(shape) || !isSizes(range) || range.length !== 2 || range[0] > range[1])
    throw damaged(`${name} has no proper shape and range`);
  if (!isStorageType(dtype))
    throw new ClozeError(
      "unsupported",
      `${name} in ${file} is stored as ${String(dtype)}, which Cloze does not read.`,
    );
  const bytes = bytesOf(dtype, shape);
  if (bytes !== range[1] - range[0])
    throw damaged(`${name} is [${shape.join()}] of ${dtype}, ${bytes} bytes, but has ${range[1] - range[0]}`);
  return { file, dtype, shape, offset: start + range[0], bytes };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isStorageType(value: unknown): value is StorageType {
  return typeof value === "string" && Object.hasOwn(elementBytes, value);
}

/** A tensor to be written. */
export interface NewTensor {
  readonly name: string;
  readonly dtype: StorageType;
  readonly shape: readonly number[];
  /** Its bytes, little-endian, in chunks of any size; asked for when its turn has come. */
  readonly chunks: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * The bytes of a file, in chunks: the header, then each tensor in the order given, but wider types before narrower
 * ones, as Hugging Face's own writer does: so each begins at a multiple of its element. No more than one chunk is held.
 *
 * @param metadata Texts by name; transformers asks for `format`.
 * @throws ClozeError `internal` when a tensor's chunks are not of its size.
 *
 * @example
 * const weight = { name: "weight", dtype: "F32", shape: [2], chunks: () => [new Uint8Array(8)] } as const;
 * await writeFile("models/new.safetensors", encodeSafetensors([weight]));
 */
export async function* encodeSafetensors(
  tensors: readonly NewTensor[],
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): AsyncGenerator<Uint8Array> {
  const entries: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [[METADATA, metadata]];
  const ordered = tensors.toSorted((a, b) => elementBytes[b.dtype] - elementBytes[a.dtype]);
  let end = 0;
  for (const { name, dtype, shape } of ordered) {
    const start = end;
    end += bytesOf(dtype, shape);
    entries.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }
  yield encodeHeader(JSON.stringify(Object.fromEntries(entries)));
  for (const { name, dtype, shape, chunks } of ordered) {
    let written = 0;
    for await (const chunk of chunks()) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== bytesOf(dtype, shape))
      throw new ClozeError("internal", `${name} should have ${bytesOf(dtype, shape)} bytes, not ${written}.`);
  }
}

/** The length, then the JSON, filled up with spaces so that the tensors begin at a multiple of 8. */
function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return header;
}

function bytesOf(dtype: StorageType, shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, elementBytes[dtype]);
}
