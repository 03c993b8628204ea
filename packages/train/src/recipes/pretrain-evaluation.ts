/**
 * How well a model tells masked words of held-out texts, always under the same masks, and whether a sentence follows;
 * and what it gets wrong.
 */
import type { Feeds, Session, Tokenizer } from "@cloze/core";
import { scoreMaskedLm } from "../metrics/masked-lm.ts";
import type { Objective } from "../corpus/batches.ts";
import type { PretrainingData } from "../corpus/pretraining-data.ts";
import { labelsName, weightsName } from "../losses.ts";
import type { Table } from "../run/report-page.ts";
import { scoreMasks } from "./evaluation/masked-words.ts";
import type { MaskScores } from "./evaluation/masked-words.ts";
import type { HeldOutMetrics } from "./pretrain-options.ts";

/**
 * What was measured, in words, beside what a guess by frequency alone is worth.
 *
 * @example
 * tellMetrics({ maskedLmLoss: 6.1, maskedLmAccuracy: 0.12 }, "mlm", 6.9);
 * // "masked-LM loss 6.100 (unigram entropy 6.900), accuracy 12.0 %"
 */
export function tellMetrics(
  {
    maskedLmLoss,
    maskedLmAccuracy,
    nextSentenceAccuracy,
    nextSentenceChance,
  }: Readonly<Record<string, number>>,
  objective: Objective = "mlm+nsp",
  entropy?: number,
): string {
  const what = objective === "ltr" ? "next-piece loss" : "masked-LM loss";
  const beside = entropy === undefined ? "" : ` (unigram entropy ${entropy.toFixed(3)})`;
  const next =
    nextSentenceAccuracy === undefined
      ? ""
      : `, next sentence ${percent(nextSentenceAccuracy)} (always the same answer: ${percent(nextSentenceChance)})`;
  return `${what} ${maskedLmLoss.toFixed(3)}${beside}, accuracy ${percent(maskedLmAccuracy)}${next}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Examples that a model is measured on: the first of one epoch, or all, if they are few. */
const MOST = 512;
const SHOWN = 24;
const CONTEXT = 16;

/** Held-out examples. */
export class HeldOut {
  readonly #batches: readonly Feeds[];
  readonly #pairs: boolean;

  private constructor(batches: readonly Feeds[], pairs: boolean) {
    this.#batches = batches;
    this.#pairs = pairs;
  }

  /** @param batch How many examples a batch of the data has. */
  static async read(data: PretrainingData, batch: number, pairs: boolean): Promise<HeldOut> {
    const batches: Feeds[] = [];
    for (let examples = 0; examples < MOST && data.epoch < 1; examples += batch)
      batches.push(...(await data.next()).feeds);
    return new HeldOut(batches, pairs);
  }

  /** Measures the model of a session. */
  async evaluate(session: Session): Promise<HeldOutMetrics> {
    const into: MaskScores = { logProbabilities: [], best: [] };
    let [right, random, pairs] = [0, 0, 0];
    for (const feeds of this.#batches) {
      const results = await scoreMasks(
        session,
        "masked-lm",
        { feeds, into },
        this.#pairs ? ["next-sentence"] : [],
      );
      if (!this.#pairs) continue;
      const logits = results["next-sentence"].data; // [batch, 2]
      for (const [row, label] of feeds[labelsName("next-sentence")].data.entries()) {
        if (logits[2 * row + label] > logits[2 * row + 1 - label]) right++;
        random += label;
        pairs++;
      }
    }
    const { loss, accuracy } = scoreMaskedLm(into.logProbabilities, into.best);
    return {
      maskedLmLoss: loss,
      maskedLmAccuracy: accuracy,
      ...(this.#pairs && {
        nextSentenceAccuracy: right / pairs,
        // A document of one sentence has no next one: in a corpus of short ones most pairs are random.
        nextSentenceChance: Math.max(random, pairs - random) / pairs,
      }),
    };
  }

  /** Masks at which the right piece was not the likeliest: the text round them, the piece, and the five best. */
  async mistakes(session: Session, tokenizer: Tokenizer): Promise<Omit<Table, "title">> {
    const rows: string[][] = [];
    for (const feeds of this.#batches) {
      if (rows.length >= SHOWN) break;
      const names = ["masked-lm.ids", "masked-lm.scores", "masked-lm.total"];
      const results = await session.run(structuredClone(feeds), names);
      const [ids, scores, total] = names.map((name) => results[name]);
      const top = ids.dims.at(-1)!;
      const masks = feeds.masked_positions.dims[1];
      const shown = new Set<number>(); // one a row
      for (const [mask, label] of feeds[labelsName("masked-lm")].data.entries()) {
        const row = Math.floor(mask / masks);
        if (
          feeds[weightsName("masked-lm")].data[mask] === 0 ||
          ids.data[mask * top] === label ||
          shown.has(row)
        )
          continue;
        if (rows.length >= SHOWN) break;
        shown.add(row);
        const guesses = Array.from({ length: Math.min(5, top) }, (_, nth) => {
          const share = Math.exp(scores.data[mask * top + nth] - total.data[mask]);
          return `${tokenizer.vocabulary.pieces[ids.data[mask * top + nth]] ?? "?"} ${percent(share)}`;
        });
        const text = textRound(feeds, row, feeds.masked_positions.data[mask], tokenizer);
        rows.push([text, tokenizer.vocabulary.pieces[label], guesses.join(", ")]);
      }
    }
    return { headers: ["text", "right", "five best"], rows };
  }
}

/** The tokens round a place of a row, the place itself as ⟦ ⟧. */
function textRound(feeds: Feeds, row: number, place: number, tokenizer: Tokenizer): string {
  const [, length] = feeds.input_ids.dims;
  const ids = feeds.input_ids.data.subarray(row * length, (row + 1) * length);
  const from = Math.max(1, place - CONTEXT);
  const { pad } = tokenizer.specials;
  const kept = { skipSpecials: false };
  const before = tokenizer.decode(ids.subarray(from, place), kept);
  const after = tokenizer.decode(
    ids.subarray(place + 1, place + 1 + CONTEXT).filter((id) => id !== pad),
    kept,
  );
  return `${before} ⟦${tokenizer.vocabulary.pieces[ids[place]]}⟧ ${after}`;
}
