/**
 * How far an exported model is from the one it was made of: both are run on the same texts, and on a data set where one
 * is given.
 */
import path from "node:path";
import { ClozeError, collate, MASKED_POSITIONS, OWN_HEAD, Predictor } from "@cloze/core";
import type { Encoding, Feeds, FloatTensor, HeadKind, TextInput } from "@cloze/core";
import { loadFolder, loadOnnx } from "@cloze/runtime/node";
import type { Face, ModelFolder, Plan, Precision, Verification } from "@cloze/runtime/node";
import {
  evaluateChoose,
  evaluateClassify,
  evaluateRegress,
  evaluateSquad,
  evaluateTag,
} from "./evaluation.ts";
import type { EvaluateOptions, Metrics } from "./evaluation.ts";
import type { Io } from "./io.ts";
import { sampleTexts } from "./sample-texts.ts";

/** By what share of the logits' range one may differ. How they were found stands in docs/export.md. */
const limits: Readonly<Record<Precision, number>> = { fp32: 1e-4, fp16: 0.005, int8: 0.2, int4: 0.2 };

interface Measure {
  readonly kind: HeadKind;
  readonly metric: string;
  evaluate(options: EvaluateOptions, io: Io): Promise<Metrics>;
}

/** The head that a task is for, and the metric that stands for it. */
const measures = {
  squad: { kind: "span", metric: "f1", evaluate: evaluateSquad },
  classify: { kind: "sequence", metric: "accuracy", evaluate: evaluateClassify },
  regress: { kind: "regression", metric: "spearman", evaluate: evaluateRegress },
  tag: { kind: "token", metric: "f1", evaluate: evaluateTag },
  choose: { kind: "choice", metric: "accuracy", evaluate: evaluateChoose },
} as const satisfies Record<string, Measure>;

export interface VerifyOptions {
  readonly task?: keyof typeof measures | undefined;
  readonly data?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  readonly force?: boolean | undefined;
  readonly threads?: number | undefined;
}

/**
 * Refuses a task that the exported head is not for, before any work.
 *
 * @throws ClozeError `invalid-option`.
 */
export function expectTask({ plugin, name }: Face, task: VerifyOptions["task"]): void {
  if (task === undefined || measures[task].kind === plugin?.kind) return;
  throw new ClozeError(
    "invalid-option",
    `--task ${task} is for a head of kind ${measures[task].kind}, but ${plugin ? `${name} is of kind ${plugin.kind}` : "none is exported"}.`,
    { field: "task" },
  );
}

/**
 * Measures an exported model.
 *
 * @param file The `.onnx` file, in its folder.
 * @throws ClozeError `unsupported` where it is too far from the model it was made of, unless it is forced.
 */
export async function verify(
  folder: ModelFolder,
  file: string,
  { face, precision }: Plan,
  options: VerifyOptions,
  io: Io,
): Promise<Verification> {
  const { threads, task, data, limit = limits[precision], force } = options;
  const compared = await compare(folder, file, face, threads);
  const { difference, share } = compared;
  if (!(share <= limit) && !force)
    throw new ClozeError(
      "unsupported",
      `In ${precision} a logit is off by ${difference.toPrecision(3)}, which is ${percent(share)} of the logits' range where ` +
        `${percent(limit)} may be: nothing was written. Choose a higher precision, another --limit, or --force.`,
    );
  if (task === undefined || data === undefined) return { ...compared, limit };

  const { metric: name, evaluate } = measures[task];
  const score = async (load: () => Promise<Predictor>): Promise<number> => {
    const metrics: Metrics = await evaluate({ ...options, data, load, answer: true, device: "auto" }, io);
    return metrics[name];
  };
  const fp32 = await score(async () => withPlugins(await loadFolder(folder, { threads }), face));
  const exported = await score(async () => withPlugins(await loadOnnx(file, { threads }), face));
  return { ...compared, limit, metric: { name, data: path.basename(data), fp32, exported } };
}

/** A model whose one head is asked as the plugin says: a file knows nothing of its lengths and thresholds. */
function withPlugins({ tokenizer, session, config, plugins }: Predictor, { plugin }: Face): Predictor {
  const own = plugins.some(({ name }) => name === plugin?.name) ? plugin?.name : OWN_HEAD;
  return new Predictor({ tokenizer, session, config, plugins: plugin ? [{ ...plugin, name: own! }] : [] });
}

