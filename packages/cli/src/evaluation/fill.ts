/**
 * Masked words of plain texts: 15 % of the pieces, drawn by a seed, as in pre-training.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { PretrainingData, writeTokenStore } from "@cloze/train/corpus/pretraining";
import { scoreMaskedLm } from "@cloze/train/metrics";
import { scoreMasks } from "@cloze/train/evaluate";
import type { MaskScores } from "@cloze/train/evaluate";
import { withScratch } from "../files.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { Progress } from "../progress.ts";
import { headOf } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** As pre-training has it for most of its steps. */
const LENGTH = 128;
const SEED = 1;

/**
 * How often the masked piece is the likeliest, and the perplexity: of texts as `cloze pretrain` reads them, each once.
 */
export async function evaluateFill(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { data: file, seed = SEED } = options;
  await using bert = await loadModel(options);
  const { name } = headOf(bert, "masked-lm", options.plugin);
  const { tokenizer, session, config } = bert;
  const length = options.length ?? Math.min(LENGTH, config.maxPositions);
  if (length > config.maxPositions)
    throw new ClozeError(
      "invalid-option",
      `length is ${length}, but the model takes ${config.maxPositions} tokens: give fewer.`,
      { field: "length" },
    );
  return await withScratch(async (scratch) => {
    using store = await writeTokenStore([file], tokenizer, path.join(scratch, "tokens"));
    // One example a batch, so that the epoch ends with the last one.
    const data = new PretrainingData({
      store,
      tokenizer,
      seed,
      objective: "mlm",
      length,
      batch: 1,
      shortProbability: 0,
    });
    const into: MaskScores = { logProbabilities: [], best: [] };
    const progress = new Progress(100, "% of the texts", io);
    let examples = 0;
    for (; data.epoch < 1; examples++) {
      const { feeds } = await data.next();
      await scoreMasks(session, name, { feeds: feeds[0], into });
      await progress.show(Math.min(100, Math.round(100 * data.epoch)));
    }
    const seconds = await progress.end();
    const { accuracy, loss, perplexity, total } = scoreMaskedLm(into.logProbabilities, into.best);
    return { accuracy, perplexity, loss, masks: total, examples, seed, seconds };
  });
}
