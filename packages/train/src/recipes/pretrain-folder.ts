/**
 * What a pre-training leaves: a model folder in Hugging Face's layout, its weights written last, with a card and a
 * report.
 */
import { rm } from "node:fs/promises";
import path from "node:path";
import { parameterCount } from "@cloze/core";
import type { Manifest } from "../run/manifest.ts";
import type { Table } from "../run/report-page.ts";
import { writeReport } from "../run/report.ts";
import { RESUME, writeWhole } from "../run/whole-file.ts";
import type { TrainState, TrainStep } from "../train-step.ts";
import { tellMetrics } from "./pretrain-evaluation.ts";
import { configText, weightsContent } from "./model-folder.ts";
import { architectures } from "./pretrain-model.ts";
import type { Beginning } from "./pretrain-model.ts";
import type { PretrainResult, Settings } from "./pretrain-options.ts";

/** The file that makes a folder a model: the last to be written. */
export const WEIGHTS = "model.safetensors";
/** The corpus as tokens: there while a run is on its way. */
export const STORE = "corpus.tokens";

/** What is written. */
export interface Finished {
  readonly folder: string;
  readonly beginning: Beginning;
  readonly settings: Settings;
  readonly manifest: Manifest;
  readonly result: PretrainResult;
  readonly mistakes: Omit<Table, "title"> | undefined;
  readonly state: TrainState;
  readonly shapes: TrainStep["shapes"];
}

/** Writes the model folder. */
export async function writeFinished(finished: Finished): Promise<void> {
  const { folder, beginning, settings, result, mistakes, state } = finished;
  const { config, tied, tokenizerFiles } = beginning;
  const at = (name: string): string => path.join(folder, name);
  for (const [name, text] of tokenizerFiles) await writeWhole(at(name), text);
  await writeWhole(at("README.md"), cardOf(finished));
  const told = JSON.parse(
    configText(config, { architecture: architectures[settings.objective], labels: [], problem: undefined }),
  ) as object;
  const json = { ...told, ...(!tied && { tie_word_embeddings: false }) };
  await writeWhole(at("config.json"), `${JSON.stringify(json, null, 2)}\n`);
  await writeReport(folder, {
    title: `A BERT, pre-trained for ${result.steps.toLocaleString("en")} steps`,
    description: describe(finished),
    mistakes,
  });
  await rm(at(STORE), { force: true });
  // transformers' class for masked words alone has no pooler.
  const pooled = settings.objective === "mlm+nsp";
  const shapes = new Map([...finished.shapes].filter(([name]) => pooled || !name.startsWith("bert.pooler.")));
  await writeWhole(at(WEIGHTS), weightsContent(state.weights, shapes), RESUME);
}

/** In sentences: what was measured, and what kind of model it is. */
function describe({ result, settings }: Finished): string {
  const { best, unigramEntropy } = result;
  const measured =
    best === undefined
      ? "Nothing was held out to measure on."
      : `On held-out documents, after ${best.steps} steps: ${tellMetrics(best.metrics, settings.objective, unigramEntropy)}.`;
  return settings.objective === "ltr"
    ? `${measured} Each piece was told from those to its left alone: of transformers, \`BertLMHeadModel\` with \`is_decoder\` reads it so.`
    : measured;
}

/** The model's card. */
function cardOf(finished: Finished): string {
  const { beginning, settings, manifest, result } = finished;
  const { config } = beginning;
  const { objective, masking, steps, batch, length, longLength, longSteps, optimizer, rate, seed } = settings;
  const lengths =
    longSteps === 0 ? `${length} tokens` : `${length} tokens, in the last ${longSteps} steps ${longLength}`;
  const files = manifest.data.map(
    ({ file, bytes, sha256 }) => `| ${path.basename(file)} | ${bytes} | \`${sha256}\` |`,
  );
  return `---
library_name: transformers
pipeline_tag: fill-mask
tags:
  - bert
---

# ${path.basename(path.resolve(finished.folder))}

A BERT of ${config.layers} layers, hidden size ${config.hiddenSize}, ${config.heads} heads and ${config.vocabularySize.toLocaleString("en")} pieces (${parameterCount(config).total.toLocaleString("en")} parameters without heads), pre-trained with Cloze. \`${architectures[objective]}\` of transformers loads it.

${describe(finished)}

## Training

| what | |
| --- | --- |
| objective | ${objective} |
| masks | ${objective === "ltr" ? "none" : masking} |
| steps | ${steps.toLocaleString("en")} of ${batch} examples, ${lengths} |
| tokens | ${result.tokens.toLocaleString("en")} |
| optimizer | ${optimizer}, rate ${rate}, warm-up ${settings.warmup}, weight decay ${settings.weightDecay}, clip ${settings.clip} |
| dropout | ${config.dropout.hidden} on hidden states, ${config.dropout.attention} on attention |
| seed | ${seed} |
| last loss | ${result.loss?.toFixed(4) ?? "none"} |

Curves, environment and examples of mistakes are in \`report.html\`; the command is in \`manifest.json\`.

## Data

| file | bytes | SHA-256 |
| --- | --- | --- |
${files.join("\n")}
`;
}
