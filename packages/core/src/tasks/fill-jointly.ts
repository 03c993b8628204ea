/**
 * Filling all masks of a text together: a beam search from left to right, each mask seeing what the ones before it were
 * filled with.
 */
import { chooseCandidates } from "../heads/masked-lm.ts";
import type { Candidate } from "../heads/masked-lm.ts";
import type { Tokenizer } from "../tokenizer/index.ts";
import type { Filling } from "./fill-mask.ts";
import type { MaskedText, RunMasked } from "./masked-text.ts";

/** What the first masks are filled with, and the log probability of that. */
interface Beam {
  readonly pieces: readonly number[];
  readonly score: number;
}

/** What a piece can be in a text; a special token is neither. */
const BEGINS_WORD = 1;
const CONTINUES_WORD = 2;

/** A beam search over the fillings of texts, all texts mask by mask together. */
export class JointSearch {
  readonly #tokenizer: Tokenizer;
  /** How many fillings are kept. */
  readonly #width: number;
  /** By id. */
  readonly #kinds: Uint8Array;
  /** By kind, how many pieces there are. */
  readonly #counts = [0, 0, 0];

  constructor(tokenizer: Tokenizer, width: number) {
    this.#tokenizer = tokenizer;
    this.#width = width;
    const special = new Set<number | undefined>(Object.values(tokenizer.specials));
    this.#kinds = Uint8Array.from(tokenizer.vocabulary.pieces, (piece, id) =>
      special.has(id) ? 0 : piece.startsWith("##") ? CONTINUES_WORD : BEGINS_WORD,
    );
    for (const kind of this.#kinds) this.#counts[kind]++;
  }

  /** How many rows the search over a text runs: mask by mask, one a filling that is kept. */
  countRows(text: MaskedText): number {
    let rows = 0;
    let beams = 1;
    for (const m of text.masks.keys()) {
      rows += beams;
      beams = Math.min(this.#width, beams * this.#counts[kindOf(text, m)]);
    }
    return rows;
  }

  /** The `top` best fillings of each text, best first. */
  async fill(texts: readonly MaskedText[], top: number, run: RunMasked): Promise<Filling[][]> {
    const beams: (readonly Beam[])[] = texts.map(() => [{ pieces: [], score: 0 }]);
    const most = texts.reduce((count, { masks }) => Math.max(count, masks.length), 0);
    for (let m = 0; m < most; m++) await this.#fillNext(texts, m, beams, run);
    const { vocabulary } = this.#tokenizer;
    return texts.map((text, i) =>
      beams[i].slice(0, top).map(({ pieces, score }) => {
        const tokens = pieces.map((id) => vocabulary.piece(id));
        return { text: text.with(tokens), tokens, score: Math.exp(score) };
      }),
    );
  }

  /** Fills mask `m` of every text that has one: puts the best fillings with it in place of those before it. */
  async #fillNext(
    texts: readonly MaskedText[],
    m: number,
    beams: (readonly Beam[])[],
    run: RunMasked,
  ): Promise<void> {
    const open = [...texts.keys()].filter((i) => m < texts[i].masks.length);
    const rows = open.flatMap((i) => beams[i].map((beam) => ({ text: texts[i], beam })));
    const encodings = rows.map(({ text, beam }) => {
      const window = text.owners[m];
      return text.encode(window, [text.masks[m]], text.idsOf(window, beam.pieces));
    });
    const found = new Map<Beam, readonly Candidate[]>();
    await run(encodings, Infinity, (row, outputs) => {
      const { text, beam } = rows[row];
      const kind = kindOf(text, m);
      found.set(
        beam,
        chooseCandidates(outputs, 0, this.#width, (id) => this.#kinds[id] === kind),
      );
    });
    for (const i of open)
      beams[i] = beams[i]
        .flatMap((beam) =>
          found.get(beam)!.map(({ id, score }) => ({ beam, id, score: beam.score + Math.log(score) })),
        )
        .sort((a, b) => b.score - a.score)
        .slice(0, this.#width)
        .map(({ beam, id, score }) => ({ pieces: [...beam.pieces, id], score }));
  }
}

function kindOf(text: MaskedText, m: number): number {
  return text.continues(text.masks[m]) ? CONTINUES_WORD : BEGINS_WORD;
}
