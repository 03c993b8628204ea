/**
 * What the model reads of a text, piece by piece.
 */
import type { TextInput } from "@cloze/core";
import type { Opened } from "./open.ts";

/** A text, or a pair, as `[CLS] a [SEP] b [SEP]`. All lists speak of the same tokens, in order. */
export interface Tokenized {
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  readonly segments: readonly number[];
  /** [start, end) of each token in UTF-16 units of its text; of the tokens put around the texts 0, 0. */
  readonly offsets: readonly (readonly [number, number])[];
  /** The places of the tokens put around the texts, and of those that stand for what the vocabulary lacks. */
  readonly specials: readonly number[];
  readonly unknown: readonly number[];
  /** How many tokens the texts have with those around them, and how many of them the model takes. */
  readonly total: number;
  readonly maxLength: number;
  readonly truncated: boolean;
}

export async function tokens({ bert }: Opened, { text, pair }: TextInput): Promise<Tokenized> {
  const { tokenizer, config } = bert;
  const maxLength = config.maxPositions;
  const { ids, segments, offsets, truncated, sources } = tokenizer.encode(
    pair === undefined ? { text } : { text, pair },
    { maxLength },
  );
  const places = Array.from(ids.keys());
  return {
    tokens: Array.from(ids, (id) => tokenizer.vocabulary.piece(id)),
    ids: [...ids],
    segments: [...segments],
    offsets: places.map((i) => [offsets[2 * i], offsets[2 * i + 1]]),
    specials: places.filter((i) => offsets[2 * i + 1] === 0),
    unknown: places.filter((i) => ids[i] === tokenizer.specials.unk),
    total: sources.reduce((sum, { tokens: all }) => sum + all.ids.length, sources.length + 1),
    maxLength,
    truncated,
  };
}
