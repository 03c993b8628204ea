/**
 * What a fine-tuning leaves: a model folder in Hugging Face's layout, its weights written last, with a card and a report.
 */
import { createReadStream } from "node:fs";
import path from "node:path";
import { METRICS } from "../run/run-folder.ts";
import type { Table } from "../run/report-page.ts";
import { writeReport } from "../run/report.ts";
import { RESUME, writeWhole } from "../run/whole-file.ts";
import type { Numbers, TrainStep } from "../train-step.ts";
import type { Mistake } from "./evaluation/evaluation.ts";
import type { FinetuneResult, FinetuneTask, SeedResult } from "./finetune-options.ts";
import { isKept } from "./finetune-setup.ts";
import type { FinetuneSetup } from "./finetune-setup.ts";
import { configText, tokenizerNames, weightsContent } from "./model-folder.ts";
import { meanAndSpread } from "../metrics/spread.ts";

const WEIGHTS = "model.safetensors";

/** Writes config.json, the tokenizer's files as they are in the model that was begun with, and last the weights. */
export async function writeModel(
  { folder, config, task }: FinetuneSetup,
  out: string,
  weights: Numbers,
  shapes: TrainStep["shapes"],
): Promise<void> {
  const { plugin, problem } = task;
  const named = ["sequence", "multi-label", "regression", "token"].includes(plugin.kind);
  const labels = named ? plugin.labels : [];
  await writeWhole(
    path.join(out, "config.json"),
    configText(config, { architecture: plugin.title, labels, problem }),
  );
  const { files } = await folder.files.list();
  for (const name of tokenizerNames)
    if (files.has(name)) await writeWhole(path.join(out, name), [await folder.files.read(name)], RESUME);
  const kept = new Map([...shapes].filter(([name]) => isKept(task, name)));
  await writeWhole(path.join(out, WEIGHTS), weightsContent(weights, kept), RESUME);
}

/** Copies the model of the best seed to the folder of all, with a card and a report of all. */
export async function copyModel(setup: FinetuneSetup, from: string, result: FinetuneResult): Promise<void> {
  const { out, seeds } = result;
  const copy = (name: string): Promise<void> =>
    writeWhole(
      path.join(out, name),
      createReadStream(path.join(from, name)) as AsyncIterable<Uint8Array>,
      RESUME,
    );
  await copy(METRICS);
  await writeCard(setup, out, seeds);
  await writeFinetuneReport(setup, out, seeds);
  const { files } = await setup.folder.files.list();
  for (const name of ["config.json", ...tokenizerNames.filter((one) => files.has(one)), WEIGHTS])
    await copy(name);
}

/** The report of one seed, or of several with the curves of the best. */
export async function writeFinetuneReport(
  setup: FinetuneSetup,
  out: string,
  seeds: readonly SeedResult[],
  mistakes: readonly Mistake[] = [],
): Promise<void> {
  const { options, metric } = setup;
  const [surety, digits] = options.task === "regress" ? ["off by", 3] : ["sure", 3];
  await writeReport(out, {
    title: `${path.basename(path.resolve(out))}: ${titles[options.task]}`,
    description: describe(setup, seeds),
    tables: [metricsTable(seeds, metric)],
    ...(mistakes.length > 0 && {
      mistakes: {
        headers: ["input", "expected", "found", surety],
        rows: mistakes.map((one) => [
          cut(one.input),
          cut(one.expected),
          cut(one.found),
          one.surety.toFixed(digits),
        ]),
      },
    }),
  });
}

const titles: Readonly<Record<FinetuneTask, string>> = {
  classify: "classification",
  regress: "regression",
  squad: "question answering",
  tag: "tagging",
  choose: "multiple choice",
};

const SHOWN = 400;

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

function metricsTable(seeds: readonly SeedResult[], metric: string): Table {
  const names = Object.keys(seeds[0].metrics);
  return {
    title: "Metrics on the dev data",
    headers: ["seed", ...names, `${metric}, 95 %`, "best after"],
    rows: seeds.map(({ seed, metrics, interval, bestAt, steps }) => [
      seed,
      ...names.map((name) => round(metrics[name])),
      `${round(interval.low)} to ${round(interval.high)}`,
      `step ${bestAt} of ${steps}`,
    ]),
  };
}

function round(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(4)));
}

/** In a sentence: what was measured, and how sure it is. */
function describe({ metric, task }: FinetuneSetup, seeds: readonly SeedResult[]): string {
  const { rows } = task;
  const on = `on ${rows.dev.toLocaleString("en")} examples it was not trained on`;
  const { mean, deviation } = meanAndSpread(seeds.map(({ metrics }) => metrics[metric]));
  if (seeds.length > 1)
    return (
      `${metric} ${on}: ${round(mean)} ± ${round(deviation)} over ${seeds.length} seeds (mean, sample standard ` +
      "deviation). The model here is the best of them; curves are its own."
    );
  const [{ interval }] = seeds;
  return `${metric} ${on}: ${round(mean)} (95 %: ${round(interval.low)} to ${round(interval.high)}, bootstrap).`;
}

const pipelines: Readonly<Record<FinetuneTask, string>> = {
  classify: "text-classification",
  regress: "text-classification",
  squad: "question-answering",
  tag: "token-classification",
  choose: "multiple-choice",
};
const commands: Readonly<Record<FinetuneTask, string>> = {
  classify: 'classify "a text"',
  regress: 'classify "a text"',
  squad: 'ask "a question" "its context"',
  tag: 'tag "a text"',
  choose: 'choose "a context" "one choice" "another"',
};

/** The model's card. */
export async function writeCard(
  setup: FinetuneSetup,
  out: string,
  seeds: readonly SeedResult[],
): Promise<void> {
  const { options, settings, folder, config, task, metric, steps } = setup;
  const name = path.basename(path.resolve(out));
  const best = seeds.reduce((a, b) => (b.metrics[metric] > a.metrics[metric] ? b : a));
  const figures = Object.entries(best.metrics).map(([key, value]) => `| ${key} | ${round(value)} |`);
  const { labels } = task.plugin;
  const card = `---
library_name: transformers
pipeline_tag: ${pipelines[options.task]}
tags:
  - bert
---

# ${name}

${folder.name}, fine-tuned for ${titles[options.task]} with Cloze. \`${task.plugin.title}\` of transformers loads it.

${describe(setup, seeds)}

\`\`\`
$ cloze ${commands[options.task]} --model ${name}
\`\`\`

## Metrics

On ${path.basename(options.dev)}${seeds.length > 1 ? `, seed ${best.seed}` : ""}:

| metric | |
| --- | --- |
${figures.join("\n")}

## Training

| what | |
| --- | --- |
| data | ${path.basename(options.train)}, ${task.rows.train.toLocaleString("en")} examples |
| labels | ${labels.map((label) => label.replaceAll("|", String.raw`\|`)).join(", ")} |
| epochs | ${settings.epochs} (${steps.toLocaleString("en")} steps of ${settings.batch} examples), the best state kept |
| optimizer | ${settings.optimizer}, rate ${settings.rate}, warm-up ${settings.warmup}, weight decay ${settings.weightDecay}, clip ${settings.clip} |
| dropout | ${config.dropout.hidden} on hidden states, ${config.dropout.attention} on attention, ${config.dropout.classifier} before the head |
| seed | ${seeds.map(({ seed }) => seed).join(", ")} |

Curves, environment and examples of mistakes are in \`report.html\`; the command is in \`manifest.json\`.
`;
  await writeWhole(path.join(out, "README.md"), card);
}
