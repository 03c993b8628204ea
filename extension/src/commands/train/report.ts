/**
 * What is said of training: in a sentence, and as a report with what it still gets wrong.
 */
import * as vscode from "vscode";
import type { Trained } from "../../engine-worker/train.ts";
import { duration, format } from "../../engine/facts.ts";
import { escapeMarkdown } from "../../views/cards.ts";
import { percent } from "../../views/percent.ts";

/** The metric that says most, by kind. */
const METRICS = ["accuracy", "microF1", "pearson"];

/** How good it is, in a sentence. */
export function headline({ plugin, rows, milliseconds }: Trained): string {
  const { t } = vscode.l10n;
  const metric = METRICS.find((name) => name in plugin.metrics)!;
  const value = Number(plugin.metrics[metric]);
  const time = duration(milliseconds);
  if (metric === "accuracy")
    return t(
      "{0} is ready: it labels {1} of the {2} texts held out as they were (trained on {3} in {4}).",
      plugin.title,
      percent(value),
      rows.dev,
      rows.train,
      time,
    );
  return t(
    "{0} is ready: {1} {2} on the {3} texts held out (trained on {4} in {5}).",
    plugin.title,
    metric,
    format(value, 3),
    rows.dev,
    rows.train,
    time,
  );
}

/** Markdown. */
export function reportOf(
  { plugin, rows, counts, epoch, epochs, milliseconds, wrong }: Trained,
  file: string,
): string {
  const { t } = vscode.l10n;
  const metrics = Object.entries(plugin.metrics).map(([name, value]) => [name, format(Number(value), 3)]);
  const parts = [
    `# ${escapeMarkdown(plugin.title)}`,
    t(
      "Trained from {0} in {1}: {2} texts to learn from, {3} held out to measure on. Of {4} epochs the one with the lowest loss on those was kept, number {5}.",
      `\`${file.replaceAll("`", "'")}\``,
      duration(milliseconds),
      rows.train,
      rows.dev,
      epochs,
      epoch,
    ),
    t(
      "Run it by *Classify Selection*, or by the command {0}, which a key can be bound to.",
      `\`cloze.plugin.${plugin.name}\``,
    ),
    `## ${t("Measured on the texts held out")}`,
    table([t("Metric"), t("Value")], metrics),
    t("They chose the epoch, too, so this is a little flattering."),
  ];
  if (counts.length > 0)
    parts.push(
      `## ${t("Labels")}`,
      table(
        [t("Label"), t("Texts")],
        counts.map(({ label, count }) => [escapeMarkdown(label), String(count)]),
      ),
    );
  if (wrong.length > 0)
    parts.push(
      `## ${t("What it gets wrong")}`,
      t("Texts held out, those first of which it is surest: see whether their labels are right."),
      table(
        [t("Line"), t("Text"), t("Label"), t("It says"), t("Score")],
        wrong.map(({ line, text, label, said, score }) => [
          String(line),
          escapeMarkdown(shorten(text)),
          escapeMarkdown(label),
          escapeMarkdown(said),
          format(score, 2),
        ]),
      ),
    );
  return `${parts.join("\n\n")}\n`;
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

const LONG = 160;

function shorten(text: string): string {
  return text.length <= LONG ? text : `${Array.from(text.slice(0, LONG)).slice(0, -1).join("")}…`;
}
