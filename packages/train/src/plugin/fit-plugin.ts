/**
 * A plugin's weights from features and labels: brought to one scale, fitted with several weight decays of which the best
 * is kept, and folded back, so that what comes out is a plain linear layer on what the encoder gives.
 */
import { ClozeError } from "@cloze/core";
import type { AttachedHead, BertConfig, Operand } from "@cloze/core";
import { labelsName } from "../losses.ts";
import { fitHead } from "./fit.ts";
import type { Examples, FitOptions, FittedEpoch, FittedHead } from "./fit.ts";
import { foldStandards, standardize, standardOf } from "./features.ts";
import type { Standard } from "./features.ts";

/** How a plugin's head is fitted. */
export interface FitPluginOptions extends Optional<Omit<FitOptions, "weightDecay">> {
  /** Each is tried, and the one with the lowest loss on the examples held out is kept: 1, 3 and 10 by default. */
  readonly weightDecays?: readonly number[] | undefined;
}

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A head that is ready for use. */
export interface FittedPlugin {
  /** `weight` [labels, features] and `bias` [labels], for features as the encoder gives them. */
  readonly weights: ReadonlyMap<string, Operand>;
  readonly weightDecay: number;
  /** The epoch that was kept. */
  readonly epoch: number;
  /** All epochs with the weight decay that was kept. */
  readonly epochs: readonly FittedEpoch[];
}

/** Examples on one scale, and what it was made with. */
export interface ScaledExamples {
  readonly train: Examples;
  readonly dev: Examples;
  readonly standards: readonly Standard[];
  readonly values: Scale;
}

/** The mean and deviation of a regression's values; other labels have 0 and 1. */
interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** Brings features, in place, and the values of a regression to mean 0 and deviation 1 of the training examples. */
export function scaleExamples(head: AttachedHead, train: Examples, dev: Examples): ScaledExamples {
  const standards = new Map<string, Standard>();
  const { columns, width } = train.features;
  for (const [name, table] of columns) {
    const standard = standardOf(table, width);
    standards.set(name, standard);
    standardize(table, standard);
    standardize(dev.features.columns.get(name)!, standard);
  }
  const values = scaleOf(head, train);
  return {
    train: withScale(head, train, values),
    dev: withScale(head, dev, values),
    standards: [...standards.values()],
    values,
  };
}

function scaleOf(head: AttachedHead, train: Examples): Scale {
  if (head.kind !== "regression") return { mean: 0, deviation: 1 };
  const all = Array.from(train.counts, (_, i) => i);
  const { mean, deviation } = standardOf(train.labels(all, 1, 1)[labelsName(head.name)].data, 1);
  return { mean: mean[0], deviation: deviation[0] };
}

function withScale(head: AttachedHead, examples: Examples, { mean, deviation }: Scale): Examples {
  if (head.kind !== "regression") return examples;
  const name = labelsName(head.name);
  return {
    ...examples,
    labels(...asked) {
      const feeds = examples.labels(...asked);
      const { dims, data } = feeds[name];
      const scaled = Float32Array.from(data, (value) => (value - mean) / deviation);
      return { ...feeds, [name]: { type: "float32", dims, data: scaled } };
    },
  };
}

/** About so many updates an epoch, whatever the number of examples. */
const UPDATES = 50;

/** What changes the result, defaults filled in. */
export interface FitSettings extends Pick<FitOptions, "epochs" | "batch" | "rate" | "patience"> {
  readonly weightDecays: readonly number[];
}

/**
 * The settings of a fit to so many examples.
 *
 * @throws ClozeError `invalid-option` for numbers out of their range.
 */
export function fitSettings(count: number, options: FitPluginOptions): FitSettings {
  const usual = Math.min(128, Math.max(16, Math.round(count / UPDATES)));
  const { epochs = 100, batch = usual, rate = 1e-3, patience = 5, weightDecays = [1, 3, 10] } = options;
  for (const [field, value] of Object.entries({ epochs, batch, patience }))
    if (!(Number.isInteger(value) && value > 0)) throw wrong(field, "a whole number from 1", value);
  if (!(rate > 0 && rate < Infinity)) throw wrong("rate", "above 0", rate);
  if (weightDecays.length === 0) throw wrong("weightDecays", "one number at least", "none");
  return { epochs, batch, rate, patience, weightDecays };
}

function wrong(field: string, what: string, value: unknown): ClozeError {
  return new ClozeError("invalid-option", `${field} should be ${what}, not ${String(value)}.`, { field });
}

/**
 * Fits a head to examples on one scale.
 *
 * @throws ClozeError `invalid-option` for numbers out of their range; `aborted`.
 */
export async function fitPlugin(
  config: BertConfig,
  head: AttachedHead,
  { train, dev, standards, values }: ScaledExamples,
  options: FitPluginOptions = {},
): Promise<FittedPlugin> {
  const settings = fitSettings(train.counts.length, options);
  const tried: (FittedHead & Pick<FittedPlugin, "weightDecay" | "epochs">)[] = [];
  for (const weightDecay of settings.weightDecays) {
    const told: FittedEpoch[] = [];
    const onEpoch = (epoch: FittedEpoch): void => {
      told.push(epoch);
      options.onEpoch?.(epoch);
    };
    const one = { ...options, ...settings, seed: options.seed ?? 1, weightDecay, onEpoch };
    const fitted = await fitHead(config, head, train, dev, one);
    tried.push({ ...fitted, weightDecay, epochs: told });
  }
  const best = tried.reduce((a, b) => (b.devLoss < a.devLoss ? b : a));
  const [weight, bias] = ["weight", "bias"].map((name) => best.weights.get(`${head.scope}.${name}`)!);
  const folded = foldStandards(
    weight.map((w) => w * values.deviation),
    bias.map((b) => b * values.deviation + values.mean),
    standards,
  );
  const { weightDecay, epoch, epochs: told } = best;
  return {
    weights: new Map([
      ["weight", { dims: [bias.length, weight.length / bias.length], data: folded.weight }],
      ["bias", { dims: [bias.length], data: folded.bias }],
    ]),
    weightDecay,
    epoch,
    epochs: told,
  };
}
