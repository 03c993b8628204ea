/**
 * Running a model over a data set and scoring what it says.
 */
import { realpath } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Classification, Plugin, Predictor, Tagging } from "@cloze/core";
import { parseConll, parseSquad, parseTsv } from "@cloze/train/datasets";
import type { LabelledText, TaggedSentence } from "@cloze/train/datasets";
import { entityKind, scoreClassification, scoreSquad1, scoreSquad2, scoreSpans } from "@cloze/train/metrics";
import { checkWritable, writeWhole } from "./files.ts";
import { readText } from "./input.ts";
import type { Io } from "./io.ts";
import { loadModel } from "./model.ts";
import type { ModelOptions } from "./options.ts";
import { Progress } from "./progress.ts";

export interface EvaluateOptions extends ModelOptions {
  readonly data: string;
  readonly plugin?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly threshold?: number | undefined;
  readonly predictions?: string | undefined;
  readonly nullOdds?: string | undefined;
}

export type Metrics = Readonly<Record<string, number>>;

const CHUNK = 64;

/** SQuAD: the official metrics of the data's own version, and the speed. */
export async function evaluateSquad(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { form, questions, misplaced } = parseSquad(await readText(options.data, io));
  if (form === "1.1" && (options.threshold !== undefined || options.nullOdds !== undefined))
    throw new ClozeError(
      "invalid-option",
      "A threshold and null odds are for SQuAD 2.0: in this data every question has an answer.",
    );
  if (misplaced.length > 0)
    await io.stderr.write(
      `${misplaced.length} answers do not stand where the file says (the first is of question ${misplaced[0].id}): ` +
        "they still count as right.\n",
    );
  await checkOutputs(options);
  await using bert = await loadModel(options);

  const predicted = new Map<string, string>();
  const leads = new Map<string, number>();
  const asked = { plugin: options.plugin, noAnswer: form === "2.0", threshold: options.threshold, top: 1 };
  const seconds = await inChunks(questions, io, "questions", async (chunk) => {
    const inputs = chunk.map(({ question, context }) => ({ question, context }));
    for (const [i, { answer, nullScore, answers }] of (await bert.ask(inputs, asked)).entries()) {
      const { id } = chunk[i];
      predicted.set(id, answer);
      const best = answers.at(0);
      leads.set(id, best && nullScore !== undefined ? nullScore - best.score : Number.MAX_VALUE);
    }
  });
  for (const [file, values] of [
    [options.predictions, predicted],
    [options.nullOdds, leads],
  ] as const)
    if (file !== undefined)
      await writeWhole(file, `${JSON.stringify(Object.fromEntries(values), null, 1)}\n`);
  const metrics: Metrics =
    form === "1.1" ? { ...scoreSquad1(questions, predicted) } : scoreSquad2(questions, predicted);
  return { ...metrics, questions: questions.length, seconds, questionsPerSecond: questions.length / seconds };
}

/** Classification: accuracy, F1 and Matthews' correlation, and the speed. */
export async function evaluateClassify(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { data, columns } = options;
  const rows = parseTsv(await readText(data, io), { file: path.basename(data), columns });
  if (rows.length === 0) throw new ClozeError("invalid-input", `${data} has a header and no rows.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin, labels } = headOf(bert, "sequence", options.plugin);
  const gold = rows.map((row) => classOf(row, labels, path.basename(data)));

  const results: Classification[] = [];
  const seconds = await inChunks(rows, io, "texts", async (chunk) => {
    const inputs = chunk.map(({ text, pair }) => (pair === undefined ? { text } : { text, pair }));
    results.push(...(await bert.classify(inputs, { plugin })));
  });
  if (options.predictions !== undefined)
    await writeWhole(options.predictions, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  const predicted = results.map((result) => ("label" in result ? labels.indexOf(result.label) : -1));
  const { accuracy, f1, f1ByClass, matthews } = scoreClassification(gold, predicted, labels.length);
  return {
    accuracy,
    f1,
    ...Object.fromEntries(labels.map((label, i) => [`f1 ${label}`, f1ByClass[i]])),
    matthews,
    texts: rows.length,
    seconds,
    textsPerSecond: rows.length / seconds,
  };
}

/** Tagging: precision, recall and F1 of whole entities, and the speed. Words are joined by single spaces. */
export async function evaluateTag(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const file = path.basename(options.data);
  const sentences = parseConll(await readText(options.data, io), { file });
  if (sentences.length === 0) throw new ClozeError("invalid-input", `${options.data} has no words.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin, labels } = headOf(bert, "token", options.plugin);
  expectKinds(sentences, new Set(["O", ...labels].map(entityKind)), file);

  const predicted: string[][] = [];
  const seconds = await inChunks(sentences, io, "sentences", async (chunk) => {
    const results = await bert.tag(
      chunk.map(({ words }) => words.join(" ")),
      { plugin, aggregation: "none" },
    );
    for (const [i, { words }] of chunk.entries()) predicted.push(wordLabels(words, results[i]));
  });
  if (options.predictions !== undefined)
    await writeWhole(options.predictions, sentences.map((one, i) => conll(one, predicted[i])).join("\n"));
  const { precision, recall, f1, f1ByLabel, total } = scoreSpans(
    sentences.map((sentence) => sentence.labels),
    predicted,
  );
  return {
    precision,
    recall,
    f1,
    ...Object.fromEntries(Array.from(f1ByLabel, ([label, value]) => [`f1 ${label}`, value])),
    entities: total,
    sentences: sentences.length,
    seconds,
    sentencesPerSecond: sentences.length / seconds,
  };
}

