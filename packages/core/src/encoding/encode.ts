/**
 * From texts to encodings: tokenizes, cuts to a length or into windows, and puts the special tokens round.
 *
 * The tokenizer's methods of the same names call these; how they are documented to users stands there.
 */
import { ClozeError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type Encoding, join, type Slice, SPECIALS_PAIR, SPECIALS_SINGLE, whole } from "./encoding.ts";
import { type Direction, keptOfFirst, type Truncation } from "./truncation.ts";
import { usualOverlap, windows } from "./windows.ts";

/** One text, or a pair of texts. */
export interface TextInput {
  readonly text: string;
  readonly pair?: string;
}

/** How a text or a pair becomes an encoding. */
export interface EncodeOptions {
  /** The most tokens, special ones included. Default: no limit. */
  readonly maxLength?: number | undefined;
  /** Which text is cut when they do not fit. Default: "longest-first", of windows the last text alone. */
  readonly truncation?: Truncation | undefined;
  /** The end at which it is cut. Default: "right". */
  readonly direction?: Direction | undefined;
  /** Puts `[CLS]` and `[SEP]` round the texts. Default: true. */
  readonly specials?: boolean | undefined;
}

/** How a text that is too long is cut into windows. */
export interface WindowOptions extends EncodeOptions {
  readonly maxLength: number;
  /** Tokens that a window shares with the next. Default: 128, or half of the room if that is less. */
  readonly overlap?: number | undefined;
}

const ofOne: readonly Truncation[] = ["longest-first", "only-first"];
const ofTwo: readonly Truncation[] = [...ofOne, "only-second"];

/** More than any text has, and still a small integer, which costs nothing to pass on. */
const NO_LIMIT = 2 ** 30 - 1;

/** How many special tokens stand round the texts. */
export function specialsAround(paired: boolean, { specials }: EncodeOptions): number {
  return specials === false ? 0 : paired ? SPECIALS_PAIR : SPECIALS_SINGLE;
}

/** How many tokens of the texts fit; refuses options that cannot be met, whatever the texts. */
export function roomFor(paired: boolean, options: EncodeOptions): number {
  const { maxLength = Infinity, truncation = "longest-first" } = options;
  const around = specialsAround(paired, options);
  if (!(maxLength === Infinity || (Number.isInteger(maxLength) && maxLength >= around)))
    throw new ClozeError(
      "invalid-option",
      `maxLength is ${maxLength}: give a whole number from ${around}, which the special tokens take.`,
      { field: "maxLength" },
    );
  const known = paired ? ofTwo : ofOne;
  if (!known.includes(truncation))
    throw new ClozeError("invalid-option", `truncation should be one of ${known.join(", ")}.`, {
      field: "truncation",
    });
  return maxLength < NO_LIMIT ? maxLength - around : NO_LIMIT;
}

export function encode(tokenizer: Tokenizer, input: string | TextInput, options: EncodeOptions): Encoding {
  const { text, pair }: TextInput = typeof input === "string" ? { text: input } : input;
  const room = roomFor(pair !== undefined, options);
  const a = whole(tokenizer.tokenize(text));
  const b = pair === undefined ? undefined : whole(tokenizer.tokenize(pair));
  const lengthB = b?.count ?? 0;
  const first = keptOfFirst(a.count, lengthB, room, options.truncation ?? "longest-first");
  const second = Math.min(lengthB, room - first);
  return join(
    options.specials === false ? undefined : tokenizer.specials,
    cut(a, first, options),
    b && cut(b, second, options),
    first < a.count || second < lengthB,
  );
}

function cut({ tokens, count }: Slice, kept: number, { direction }: EncodeOptions): Slice {
  return { tokens, first: direction === "left" ? count - kept : 0, count: kept };
}

export function encodeWindows(
  tokenizer: Tokenizer,
  input: string | TextInput,
  { overlap, ...options }: WindowOptions,
): Encoding[] {
  const { text, pair }: TextInput = typeof input === "string" ? { text: input } : input;
  const room = roomFor(pair !== undefined, options);
  const { truncation = pair === undefined ? "only-first" : "only-second" } = options;
  if (pair !== undefined && truncation === "longest-first")
    throw new ClozeError(
      "invalid-option",
      "Windows are cut from one text: choose only-first or only-second.",
      {
        field: "truncation",
      },
    );
  const specials = options.specials === false ? undefined : tokenizer.specials;
  const a = whole(tokenizer.tokenize(text));
  const b = pair === undefined ? undefined : whole(tokenizer.tokenize(pair));
  const long = b && truncation === "only-second" ? b : a;
  const left = room - (b ? a.count + b.count - long.count : 0);
  return windows(long.count, left, overlap ?? usualOverlap(left), options.direction).map((window) => {
    const part = { ...long, ...window };
    return long === a ? join(specials, part, b) : join(specials, a, part);
  });
}