/** Runs both models on the same texts, one at a time. */
async function compare(
  folder: ModelFolder,
  file: string,
  face: Face,
  threads: number | undefined,
): Promise<Pick<Verification, "texts" | "difference" | "share" | "agreement">> {
  await using exact = await loadFolder(folder, { threads });
  await using made = await loadOnnx(file, { threads });
  const names = outputsOf(face, exact);
  const kind = face.plugin?.kind ?? (face.name === "pretraining" ? "masked-lm" : undefined);
  const inputs = sampleTexts(kind, face.plugin?.examples ?? [], exact.tokenizer.settings.specials.mask);
  const encodings = readable(exact, kind, inputs);

  let [difference, least, most] = [0, Infinity, -Infinity];
  const [expected, found]: [number[], number[]] = [[], []];
  for (const encoding of encodings) {
    const [wanted, given] = [[...names.keys()], [...names.values()]];
    const exactly = await exact.session.run(feedsOf(exact, encoding), wanted);
    const roughly = await made.session.run(feedsOf(exact, encoding), given);
    for (const [name, other] of names) {
      const [one, two] = [exactly[name], roughly[other]];
      for (const [i, logit] of one.data.entries()) {
        difference = Math.max(difference, Math.abs(logit - two.data[i])); // NaN, if there is one
        [least, most] = [Math.min(least, logit), Math.max(most, logit)];
      }
      expected.push(...answersOf(kind, one));
      found.push(...answersOf(kind, two));
    }
  }
  const same = expected.filter((answer, i) => answer === found[i]).length;
  return {
    texts: encodings.length,
    difference,
    share: difference === 0 ? 0 : difference / (most - least),
    agreement: expected.length === 0 ? undefined : same / expected.length,
  };
}

/** The samples as a model reads them; of masked words those that still have a mask when they are cut to its length. */
function readable(
  { tokenizer, config }: Predictor,
  kind: HeadKind | undefined,
  inputs: readonly TextInput[],
) {
  const encode = (texts: readonly TextInput[]) =>
    tokenizer.encodeBatch(texts, { maxLength: config.maxPositions });
  const { mask } = tokenizer.specials;
  if (kind !== "masked-lm" || mask === undefined) return encode(inputs);
  const masked = encode(inputs).filter(({ ids }) => ids.includes(mask));
  return masked.length > 0 ? masked : encode([{ text: tokenizer.vocabulary.piece(mask) }]);
}

/** What is compared: outputs of the folder's own session, and what the exported model calls them. */
function outputsOf({ name, plugin }: Face, exact: Predictor): Map<string, string> {
  if (plugin) return new Map([[plugin.name, OWN_HEAD]]);
  // Of hidden states their mean: single ones of [SEP], which nothing reads, may be off by half their range.
  const features = [`mean.${exact.config.layers}`, "pooler_output"];
  const all = name === "pretraining" ? ["masked-lm", "next-sentence"] : features;
  return new Map(
    all.filter((output) => exact.session.outputs.includes(output)).map((output) => [output, output]),
  );
}

/** One text, without padding. */
function feedsOf({ tokenizer }: Predictor, encoding: Encoding): Feeds {
  const { mask, pad } = tokenizer.specials;
  const masks = [...encoding.ids].flatMap((id, i) => (id === mask ? [i] : []));
  return {
    ...collate([encoding], encoding.ids.length, pad),
    [MASKED_POSITIONS]: { type: "int32", dims: [1, masks.length], data: Int32Array.from(masks) },
  };
}

/** The answers that logits give, as numbers; none where they are no choice. */
function answersOf(kind: HeadKind | undefined, { data, dims }: FloatTensor): number[] {
  if (kind === undefined || kind === "regression" || kind === "choice") return [];
  if (kind === "multi-label") return Array.from(data, (logit) => Number(logit > 0));
  const width = dims[dims.length - 1];
  if (kind === "span") return [0, 1].map((which) => greatest(data.filter((_, i) => i % width === which)));
  return Array.from({ length: data.length / width }, (_, row) =>
    greatest(data.subarray(row * width, (row + 1) * width)),
  );
}

function greatest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
