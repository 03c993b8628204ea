/**
 * What a fine-tuning of a head alone leaves: a plugin's folder, its weights written last, with a card and a report.
 */
import { rename } from "node:fs/promises";
import path from "node:path";
import type { HeadWeights } from "@cloze/core";
import { parseChoices } from "../datasets/choices.ts";
import { parseConll } from "../datasets/conll.ts";
import { parseSquad } from "../datasets/squad.ts";
import { parseTexts } from "../datasets/texts.ts";
import { pluginFiles } from "../plugin/plugin-files.ts";
import { writeReport } from "../run/report.ts";
import { unwritable, writeThrough } from "../run/whole-file.ts";
import type { Mistake } from "./evaluation/evaluation.ts";
import type { FinetuneOptions, FinetuneResult } from "./finetune-options.ts";
import { readData } from "./tasks/task.ts";

/** Inputs to try the plugin on that its description keeps. */
const SHOWN = 3;

/** Writes `README.md`, `plugin.json` and last `head.safetensors`, each whole. */
export async function writePlugin(
  out: string,
  head: HeadWeights,
  options: FinetuneOptions,
  result: FinetuneResult,
): Promise<void> {
  const examples = (await readInputs(options)).slice(0, SHOWN);
  const plugin = { ...head.plugin, examples };
  const files = await pluginFiles({ ...head, plugin }, card({ ...head, plugin }, options, result));
  for (const name of ["README.md", "plugin.json", "head.safetensors"]) {
    const file = path.join(out, name);
    const partial = path.join(out, `.${name}.partial`);
    try {
      await writeThrough(partial, [files.get(name)!]);
      await rename(partial, file);
    } catch (cause) {
      throw unwritable(file, cause);
    }
  }
}

/** The inputs of the dev file, as its task takes them. */
async function readInputs({
  task,
  dev,
  columns,
}: FinetuneOptions): Promise<Readonly<Record<string, unknown>>[]> {
  const { text, file } = await readData(dev, "dev");
  switch (task) {
    case "squad":
      return parseSquad(text).questions.map(({ question, context }) => ({ question, context }));
    case "tag":
      return parseConll(text, { file }).map(({ words }) => ({ text: words.join(" ") }));
    case "choose":
      return (await parseChoices(text, { file })).map((row) => ({
        ...row,
        line: undefined,
        label: undefined,
      }));
    case "classify":
    case "regress":
      return (await parseTexts(text, { file, columns })).map(({ text: one, pair }) => ({ text: one, pair }));
  }
}

const commands = {
  classify: "classify",
  regress: "classify",
  squad: "ask",
  tag: "tag",
  choose: "choose",
} as const;

function card(
  { plugin }: HeadWeights,
  { task, train, dev }: FinetuneOptions,
  { rows, metric, best, seeds, spread }: FinetuneResult,
): string {
  const figures = Object.entries(plugin.metrics).map(([name, value]) => `| ${name} | ${String(value)} |`);
  const surety = `95 %: ${round(best.interval.low)} to ${round(best.interval.high)}, bootstrap`;
  const over = `, mean ${round(spread.mean)} ± ${round(spread.deviation)} over ${seeds.length} seeds`;
  return `A head on the features \`${plugin.features}\` of ${plugin.encoder?.name ?? "its encoder"}, which is not trained. Made by \`cloze finetune --frozen\`.

\`\`\`
$ cloze ${commands[task]} --plugin ${plugin.name} …
\`\`\`

- Labels: ${plugin.labels.join(", ")}
- Data: ${path.basename(train)}, ${rows.train.toLocaleString("en")} examples
${plugin.licence === undefined ? "" : `- Licence: ${plugin.licence}\n`}
On ${path.basename(dev)}, ${rows.dev.toLocaleString("en")} examples, which also chose when to stop (${metric}, ${surety}${seeds.length > 1 ? over : ""}):

| metric | |
| --- | --- |
${figures.join("\n")}`;
}

/** The report of a run. */
export async function writeFrozenReport(
  { out }: FinetuneOptions,
  { metric, best, seeds, rows }: FinetuneResult,
  mistakes: readonly Mistake[],
): Promise<void> {
  const names = Object.keys(best.metrics);
  await writeReport(out, {
    title: `${path.basename(path.resolve(out))}: a head on a frozen encoder`,
    description:
      `${metric} on ${rows.dev.toLocaleString("en")} examples it was not trained on: ${round(best.metrics[metric])} ` +
      `(95 %: ${round(best.interval.low)} to ${round(best.interval.high)}, bootstrap). A step is an epoch.`,
    tables: [
      {
        title: "Metrics on the dev data",
        headers: ["seed", ...names, "best epoch"],
        rows: seeds.map(({ seed, metrics, bestAt }) => [
          seed,
          ...names.map((name) => round(metrics[name])),
          bestAt,
        ]),
      },
    ],
    ...(mistakes.length > 0 && {
      mistakes: {
        headers: ["input", "expected", "found", "surety"],
        rows: mistakes.map(({ input, expected, found, surety }) => [input, expected, found, round(surety)]),
      },
    }),
  });
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
