/**
 * Merging pairs of neighbouring pieces, the best pair first (byte-pair encoding, Sennrich et al., 2016; WordPiece,
 * Schuster and Nakajima, 2012). Counts are kept up to date merge by merge: only words that hold the pair are visited,
 * and a queue is corrected where its scores turn out to be old.
 */
import type { SpelledWords } from "./alphabet.ts";
import { PairTable } from "./pairs.ts";
import { PairQueue } from "./queue.ts";
import { SymbolCounts } from "./symbol-counts.ts";

/**
 * `frequency`: how often the pair occurs. `likelihood`: count(ab) / (count(a) · count(b)), how much more often than
 * its parts would meet by chance.
 */
export type PairScore = "frequency" | "likelihood";

/**
 * The pairs of a corpus. Equal scores are told apart by ids, the left piece's first and then the right one's, lower
 * ones first: as in Hugging Face's trainer, whose ids of the alphabet's `##` characters differ from run to run.
 */
export class Merges {
  readonly #pairs: PairTable;
  readonly #symbols: Int32Array;
  readonly #starts: Int32Array;
  /** How many symbols each word has left; they lie from its start on. */
  readonly #lengths: Int32Array;
  readonly #wordCounts: Float64Array;
  readonly #queue: PairQueue;
  readonly #minFrequency: number;
  /** Only pairs that occur as often are in the queue. */
  #floor: number;
  /** For the score `likelihood`. */
  readonly #parts: SymbolCounts | undefined;
  #best = 0;

  /** How often each piece was found left or right of the pair under way. */
  readonly #lefts: Neighbours;
  readonly #rights: Neighbours;

  /** @param size Ids are less than this. */
  constructor(words: SpelledWords, size: number, score: PairScore, minFrequency: number) {
    const { symbols, starts, counts } = words;
    const pairs = (this.#pairs = new PairTable(symbols.length));
    this.#symbols = symbols;
    this.#starts = starts;
    this.#wordCounts = counts;
    this.#minFrequency = minFrequency;
    this.#lengths = new Int32Array(counts.length);
    this.#lefts = new Neighbours(size);
    this.#rights = new Neighbours(size);
    this.#queue = new PairQueue(
      (one, other) =>
        pairs.left[one] < pairs.left[other] ||
        (pairs.left[one] === pairs.left[other] && pairs.right[one] < pairs.right[other]),
    );
    for (let word = 0; word < counts.length; word++) {
      const last = starts[word + 1] - 1;
      this.#lengths[word] = last + 1 - starts[word];
      for (let at = starts[word]; at < last; at++) {
        const pair = pairs.index(symbols[at], symbols[at + 1]);
        pairs.counts[pair] += counts[word];
        pairs.addWord(pair, word);
      }
    }
    this.#parts = score === "likelihood" ? new SymbolCounts(words, pairs, size) : undefined;
    let most = 1;
    for (let pair = 1; pair < pairs.size; pair++) most = Math.max(most, pairs.counts[pair]);
    this.#floor = 2 ** (Math.floor(Math.log2(most)) + 1);
  }

  /** The pair to merge next, by the ids of its pieces; `undefined` when none is frequent enough. */
  best(): { readonly left: number; readonly right: number } | undefined {
    const { left, right, counts } = this.#pairs;
    do {
      while (this.#queue.size > 0) {
        const { topScore } = this.#queue;
        const pair = this.#queue.pop();
        if (!this.#pairs.hasWords(pair) || counts[pair] < this.#floor) continue;
        if (this.#score(pair) === topScore) {
          this.#best = pair;
          return { left: left[pair], right: right[pair] };
        }
        this.#push(pair);
      }
    } while (this.#lowerFloor());
    return undefined;
  }

  /**
   * Halves the floor. For `frequency` that keeps the queue short and changes nothing; for `likelihood` it is what
   * keeps the score sane: it likes rare pieces best, and a pair has its turn only among pairs about as frequent.
   */
  #lowerFloor(): boolean {
    if (this.#floor <= this.#minFrequency) return false;
    this.#floor = Math.max(this.#minFrequency, this.#floor / 2);
    for (let pair = 1; pair < this.#pairs.size; pair++) if (this.#pairs.hasWords(pair)) this.#push(pair);
    return true;
  }

  #push(pair: number): void {
    if (this.#pairs.counts[pair] >= this.#floor) this.#queue.push(pair, this.#score(pair));
  }

  #score(pair: number): number {
    return this.#parts === undefined ? this.#pairs.counts[pair] : this.#parts.score(pair);
  }

  /** Makes one piece of the best pair wherever it occurs. */
  merge(into: number): void {
    const pairs = this.#pairs;
    const best = this.#best;
    const [left, right] = [pairs.left[best], pairs.right[best]];
    let times = 0;
    for (let word = pairs.takeWord(best); word >= 0; word = pairs.takeWord(best))
      times += this.#mergeIn(word, left, right, into);

    // The pair keeps its own count: should it come up again, because another pair gives the same piece, it is merged
    // again at once. So does Hugging Face's trainer.
    this.#lefts.each((symbol, count) => (pairs.counts[pairs.index(symbol, into)] += count));
    this.#rights.each((symbol, count) => (pairs.counts[pairs.index(into, symbol)] += count));
    this.#lefts.each((symbol, count) => pairs.lessen(pairs.index(symbol, left), count));
    this.#rights.each((symbol, count) => pairs.lessen(pairs.index(right, symbol), count));
    const risen = this.#parts?.merge(best, into, times) ?? [];
    for (const pair of risen) if (pairs.hasWords(pair)) this.#push(pair);
    this.#lefts.clear((symbol) => this.#push(pairs.index(symbol, into)));
    this.#rights.clear((symbol) => this.#push(pairs.index(into, symbol)));
  }

  /** Merges a pair in one word and returns how often it was there, in all occurrences of the word. */
  #mergeIn(word: number, left: number, right: number, into: number): number {
    const symbols = this.#symbols;
    const count = this.#wordCounts[word];
    const start = this.#starts[word];
    const end = start + this.#lengths[word];
    let times = 0;
    let to = start;
    for (let at = start; at < end; at++) {
      if (symbols[at] !== left || at + 1 === end || symbols[at + 1] !== right) {
        symbols[to++] = symbols[at]!;
        continue;
      }
      at++;
      times += count;
      if (to > start) {
        this.#lefts.add(symbols[to - 1], count);
        this.#pairs.addWord(this.#pairs.index(symbols[to - 1], into), word);
      }
      if (at + 1 < end) {
        this.#rights.add(symbols[at + 1], count);
        this.#pairs.addWord(this.#pairs.index(into, symbols[at + 1]), word);
      }
      symbols[to++] = into;
    }
    this.#lengths[word] = to - start;
    return times;
  }
}

/** Counts by symbol, dense, with a list of those that are not zero. */
class Neighbours {
  readonly #counts: Float64Array;
  readonly #touched: number[] = [];

  constructor(size: number) {
    this.#counts = new Float64Array(size);
  }

  add(symbol: number, count: number): void {
    if (this.#counts[symbol] === 0) this.#touched.push(symbol);
    this.#counts[symbol] += count;
  }

  each(visit: (symbol: number, count: number) => void): void {
    for (const symbol of this.#touched) visit(symbol, this.#counts[symbol]);
  }

  clear(visit: (symbol: number) => void): void {
    for (const symbol of this.#touched) {
      this.#counts[symbol] = 0;
      visit(symbol);
    }
    this.#touched.length = 0;
  }
}
