/**
 * Measures masked words, on batches of pre-training.
 */
import type { Feeds, Session } from "@cloze/core";
import { labelsName, weightsName } from "../../losses.ts";

/** What was found at masks: log p of the right piece, and whether it was the likeliest. */
export interface MaskScores {
  readonly logProbabilities: number[];
  readonly best: boolean[];
}

/** What a head on masked words has to be asked for to be scored. */
function scoredOutputs(head: string): string[] {
  return [head, `${head}.total`, `${head}.ids`];
}

/**
 * Runs feeds of `PretrainingData` and scores their masks.
 *
 * @param head The name of the head in the session. The labels are those of `masked-lm`.
 * @example
 * const into = { logProbabilities: [], best: [] };
 * await scoreMasks(session, "masked-lm", { feeds: batch.feeds[0], into });
 * scoreMaskedLm(into.logProbabilities, into.best);
 */
export async function scoreMasks(
  session: Session,
  head: string,
  { feeds, into }: { readonly feeds: Feeds; readonly into: MaskScores },
  others: readonly string[] = [],
): Promise<Awaited<ReturnType<Session["run"]>>> {
  const labels = feeds[labelsName("masked-lm")].data.slice(); // the session may take the feeds away
  const weights = feeds[weightsName("masked-lm")].data.slice();
  const copy = structuredClone(Object.fromEntries(Object.entries(feeds).filter(([name]) => !isTarget(name))));
  const results = await session.run(copy, [...scoredOutputs(head), ...others]);
  const [logits, total, ids] = scoredOutputs(head).map((name) => results[name]);
  const [width, top] = [logits.dims.at(-1)!, ids.dims.at(-1)!];
  for (const [mask, label] of labels.entries()) {
    if (weights[mask] === 0) continue; // fill-up
    into.logProbabilities.push(logits.data[mask * width + label] - total.data[mask]);
    into.best.push(ids.data[mask * top] === label);
  }
  return results;
}

/** Whether a feed says what is right: a session does not read it. */
function isTarget(feed: string): boolean {
  return /\.(labels|weights)$/.test(feed);
}
