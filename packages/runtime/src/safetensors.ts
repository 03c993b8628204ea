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
 */
export async function readHeader(
  files: Files,
  file: string,
  size: number,
): Promise<Map<string, StoredTensor>> {
  const damaged = (what: string, cause?: unknown): ClozeError =>
    new ClozeError("invalid-model", `${file} in ${files.location} is damaged: ${what}. Fetch it again.`, {
      cause,
    });
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

  const start = 8 + length;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    tensors.set(name, checkEntry(file, name, entry, start, damaged));
  }
  let end = start;
  for (const [name, { offset, bytes }] of [...tensors].sort(([, a], [, b]) => a.offset - b.offset)) {
    if (offset < end) throw damaged(`${name} overlaps the tensor before it`);
    if (offset > end) throw damaged(`${offset - end} bytes before ${name} belong to no tensor`);
    end = offset + bytes;
  }
  if (end !== size) throw damaged(`its tensors end at byte ${end}, but the file has ${size}`);
  return tensors;
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
  const bytes = shape.reduce((a, b) => a * b, elementBytes[dtype]);
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
