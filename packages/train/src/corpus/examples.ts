/**
 * Between documents and batches: what examples are made of, and examples one after the other in typed arrays.
 */
import type { SpecialTokens } from "@cloze/core";
import { withRoom } from "./room.ts";

/** Some sentences of a document. */
export interface Sentences {
  /** Their tokens, one sentence after the other; none is empty. */
  readonly ids: Uint16Array | Uint32Array;
  /** Where each sentence ends in `ids`. */
  readonly ends: Uint32Array;
}

/** Documents of sentences of tokens. */
export interface Documents {
  /** How many there are. */
  readonly documents: number;
  /** How many sentences a document has; at least one. */
  sentences(document: number): number;
  /** The sentences from one on, until they have so many tokens or the document ends; at least one. */
  read(document: number, from?: number, tokens?: number): Sentences;
}

/** How long examples are. */
export interface SegmentOptions {
  /** Tokens of an example at most, special tokens among them. */
  readonly length: number;
  /** How often an example is made for a length drawn at random instead, so that the model knows short ones. */
  readonly shortProbability: number;
  readonly specials: Pick<SpecialTokens, "cls" | "sep">;
}

/** Examples, one after the other. Example `n` is `ids[starts[n] … starts[n + 1])`; its masks likewise. */
export class Examples {
  count = 0;
  ids = new Int32Array(1 << 12);
  starts = new Uint32Array(1 << 6);
  /** How many tokens of each belong to the first segment. */
  firsts = new Uint32Array(1 << 6);
  /** 1 where the second segment does not follow the first one. */
  random = new Uint8Array(1 << 6);
  /** The masks of all: their places in the example, what was there, and where each example's begin. */
  positions = new Int32Array(1 << 10);
  labels = new Int32Array(1 << 10);
  maskStarts = new Uint32Array(1 << 6);

  /** Begins an example: there is room for `length` tokens in `ids` from the place that it returns. */
  begin(length: number): number {
    const start = this.starts[this.count];
    this.ids = withRoom(this.ids, start + length);
    return start;
  }

  /** Ends the example that was begun. */
  end(length: number, first: number, random: boolean): void {
    const { count } = this;
    this.starts = withRoom(this.starts, count + 2);
    this.firsts = withRoom(this.firsts, count + 1);
    this.random = withRoom(this.random, count + 1);
    this.starts[count + 1] = this.starts[count] + length;
    this.firsts[count] = first;
    this.random[count] = random ? 1 : 0;
    this.count++;
  }

  /** How many tokens an example has. */
  length(example: number): number {
    return this.starts[example + 1] - this.starts[example];
  }
}
