/**
 * From labelled texts to a plugin: a head on a frozen encoder, in seconds, wherever there is ECMAScript. It needs no
 * files and no training runtime; a folder with a report is left to `recipes/frozen.ts`.
 */
import { buildHead, ClozeError, interpret, parsePlugin } from "@cloze/core";
import type {
  BertConfig,
  FeatureKind,
  HeadWeights,
  Operand,
  Plugin,
  Predictor,
  RunOptions,
} from "@cloze/core";
import { labelsName } from "../losses.ts";
import { scoreClassification } from "../metrics/classification.ts";
import { scoreMultiLabel } from "../metrics/multi-label.ts";
import { scoreRegression } from "../metrics/regression.ts";
import { holdOut, kindOf, labelNames, targetsOf } from "./examples.ts";
import type { LabelledExample, TextHeadKind } from "./examples.ts";
import { computeFeatures, featuresOf, outputsOf } from "./features.ts";
import type { FeatureTable } from "./features.ts";
import type { FittedEpoch } from "./fit.ts";
import { fitPlugin, scaleExamples } from "./fit-plugin.ts";
import type { FitPluginOptions } from "./fit-plugin.ts";

/** What a plugin is called and reads, and how it is trained. */
export interface TrainPluginOptions
  extends FitPluginOptions, RunOptions, Partial<Pick<Plugin, "version" | "title" | "encoder" | "licence">> {
  readonly name: string;
  /** By default what the labels ask for: texts a class, numbers a value, lists several labels. */
  readonly kind?: TextHeadKind | undefined;
  /** In the order of the logits: by default those of the examples, by name. */
  readonly labels?: readonly string[] | undefined;
  /** What it reads of the encoder: the means of the last four layers by default, which measured best. */
  readonly features?: Exclude<FeatureKind, "hidden"> | undefined;
  /** Examples that it is measured on and not trained on: by default a share of the others. */
  readonly dev?: readonly LabelledExample[] | undefined;
  /** That share: 0.2 by default. */
  readonly heldOut?: number | undefined;
  /** Tokens, specials included; by default all that the model takes. */
  readonly maxLength?: number | undefined;
}

/** A plugin that is ready for `bert.plugin`, and what it is worth. */
export interface TrainedPlugin extends HeadWeights {
  /** On the examples held out, which chose epoch and weight decay: a little flattering. Also in `plugin.metrics`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly rows: { readonly train: number; readonly dev: number };
  readonly weightDecay: number;
  /** The epoch that was kept. */
  readonly epoch: number;
  readonly epochs: readonly FittedEpoch[];
}

/** Inputs to try a plugin on that its description keeps. */
const SHOWN = 3;

/**
 * Trains a plugin from labelled texts: the encoder is run once over each, then a head is fitted to what it said.
 *
 * @throws ClozeError `invalid-input` for labels that do not fit each other, `invalid-option`, `invalid-plugin` for a
 *   name that is none, `unsupported` where the model does not give the features, `aborted`.
 *
 * @example
 * const texts = ["It rained all night.", "A warm wind blew.", "She baked a loaf.", "The soup was salty."];
 * const examples = texts.map((text, i) => ({ text, label: i < 2 ? "weather" : "food" }));
 * const topics = await trainPlugin(bert, examples, { name: "topics-of-texts", dev: examples });
 * await bert.plugin(topics);
 * const { label } = await bert.classify("The clouds are dark.", { plugin: "topics-of-texts" }); // "weather"
 */
export async function trainPlugin(
  bert: Predictor,
  examples: readonly LabelledExample[],
  options: TrainPluginOptions,
): Promise<TrainedPlugin> {
  if (examples.length === 0 || options.dev?.length === 0)
    throw new ClozeError("invalid-input", "There are no examples: give texts with their labels.", {
      field: "examples",
    });
  const kind = options.kind ?? kindOf(examples);
  const described = describe(kind, examples, options);
  const { train, dev } = options.dev
    ? { train: examples, dev: options.dev }
    : holdOut(examples, options.heldOut ?? 0.2, options.seed ?? 1);
  const [learned, judged] = [train, dev].map((part) => targetsOf(described, part)); // refused before there is work
  const { config } = bert;
  const outputs = outputsOf(config, described);
  const features = await computeFeatures(bert, [...train, ...dev].map(inputOf), outputs, options);
  const [some, others] = [slice(features, 0, train.length), slice(features, train.length)];
  const measured = slice(others, 0); // scaling is done in place
  const scaled = scaleExamples(described, { features: some, ...learned }, { features: others, ...judged });
  const { weights, weightDecay, epoch, epochs } = await fitPlugin(config, described, scaled, options);
  const places = dev.map((_, i) => i);
  const logits = logitsOf(config, { plugin: described, weights }, featuresOf(measured, places, 1));
  const metrics = score(described, judged.labels(places, 1, 1)[labelsName(described.name)].data, logits);
  const rows = { train: train.length, dev: dev.length };
  return { plugin: { ...described, metrics }, weights, metrics, rows, weightDecay, epoch, epochs };
}

function describe(
  kind: TextHeadKind,
  examples: readonly LabelledExample[],
  options: TrainPluginOptions,
): Plugin {
  const {
    name,
    version = "1.0.0",
    title,
    labels = labelNames(kind, examples),
    features = "last-four",
  } = options;
  const { encoder, maxLength, licence } = options;
  const shown = examples.slice(0, SHOWN).map(inputOf);
  return parsePlugin(
    JSON.stringify({
      name,
      version,
      title,
      kind,
      labels,
      features,
      encoder,
      maxLength,
      licence,
      examples: shown,
    }),
  );
}

function inputOf({ text, pair }: LabelledExample) {
  return pair === undefined ? { text } : { text, pair };
}

function slice({ columns, width }: FeatureTable, from: number, to?: number): FeatureTable {
  const end = to === undefined ? undefined : to * width;
  return {
    columns: new Map([...columns].map(([name, table]) => [name, table.slice(from * width, end)])),
    width,
  };
}

/** What the head says, as it will in use: [texts, labels]. */
function logitsOf(
  config: BertConfig,
  { plugin, weights }: HeadWeights,
  features: ReadonlyMap<string, Operand>,
): Operand["data"] {
  const parameters = [...weights].map(([name, operand]) => [`${plugin.scope}.${name}`, operand] as const);
  return interpret(buildHead(config, plugin), new Map([...features, ...parameters])).get(plugin.name)!.data;
}

function score(
  { kind, labels }: Plugin,
  gold: ArrayLike<number>,
  logits: ArrayLike<number>,
): Readonly<Record<string, number>> {
  if (kind === "regression") {
    const { pearson, spearman } = scoreRegression(Array.from(gold), Array.from(logits));
    return { pearson, spearman };
  }
  if (kind === "multi-label") {
    const said = Array.from(logits, (logit) => Number(logit > 0));
    const { exact, microF1, macroF1 } = scoreMultiLabel(gold, said, labels.length);
    return { exact, microF1, macroF1 };
  }
  const said = Array.from(gold, (_, row) => greatest(logits, row * labels.length, labels.length));
  const { accuracy, f1, matthews } = scoreClassification(gold, said, labels.length);
  return { accuracy, f1, matthews };
}

/** The place of the greatest of so many numbers, from one on. */
function greatest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}
