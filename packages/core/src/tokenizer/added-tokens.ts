/**
 * Tokens that are found in the text as they stand, before it is split into words: `[MASK]` and its kin, and whatever
 * was added to a vocabulary later. Among those that begin at one place the longest is taken.
 */
import { isWhitespace, isWord } from "./unicode.ts";

/** A token found in the text as it stands. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Left out by `decode`. Default: false. */
  readonly special?: boolean;
  /** Not found inside a longer word. Default: false. */
  readonly singleWord?: boolean;
  /** Takes the white space before it. Default: false. */
  readonly lstrip?: boolean;
  /** Takes the white space after it. Default: false. */
  readonly rstrip?: boolean;
  /** Sought in the normalised text instead of the text as given. Default: what `special` is not. */
  readonly normalized?: boolean;
}

/** Finds added tokens from left to right; `id`, `start` and `end` say what `next` found. */
export class AddedTokenFinder {
  id = 0;
  start = 0;
  end = 0;

  readonly #heads: readonly string[];
  /** By first unit, longest first. */
  readonly #byHead: readonly (readonly AddedToken[])[];
  /** Where each first unit comes next, so that no stretch of the text is searched twice for it. */
  readonly #nextOf: Int32Array;
  #text = "";
  #from = 0;
  /** The run of blanks that was read last. */
  #blankFrom = 0;
  #blankTo = -1;

  /** @param tokens Their contents as they are to be sought. */
  constructor(tokens: readonly AddedToken[]) {
    this.#heads = [...new Set(tokens.map((token) => token.content.charAt(0)))];
    this.#byHead = this.#heads.map((head) =>
      tokens
        .filter((token) => token.content.charAt(0) === head)
        .sort((one, other) => other.content.length - one.content.length),
    );
    this.#nextOf = new Int32Array(this.#heads.length);
  }

  /** Begins a search; false when the text cannot have any. */
  search(text: string): boolean {
    let head = 0;
    while (head < this.#heads.length && !text.includes(this.#heads[head])) head++;
    if (head === this.#heads.length) return false;
    this.#text = text;
    this.#from = this.start = this.end = 0;
    this.#nextOf.fill(-1);
    this.#blankTo = -1;
    return true;
  }

  /** Goes on to the next token; false when there is none, and the text is let go. */
  next(): boolean {
    for (let head = this.#nearest(); head >= 0; head = this.#nearest()) {
      const at = this.#nextOf[head];
      const token = this.#longestAt(head, at);
      this.#from = at + (token?.content.length ?? 1);
      if (token !== undefined && this.#accept(token, at)) return true;
    }
    this.#text = "";
    return false;
  }

  #longestAt(head: number, at: number): AddedToken | undefined {
    const tokens = this.#byHead[head];
    let nth = 0; // and no iterator, which would be the only thing that tokenizing allocates
    while (nth < tokens.length && !this.#text.startsWith(tokens[nth].content, at)) nth++;
    return tokens[nth];
  }

  /** The first unit that comes soonest, or -1. */
  #nearest(): number {
    let nearest = -1;
    for (let head = 0; head < this.#nextOf.length; head++) {
      if (this.#nextOf[head] < this.#from) {
        const at = this.#text.indexOf(this.#heads[head], this.#from);
        this.#nextOf[head] = at < 0 ? this.#text.length : at;
      }
      if (this.#nextOf[head] < (nearest < 0 ? this.#text.length : this.#nextOf[nearest])) nearest = head;
    }
    return nearest;
  }

  #accept(token: AddedToken, at: number): boolean {
    const text = this.#text;
    let start = at;
    let end = this.#from;
    if (token.singleWord && (isWord(pointBefore(text, start)) || isWord(text.codePointAt(end) ?? 0)))
      return false;
    if (token.lstrip) {
      while (start > this.end && isWhitespace(text.charCodeAt(start - 1))) start--;
      start = Math.max(start, this.end);
    }
    if (token.rstrip) {
      // A token before may have been stripped over this one: the same blanks are not read again.
      if (end >= this.#blankFrom && end <= this.#blankTo) end = this.#blankTo;
      else {
        this.#blankFrom = end;
        while (end < text.length && isWhitespace(text.charCodeAt(end))) end++;
        this.#blankTo = end;
      }
    }
    this.id = token.id;
    this.start = start;
    this.end = end;
    return start < end; // nothing is left of white space that the token before has taken
  }
}

function pointBefore(text: string, index: number): number {
  const pair = index > 1 ? text.codePointAt(index - 2)! : 0;
  return pair > 0xffff ? pair : index > 0 ? text.charCodeAt(index - 1) : 0;
}
