/**
 * `report.html`: what a run was and how it went, in one file that needs no network. It reads the run's manifest and its
 * log; how the page looks is left to `report-page.ts`.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ClozeError } from "@cloze/core";
import { readJsonLines } from "../datasets/json-lines.ts";
import { Curves, smooth } from "./curves.ts";
import { flatten, readManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { escapeHtml, list, page, section, showNumber, table, tiles } from "./report-page.ts";
import type { Chart, Table } from "./report-page.ts";
import { METRICS } from "./run-folder.ts";
import type { EvaluationLine, LogLine, StepLine } from "./store.ts";
import { reasonOf, writeWhole } from "./whole-file.ts";

/** What a report says beside what the run's folder says. */
export interface ReportOptions {
  readonly title: string;
  readonly description?: string | undefined;
  /** Examples of what the model got wrong. */
  readonly mistakes?: Omit<Table, "title"> | undefined;
  readonly tables?: readonly Table[] | undefined;
}

/** What a log says. */
interface Log {
  readonly steps: Curves;
  readonly losses: Curves;
  readonly evaluations: Curves;
  /** The last ones as they are. */
  readonly lastEvaluations: readonly EvaluationLine[];
  readonly last: StepLine | undefined;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/**
 * Writes `report.html` into a run's folder.
 *
 * @returns Its path.
 * @throws {ClozeError} `invalid-model` and `not-found` when the folder's manifest or log cannot be read.
 *
 * @example
 * const folder = "models/told";
 * await using run = await openRun(folder, { command: "", options: {}, seeds: [1], data: [] });
 * await train({ step, data, steps: 20, rate: () => 1e-4, store: run });
 * await writeReport(folder, { title: "A small BERT", description: "Trained on novels." }); // models/told/report.html
 */
export async function writeReport(folder: string, options: ReportOptions): Promise<string> {
  const manifest = await readManifest(folder);
  const log = await readLog(path.join(folder, METRICS));
  const charts = chartsOf(log);
  const { title, description, mistakes, tables = [] } = options;
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    description === undefined ? "" : `<p>${escapeHtml(description)}</p>`,
    `<p class="muted">Begun ${escapeHtml(manifest.started.slice(0, 16).replace("T", " "))} UTC</p>`,
    ...log.warnings.map((warning) => `<p class="warning">${escapeHtml(warning)}</p>`),
    tiles(figuresOf(log)),
    section("Curves", drawPlaces(charts)),
    section("Evaluations", evaluationTable(log)),
    ...tables.map((one) => section(one.title, table(one))),
    mistakes === undefined ? "" : section("Examples of mistakes", table(mistakes)),
    section("Configuration", list([["command", manifest.command], ...optionsOf(manifest)])),
    section("Environment", list(environmentOf(manifest))),
    section("Data", dataTable(manifest)),
  ];
  const file = path.join(folder, "report.html");
  await writeWhole(file, page(title, body.filter(Boolean).join("\n"), charts, await readUplot()));
  return file;
}

/** Evaluations that are shown as numbers. */
const SHOWN = 50;

async function readLog(file: string): Promise<Log> {
  const [steps, losses, evaluations] = [new Curves(), new Curves(), new Curves()];
  const lastEvaluations: EvaluationLine[] = [];
  const warnings: string[] = [];
  let last: StepLine | undefined;
  let seconds = 0;
  try {
    for await (const read of readJsonLines(createReadStream(file, "utf8"))) {
      if ("error" in read) continue; // the last line of a run that was killed
      const line = read.value as LogLine;
      if ("warning" in line) warnings.push(line.warning);
      else if ("evaluation" in line) {
        evaluations.add(line.step, line.evaluation);
        if (lastEvaluations.push(line) > SHOWN) lastEvaluations.shift();
      } else {
        steps.add(line.step, { ...line });
        losses.add(line.step, line.losses);
        seconds += line.seconds;
        last = line;
      }
    }
  } catch (cause) {
    throw new ClozeError("not-found", `${file} cannot be read (${reasonOf(cause)}): is it a run's folder?`, {
      cause,
    });
  }
  return { steps, losses, evaluations, lastEvaluations, last, seconds, warnings };
}

