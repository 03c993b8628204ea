/**
 * Words for the blanks of a text: the candidates, and how likely a word is that somebody asks for. Which blanks, and how
 * the words are cased, is the host's matter.
 */
import { ClozeError } from "@cloze/core";
import type { Filling, RunOptions } from "@cloze/core";
import type { Opened } from "./open.ts";

/** Words for all blanks of a text. */
interface Suggestion {
  /** One a blank; what continues a word has lost its `##`. */
  readonly words: readonly string[];
  /** The probability of all together: the product of each one's, given the ones before. */
  readonly score: number;
}

export interface Suggestions {
  /** Best first. */
  readonly suggestions: readonly Suggestion[];
  /** The probability of the words that are there now; `null` where one is unknown. */
  readonly present: number | null;
}

export interface SuggestArgs {
  /** A text with a `[MASK]` at each blank. */
  readonly text: string;
  /** What stands at each blank now; `null` at one that was written as `[MASK]`. */
  readonly present: readonly (string | null)[];
  readonly top: number;
}

const MASK = "[MASK]";
/** Of one blank, so many candidates are read before those that are no words are left out. */
const CANDIDATES = 64;
/** A search over several blanks runs a row a blank and filling, so it reads fewer, and shorter windows. */
const SPARE_FILLINGS = 4;
const SHORT_WINDOW = 256;

/** Whole words for words, anything for a literal mask. */
export async function suggest(
  { bert }: Opened,
  { text, present, top }: SuggestArgs,
  run: RunOptions,
): Promise<Suggestions> {
  const several = present.length > 1;
  const { fillings = [] } = await bert.fill(text, {
    joint: true,
    top: several ? top + SPARE_FILLINGS : Math.max(top, CANDIDATES),
    ...(several && { maxLength: Math.min(SHORT_WINDOW, bert.config.maxPositions) }),
    ...run,
  });
  const suggestions = fillings
    .filter(({ tokens }) => tokens.every((token, i) => replaces(token, present[i])))
    .slice(0, top)
    .map(({ tokens, score }) => ({ words: tokens.map((token) => token.replace(/^##/, "")), score }));
  const words = present.filter((word) => word !== null);
  if (words.length < present.length) return { suggestions, present: null };
  const same = ({ tokens }: Filling) =>
    tokens.every((token, i) => token === words[i] || token === words[i].toLowerCase());
  const found = fillings.find(same);
  return { suggestions, present: found ? found.score : await likelihood({ bert }, { text, words }, run) };
}

/** How likely these words are at the blanks of a text; `null` where the vocabulary has no pieces for one. */
export async function likelihood(
  { bert }: Pick<Opened, "bert">,
  { text, words }: { readonly text: string; readonly words: readonly string[] },
  run: RunOptions,
): Promise<number | null> {
  const [begin, ...parts] = text.split(MASK);
  let score = 1;
  let before = begin; // with the words so far
  for (const [i, word] of words.entries()) {
    const rest = parts.slice(i);
    try {
      const { masks } = await bert.fill([before, ...rest].join(MASK), {
        targets: [word],
        pieces: rest.length === 1,
        ...run,
      });
      score *= masks[0].predictions[0].score;
    } catch (error) {
      if (error instanceof ClozeError && error.field === "targets") return null;
      throw error;
    }
    before += word + rest[0];
  }
  return score;
}

function replaces(token: string, present: string | null): boolean {
  if (present === null) return true;
  return /^\p{Script=Han}+$/u.test(present) ? /^\p{Script=Han}/u.test(token) : /^[\p{L}\p{N}]/u.test(token);
}
