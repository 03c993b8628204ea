/**
 * A folder in one file: a zip, such as a `.cloze` file is. Read and written in memory: plugins are small.
 *
 * By hand, since it must run in a Worker, before strangers' files: zip libraries keep a pool of tasks, where one
 * request waits on what another began, and take an entry's own word for its size. (Specification: PKWARE's APPNOTE,
 * 4.3; without zip64, encryption and several disks, which no plugin has.)
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files.ts";
import { MemoryFiles } from "./memory.ts";

/** How much a zip may hold: a guard against a small file that unpacks to a huge one. */
export interface ZipLimits {
  /** The most bytes that it may unpack to. */
  readonly bytes: number;
  /** The most files and folders in it. */
  readonly entries: number;
}

/** More than any head has. */
const usualLimits: ZipLimits = { bytes: 2 ** 28, entries: 1024 };

interface Entry {
  readonly name: string;
  readonly deflated: boolean;
  readonly checksum: number;
  /** Where it begins in the file: its own header, and behind that its bytes. */
  readonly offset: number;
  readonly packed: number;
  readonly size: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const PIECE_BYTES = 2 ** 14;

/**
 * Opens a zip. Every file in it is checked against its checksum.
 *
 * @param bytes The whole file.
 * @param location What it is called in messages.
 * @throws ClozeError `invalid-plugin` for what is no zip, is damaged or too large.
 * @example
 * const files = await openZip(packZip(new Map([["plugin.json", "{}"]])), "moods.cloze");
 * await files.list(); // { files: Map { "plugin.json" => 2 }, folders: [] }
 */
export async function openZip(
  bytes: Uint8Array,
  location: string,
  limits: ZipLimits = usualLimits,
): Promise<Files> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  try {
    const entries = readDirectory(bytes, limits).filter(({ name }) => !name.endsWith("/"));
    // Whoever zips a folder rather than what is in it gets one folder more.
    const root = entries.map(({ name }) => /^(?:[^/]+\/)?(?=plugin\.json$)/.exec(name)?.[0]);
    const below = root.filter((folder) => folder !== undefined).sort((a, b) => a.length - b.length)[0] ?? "";
    for (const entry of entries) {
      if (!entry.name.startsWith(below)) continue;
      const name = entry.name.slice(below.length);
      if (files.has(name)) throw new RangeError(`it has two files ${name}`);
      files.set(name, await unpack(bytes, entry));
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClozeError(
      "invalid-plugin",
      `${location} is no plugin in one file (a zip), or is damaged: ${why}.`,
      { cause },
    );
  }
  return new MemoryFiles(files, location);
}

/** Reads the directory at the end of the file, and refuses what would be too much before any of it is unpacked. */
function readDirectory(bytes: Uint8Array, limits: ZipLimits): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  if (count > limits.entries) throw new RangeError(`it holds more than ${limits.entries} files`);
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let nth = 0; nth < count; nth++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw new RangeError("its directory is torn");
    const method = view.getUint16(at + 10, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw new RangeError(`${name} is encrypted`);
    if (method !== 0 && method !== 8) throw new RangeError(`${name} is packed by method ${method}`);
    total += size;
    if (total > limits.bytes) throw new RangeError(`it unpacks to more than ${limits.bytes} bytes`);
    entries.push({
      name,
      deflated: method === 8,
      checksum: view.getUint32(at + 16, true),
      offset: view.getUint32(at + 42, true),
      packed,
      size,
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** The record that ends the file; a comment may follow it. */
function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--)
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  throw new RangeError("it does not end as one");
}

async function unpack(bytes: Uint8Array, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { name, offset, packed, size } = entry;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL)
    throw new RangeError(`${name} is not where its directory says`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length) throw new RangeError(`${name} is cut off`);
  const stored = new Uint8Array(bytes.subarray(start, start + packed)); // a copy, which slice of Node's Buffer is not
  const data = entry.deflated ? await inflate(stored, entry) : stored;
  if (data.length !== size) throw new RangeError(`${name} has ${data.length} bytes, not ${size}`);
  if (crc32(data) !== entry.checksum) throw new RangeError(`${name} does not have its checksum`);
  return data;
}

/** Unpacks no more than the directory promised, whatever is packed there. */
async function inflate(
  stored: Uint8Array<ArrayBuffer>,
  { name, size }: Entry,
): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(size);
  let length = 0;
  const chunks = inPieces(stored).pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  for (;;) {
    const { done, value } = await chunks.read();
    if (done) return data.subarray(0, length);
    if (length + value.length > size) {
      await chunks.cancel().catch(() => {}); // what it complains of is of no interest any more
      throw new RangeError(`${name} has more than its ${size} bytes`);
    }
    data.set(value, length);
    length += value.length;
  }
}

/**
 * Bytes a piece at a time, and none before it is asked for: workerd unpacks a piece whole, up to a thousand times its
 * size, before it gives the first byte of it.
 */
function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at === bytes.length) return controller.close();
        const piece = bytes.slice(at, at + PIECE_BYTES);
        at += piece.length;
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Packs files into a zip, in the order of their names and without the time: the same files give the same bytes. They
 * are stored as they are, since trained weights hardly shrink.
 *
 * @param files Contents by path.
 * @example
 * const parts = new Map<string, string | Uint8Array>([["plugin.json", "{}"], ["head.safetensors", new Uint8Array(8)]]);
 * await writeFile("moods.cloze", packZip(parts));
 */
export function packZip(files: ReadonlyMap<string, string | Uint8Array>): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = text.encode(path);
    const data = typeof content === "string" ? text.encode(content) : content;
    // Version 2.0, names in UTF-8, stored, 1980-01-01: shared by both headers of a file.
    const shared = [20, 0x800, 0, 0, 0x21].flatMap(short);
    shared.push(...[crc32(data), data.length, data.length].flatMap(long), ...short(name.length), ...short(0));
    const local = Uint8Array.from([...long(LOCAL), ...shared, ...name]);
    const rest = [...[0, 0, 0].flatMap(short), ...long(0), ...long(offset)];
    directory.push(Uint8Array.from([...long(CENTRAL), ...short(20), ...shared, ...rest, ...name]));
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = [
    ...long(END),
    ...[0, 0, files.size, files.size].flatMap(short),
    ...[size, offset].flatMap(long),
    ...short(0),
  ];
  return joined([...parts, ...directory, Uint8Array.from(end)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const short = (n: number): number[] => [n & 255, (n >>> 8) & 255];
const long = (n: number): number[] => [...short(n & 0xffff), ...short(n >>> 16)];

let crcTable: Uint32Array | undefined;

/** CRC-32 as zip has it (ISO 3309): the polynomial 0xedb88320, bits reversed. */
function crc32(data: Uint8Array): number {
  const table = (crcTable ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
    return c;
  }));
  let crc = 0xffffffff;
  for (let i = 0; i < data.length; i++) crc = table[(crc ^ data[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
