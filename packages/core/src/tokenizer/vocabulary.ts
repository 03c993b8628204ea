/**
 * The pieces that text is split into. A piece's place in the list is its id; nothing here knows what a piece means.
 */
import { ClozeError } from "../errors.ts";

/** An ordered list of distinct pieces. */
export class Vocabulary {
  readonly pieces: readonly string[];
  readonly #ids = new Map<string, number>();

  private constructor(pieces: readonly string[]) {
    this.pieces = pieces;
    for (let id = 0; id < pieces.length; id++) this.#ids.set(pieces[id]!, id);
    if (this.#ids.size !== pieces.length || this.#ids.has("")) refuse(pieces);
  }

  /**
   * Reads a `vocab.txt`: one piece a line. CRLF, a byte order mark and a newline at the end are no part of a piece.
   *
   * @throws {ClozeError} `invalid-vocabulary` for no pieces at all, an empty line or a piece that is there twice.
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
   * @throws {ClozeError} `invalid-vocabulary`, as for `parse`.
   * @example
   * Vocabulary.of(["[UNK]", "a", "##b"]).size; // 3
   */
  static of(pieces: readonly string[]): Vocabulary {
    if (pieces.length === 0)
      throw new ClozeError("invalid-vocabulary", "The vocabulary is empty: it needs one piece a line.");
    return new Vocabulary(pieces);
  }

  get size(): number {
    return this.pieces.length;
  }

  /** The id of a piece, `undefined` if it is not in the vocabulary. */
  id(piece: string): number | undefined {
    return this.#ids.get(piece);
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

function refuse(pieces: readonly string[]): never {
  const seen = new Map<string, number>();
  for (const [id, piece] of pieces.entries()) {
    if (piece === "")
      throw new ClozeError("invalid-vocabulary", `Line ${id + 1} of the vocabulary is empty: remove it.`);
    const first = seen.get(piece);
    if (first !== undefined)
      throw new ClozeError(
        "invalid-vocabulary",
        `The vocabulary has "${piece}" twice, on lines ${first + 1} and ${id + 1}: keep one.`,
      );
    seen.set(piece, id);
  }
  throw new ClozeError("internal", "A vocabulary was refused for no reason: please report it.");
}