/** The label of each word, which is that of the piece that it begins with. */
function wordLabels(words: readonly string[], { entities }: Tagging): string[] {
  const byStart = new Map(entities.map(({ start, label }) => [start, label]));
  let at = 0;
  return words.map((word) => {
    const label = byStart.get(at) ?? "O";
    at += word.length + 1;
    return label;
  });
}

function expectKinds(
  sentences: readonly TaggedSentence[],
  kinds: ReadonlySet<string | undefined>,
  file: string,
): void {
  for (const { line, labels } of sentences)
    for (const [i, label] of labels.entries())
      if (!kinds.has(entityKind(label)))
        throw new ClozeError(
          "invalid-input",
          `${file}, line ${line + i}: ${JSON.stringify(label)} is of no kind that this head finds, which are ` +
            `${[...kinds].filter((kind) => kind !== undefined).join(", ")}.`,
        );
}

/** A sentence as conlleval reads it: word, right label, predicted one. */
function conll({ words, labels }: TaggedSentence, predicted: readonly string[]): string {
  return words.map((word, i) => `${word}\t${labels[i]}\t${predicted[i]}\n`).join("");
}

/** The head to measure: the named one of its kind, or the first. */
function headOf({ plugins }: Predictor, kind: "sequence" | "token", name: string | undefined): Plugin {
  const fitting = plugins.filter((plugin) => plugin.kind === kind);
  const found = name === undefined ? fitting.at(0) : fitting.find((plugin) => plugin.name === name);
  if (found) return found;
  const asked = name === undefined ? "no head" : `no head ${name}`;
  const names = fitting.map((plugin) => plugin.name).join(", ") || "none";
  throw new ClozeError(
    "not-found",
    `This model has ${asked} of kind ${kind}; of that kind there is: ${names}.`,
    {
      field: "plugin",
    },
  );
}

/** Sees, before the model is loaded, that what is written can be, and is not the data nor written twice. */
async function checkOutputs({ data, predictions, nullOdds }: EvaluateOptions): Promise<void> {
  const taken = new Map([[await place(data), "--data"]]);
  for (const [option, file] of Object.entries({ predictions, "null-odds": nullOdds })) {
    if (file === undefined) continue;
    await checkWritable(file, option);
    const other = taken.get(await place(file));
    if (other !== undefined)
      throw new ClozeError("invalid-option", `--${option} and ${other} are one file: choose another.`, {
        field: option,
      });
    taken.set(await place(file), `--${option}`);
  }
}

/** A file's true path. */
async function place(file: string): Promise<string> {
  return realpath(file).catch(() => path.resolve(file));
}

/** A label's name, or its number from 0. */
function classOf({ label, line }: LabelledText, labels: readonly string[], file: string): number {
  const named = labels.indexOf(label);
  if (named >= 0) return named;
  if (/^\d+$/.test(label) && Number(label) < labels.length) return Number(label);
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${JSON.stringify(label)} is no label of this head, which has ${labels.join(", ")}.`,
  );
}

/** Runs over all items, shows how far it is, and returns the seconds it took. */
async function inChunks<T>(
  items: readonly T[],
  io: Io,
  what: string,
  run: (chunk: readonly T[]) => Promise<void>,
): Promise<number> {
  const progress = new Progress(items.length, what, io);
  for (let at = 0; at < items.length; at += CHUNK) {
    await run(items.slice(at, at + CHUNK));
    await progress.show(Math.min(at + CHUNK, items.length));
  }
  return progress.end();
}
