/**
 * The pieces that text is split into. A piece's place in the list is its id; nothing here knows what a piece means.
 */
import { ClozeError } from "../errors.ts";
import { buildTrie, findPiece, listPieces, type Trie } from "./trie.ts";

const NONE: ReadonlyMap<string, number> = new Map();

/**
 * An ordered list of distinct pieces.
 *
 * @example
 * const vocabulary = Vocabulary.parse(vocabTxt);
 * vocabulary.id("film"); // 2143
 * vocabulary.piece(2143); // "film"
 */
export class Vocabulary {
  readonly size: number;
  /** The automaton that splits words; it has no pieces that were put beside. */
  readonly trie: Trie;
  readonly #beside: ReadonlyMap<string, number>;
  #pieces: readonly string[] | undefined;
  #hash: string | undefined;

  private constructor(
    trie: Trie,
    beside: ReadonlyMap<string, number>,
    pieces?: readonly string[],
    hash?: string,
  ) {
    this.trie = trie;
    this.#beside = beside;
    this.size = trie.lengths.length + beside.size;
    this.#pieces = pieces;
    this.#hash = hash;
  }

  /**
   * Reads a `vocab.txt`: one piece a line. CRLF, a byte order mark and a newline at the end are no part of a piece.
   *
   * @throws {ClozeError} as `of`; `invalid-vocabulary` for an empty line.
   * @example
   * Vocabulary.parse("[UNK]\nun\n##able\n").id("##able"); // 2
   */
  static parse(vocabTxt: string): Vocabulary {
    const text = vocabTxt.charCodeAt(0) === 0xfeff ? vocabTxt.slice(1) : vocabTxt;
    const lines = text.split(text.includes("\r") ? /\r?\n/ : "\n");
    while (lines.at(-1) === "") lines.pop();
    return Vocabulary.of(lines);
  }

  /**
   * Builds the automaton of the pieces: some tens of milliseconds, so once per program and not per request.
   *
   * @throws {ClozeError} `invalid-vocabulary` for no pieces at all, an empty piece or one that is there twice;
   * `unsupported` for more than 65,000 different characters.
   * @example
   * Vocabulary.of(["[UNK]", "a", "##b"]).size; // 3
   */
  static of(pieces: readonly string[]): Vocabulary {
    if (pieces.length === 0)
      throw new ClozeError("invalid-vocabulary", "The vocabulary is empty: it needs one piece a line.");
    return new Vocabulary(buildTrie(pieces), NONE, pieces);
  }

  /** The vocabulary of an automaton that is there already: its pieces become strings when they are asked for. */
  static ofTrie(trie: Trie, hash: string): Vocabulary {
    return new Vocabulary(trie, NONE, undefined, hash);
  }

  /**
   * This vocabulary with more pieces beside it, which no word is split into.
   *
   * @throws {ClozeError} `invalid-vocabulary` for a piece that is there already.
   */
  with(pieces: readonly string[]): Vocabulary {
    const beside = new Map(this.#beside);
    for (const piece of pieces) {
      if (beside.has(piece) || this.id(piece) !== undefined)
        throw new ClozeError("invalid-vocabulary", `The vocabulary has "${piece}" already: add it once.`);
      beside.set(piece, this.trie.lengths.length + beside.size);
    }
    return new Vocabulary(this.trie, beside, undefined, this.#hash);
  }

  get pieces(): readonly string[] {
    return (this.#pieces ??= [...listPieces(this.trie), ...this.#beside.keys()]);
  }

  /** 16 hexadecimal digits that tell vocabularies apart, whatever file they came from; of what `trie` has. */
  get hash(): string {
    return (this.#hash ??= hashPieces(this.pieces, this.trie.lengths.length));
  }

  /** The id of a piece, `undefined` if it is not in the vocabulary. */
  id(piece: string): number | undefined {
    return findPiece(this.trie, piece) ?? this.#beside.get(piece);
  }

  /**
   * @throws {ClozeError} `invalid-input` for an id that the vocabulary does not have.
   */
  piece(id: number): string {
    const piece = this.pieces[id];
    if (piece === undefined)
      throw new ClozeError(
        "invalid-input",
        `There is no piece ${id}: the vocabulary has ids 0 to ${this.size - 1}.`,
      );
    return piece;
  }
}

/** Two hashes of 32 bits over all UTF-16 units, each piece with a number after it that no unit has. */
function hashPieces(pieces: readonly string[], count: number): string {
  let one = 0x811c9dc5;
  let two = 0x9747b28c;
  for (let id = 0; id < count; id++) {
    const piece = pieces[id];
    for (let at = 0; at <= piece.length; at++) {
      const unit = at < piece.length ? piece.charCodeAt(at) : 0x10000;
      one = Math.imul(one ^ unit, 0x01000193);
      two = Math.imul(two ^ unit, 0x5bd1e995);
      two ^= two >>> 15;
    }
  }
  return [one, two].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