function chartsOf({ steps, losses, evaluations }: Log): Chart[] {
  const column = (title: string, name: string): Chart => ({
    title,
    steps: steps.steps,
    series: [
      { label: "each", values: steps.column(name), faint: true },
      { label: "mean", values: smooth(steps.column(name)) },
    ],
  });
  const parts = {
    title: "Parts of the loss",
    steps: losses.steps,
    series: losses.names.map((label) => ({ label, values: smooth(losses.column(label)) })),
  };
  return [
    column("Loss", "loss"),
    ...(parts.series.length > 1 ? [parts] : []),
    ...evaluations.names.map((name) => ({
      title: `Evaluation: ${name}`,
      steps: evaluations.steps,
      series: [{ label: name, values: evaluations.column(name) }],
    })),
    { title: "Learning rate", steps: steps.steps, series: [{ label: "rate", values: steps.column("rate") }] },
    column("Norm of the gradients", "norm"),
    column("Tokens a second", "tokensPerSecond"),
  ].filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null)));
}

function drawPlaces(charts: readonly Chart[]): string {
  const places = charts.map(
    ({ title }, i) =>
      `<div class="chart"><h3>${escapeHtml(title)}</h3><div class="plot" id="chart-${i}"></div></div>`,
  );
  return places.length === 0 ? "" : `<div class="charts">${places.join("\n")}</div>`;
}

function figuresOf({ last, steps, seconds, lastEvaluations }: Log): [string, string][] {
  if (last === undefined) return [["Steps", "0"]];
  const loss = smooth(steps.column("loss")).at(-1) ?? last.loss;
  return [
    ["Steps", showNumber(last.step)],
    ["Loss, mean", showNumber(Number(loss.toPrecision(4)))],
    ...Object.entries(lastEvaluations.at(-1)?.evaluation ?? {})
      .slice(0, 3)
      .map(([name, value]): [string, string] => [`${name}, last`, show(value)]),
    ["Epochs", showNumber(Number(last.epoch.toPrecision(3)))],
    ["Tokens", last.tokens.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 4 })],
    ["Tokens a second", showNumber(Math.round(last.tokens / seconds))],
    ["Training time", showDuration(seconds)],
  ];
}

function show(value: number | null): string {
  return value === null ? "not a number" : showNumber(value); // JSON has no NaN
}

function showDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${seconds.toFixed(1)} s`;
}

function evaluationTable({ evaluations: { names }, lastEvaluations }: Log): string {
  if (names.length === 0) return "";
  const rows = lastEvaluations.map(({ step, evaluation }) => [
    step,
    ...names.map((name) => (name in evaluation ? show(evaluation[name]) : "")),
  ]);
  return table({ headers: ["step", ...names], rows });
}

function optionsOf({ options, seeds }: Manifest): [string, string][] {
  return [...flatten({ ...options, seeds })];
}

function environmentOf({ versions, machine }: Manifest): [string, string][] {
  const { cpu, cores, memory, platform } = machine;
  return [
    ...Object.entries(versions),
    ["platform", platform],
    ["processor", `${cpu}, ${cores} cores`],
    ["memory", `${(memory / 2 ** 30).toFixed(1)} GiB`],
  ];
}

function dataTable({ data }: Manifest): string {
  if (data.length === 0) return "";
  const rows = data.map(({ file, bytes, rows: count, sha256 }) => [file, bytes, count ?? "", sha256]);
  return table({ headers: ["file", "bytes", "rows", "SHA-256"], rows });
}

async function readUplot(): Promise<{ js: string; css: string }> {
  const js = fileURLToPath(import.meta.resolve("uplot/dist/uPlot.iife.min.js"));
  const css = path.join(path.dirname(js), "uPlot.min.css");
  return { js: await readFile(js, "utf8"), css: await readFile(css, "utf8") };
}
