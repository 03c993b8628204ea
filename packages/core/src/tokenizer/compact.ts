/**
 * The compact form of a tokenizer: its automaton, its settings and the hash of its vocabulary in one run of bytes that
 * is used where it lies. `vocab.txt` or `tokenizer.json` stays the source; this is a copy that starts faster.
 *
 * A head of 32-bit numbers (magic, version, checksum of what follows, hash of the vocabulary in two halves, the
 * length of each section) and the sections, each filled up to four bytes. Numbers are in the order of the machine that
 * packed, which is little-endian wherever BERT runs; the magic tells.
 *
 * The checksum finds damage, not malice: take the file from where you would take the model.
 */
import { ClozeError } from "../errors.ts";
import type { TokenizerSettings } from "./settings.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { Vocabulary } from "./vocabulary.ts";

const MAGIC = 0x435a4f4c;
const MAGIC_TURNED = 0x4c4f5a43;
const VERSION = 1;
const CHECKSUM = 2;
const HASH = 3;
const SIZES = 5;
/** Steps and exits of the states, emitted lists, lengths of pieces, astral characters and codes: 32 bits each. */
const WIDE = 5;
/** Codes of the other characters, settings as JSON: 16 bits each. */
const NARROW = 2;
const HEAD = SIZES + WIDE + NARROW;

/**
 * Writes a tokenizer in its compact form, which `Tokenizer.fromCompact` reads. The same tokenizer gives the same bytes.
 *
 * @throws {ClozeError} `unsupported` for a tokenizer with `compat`, which is code.
 * @example
 * const bytes = packTokenizer(Tokenizer.fromFiles({ vocabTxt }));
 */
export function packTokenizer({ vocabulary, settings }: Tokenizer): Uint8Array {
  const { compat, ...told } = settings;
  if (compat)
    throw new ClozeError(
      "unsupported",
      `Text that is read as ${compat.name} does cannot be packed: keep vocab.txt.`,
    );
  const { steps, exits, emitted, lengths, astralCodes, codes } = vocabulary.trie;
  const text = JSON.stringify(told);
  const json = Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  const astral = Int32Array.from([...astralCodes].flat());
  const sections = [steps, exits, emitted, lengths, astral, codes, json];
  const sizes = sections.map(({ byteLength }) => Math.ceil(byteLength / 4));
  const words = new Int32Array(sizes.reduce((sum, size) => sum + size, HEAD));
  const { hash } = vocabulary;
  words.set([MAGIC, VERSION, 0, parseInt(hash.slice(0, 8), 16), parseInt(hash.slice(8), 16)]);
  words.set(
    sections.map(({ length }) => length),
    SIZES,
  );
  let at = HEAD;
  for (const [nth, section] of sections.entries()) {
    const { buffer } = words;
    const target = nth < WIDE ? new Int32Array(buffer, 4 * at) : new Uint16Array(buffer, 4 * at);
    target.set(section);
    at += sizes[nth];
  }
  words[CHECKSUM] = checksum(words);
  return new Uint8Array(words.buffer);
}

/**
 * Reads what `packTokenizer` has written.
 *
 * @throws {ClozeError} `invalid-model` for what `packTokenizer` of this version has not written whole.
 * @example
 * unpackTokenizer(packTokenizer(tokenizer)).vocabulary.size; // 30522
 */
export function unpackTokenizer(bytes: Uint8Array): { vocabulary: Vocabulary; settings: TokenizerSettings } {
  const { buffer, byteOffset, byteLength } = aligned(bytes);
  const words = new Int32Array(buffer, byteOffset, byteLength >> 2);
  if (words[0] === MAGIC_TURNED) throw refuse("was packed on a machine with the other order of bytes");
  if (words[0] !== MAGIC) throw refuse("is no packed tokenizer");
  if (words.length < HEAD) throw refuse("is damaged or not whole");
  if (words[1] !== VERSION) throw refuse("was packed by another version of Cloze");
  const sizes = words.subarray(SIZES, HEAD);
  let end = byteOffset + 4 * HEAD;
  const from = Array.from(sizes, (size, nth) => {
    const start = end;
    end += nth < WIDE ? 4 * size : 4 * Math.ceil(size / 2);
    return start;
  });
  if (end !== byteOffset + byteLength || words[CHECKSUM] !== checksum(words))
    throw refuse("is damaged or not whole");
  const [steps, exits, emitted, lengths, pairs] = from
    .slice(0, WIDE)
    .map((start, nth) => new Int32Array(buffer, start, sizes[nth]));
  const [codes, json] = from
    .slice(WIDE)
    .map((start, nth) => new Uint16Array(buffer, start, sizes[WIDE + nth]));
  const astralCodes = new Map<number, number>();
  for (let nth = 0; nth < pairs.length; nth += 2) astralCodes.set(pairs[nth], pairs[nth + 1]);
  let text = "";
  for (let at = 0; at < json.length; at += 4096) text += String.fromCharCode(...json.subarray(at, at + 4096));
  const hash = Array.from(words.subarray(HASH, SIZES), (half) =>
    (half >>> 0).toString(16).padStart(8, "0"),
  ).join("");
  return {
    vocabulary: Vocabulary.ofTrie({ codes, astralCodes, steps, exits, emitted, lengths }, hash),
    settings: JSON.parse(text) as TokenizerSettings,
  };
}

/** Typed arrays of four bytes a number begin only at multiples of four. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

/** Over everything after the checksum; a changed number always changes it. */
function checksum(words: Int32Array): number {
  let sum = words.length;
  for (let at = CHECKSUM + 1; at < words.length; at++) {
    sum = Math.imul(sum ^ words[at], 0x9e3779b1);
    sum ^= sum >>> 15;
  }
  return sum | 0;
}

function refuse(why: string): ClozeError {
  return new ClozeError("invalid-model", `The compact tokenizer ${why}: pack the vocabulary again.`);
}
