/**
 * Labelled texts as a program has them: which kind of head they ask for, what the labels are, which are held out.
 */
import { ClozeError } from "@cloze/core";
import type { Feeds, HeadKind, Plugin, TextInput } from "@cloze/core";
import { findLabels, valueOf } from "../datasets/labels.ts";
import { labelsName, weightsName } from "../losses.ts";
import { purposes, Random } from "../random.ts";
import type { Examples } from "./fit.ts";

/** A text, or a pair of texts, and what is right for it. */
export interface LabelledExample extends TextInput {
  /** One of several classes, a value (regression), or any number of labels. */
  readonly label: string | number | readonly string[];
}

/** The kinds of head on a whole text. */
export type TextHeadKind = Extract<HeadKind, "sequence" | "multi-label" | "regression">;

/**
 * The kind of head that labels ask for: texts a class, numbers a value, lists several labels.
 *
 * @throws ClozeError `invalid-input` where they are of several kinds.
 */
export function kindOf(examples: readonly LabelledExample[]): TextHeadKind {
  const kind = kindOfLabel(examples[0]?.label);
  const other = examples.findIndex(({ label }) => kindOfLabel(label) !== kind);
  if (kind !== undefined && other < 0) return kind;
  throw new ClozeError(
    "invalid-input",
    `The label of example ${Math.max(0, other)} should be as the others: all texts, all numbers, or all lists of texts.`,
    { field: "label" },
  );
}

function kindOfLabel(label: unknown): TextHeadKind | undefined {
  if (typeof label === "string") return "sequence";
  if (typeof label === "number" && Number.isFinite(label)) return "regression";
  return Array.isArray(label) && label.every((one) => typeof one === "string") ? "multi-label" : undefined;
}

/**
 * The labels that there are, in the order of their names; of a regression what its value is called.
 *
 * @throws ClozeError `invalid-input` where there is but one: nothing is to be told apart.
 */
export function labelNames(kind: TextHeadKind, examples: readonly LabelledExample[]): string[] {
  if (kind === "regression") return ["value"];
  const rows = examples.flatMap(({ label }, line) => listOf(label).map((one) => ({ label: one, line })));
  const labels = findLabels(rows, { file: "examples" });
  if (labels.length >= (kind === "sequence" ? 2 : 1)) return labels;
  throw new ClozeError(
    "invalid-input",
    `The examples have ${labels.length === 0 ? "no label" : `one label, ${labels[0]}`}: there is nothing to tell apart.`,
    { field: "label" },
  );
}

function listOf(label: LabelledExample["label"]): readonly string[] {
  return typeof label === "object" ? label : [String(label)];
}

/**
 * Parts examples in two, at random, so that each label has its share in both.
 *
 * @param share Of the second part.
 * @throws ClozeError `invalid-option` where a part would be empty.
 */
export function holdOut(
  examples: readonly LabelledExample[],
  share: number,
  seed: number,
): { readonly train: LabelledExample[]; readonly dev: LabelledExample[] } {
  const strata = examples.map(({ label }) => (typeof label === "number" ? "" : JSON.stringify(label)));
  const order = Array.from(new Random(seed, purposes.split).permutation(examples.length));
  order.sort((a, b) => (strata[a] < strata[b] ? -1 : Number(strata[a] > strata[b]))); // stable: random within a label
  const isHeldOut = order.map((_, nth) => Math.floor((nth + 1) * share) > Math.floor(nth * share));
  const part = (held: boolean) =>
    order.filter((_, nth) => isHeldOut[nth] === held).map((place) => examples[place]);
  const parts = { train: part(false), dev: part(true) };
  if (parts.train.length > 0 && parts.dev.length > 0) return parts;
  throw new ClozeError(
    "invalid-option",
    `Of ${examples.length} examples a share of ${share} cannot be held out: give more examples, or another heldOut.`,
    { field: "heldOut" },
  );
}

/** Labels and weights as the loss of a head reads them. */
export type Targets = Pick<Examples, "rowsEach" | "counts" | "labels">;

/**
 * The labels of examples as the loss of a plugin's kind reads them.
 *
 * @throws ClozeError `invalid-input` for a label that is none of the plugin's, of a regression no number.
 */
export function targetsOf({ name, kind, labels }: Plugin, examples: readonly LabelledExample[]): Targets {
  const width = kind === "multi-label" ? labels.length : 1;
  const all = new Float32Array(examples.length * width);
  for (const [nth, { label }] of examples.entries()) {
    if (kind === "regression") all[nth] = valueOf({ label: String(label), line: nth }, "examples");
    else if (kind === "sequence") all[nth] = placeOf(labels, String(label), nth);
    else for (const one of listOf(label)) all[nth * width + placeOf(labels, one, nth)] = 1;
  }
  return {
    rowsEach: 1,
    counts: new Float32Array(examples.length).fill(1),
    labels(places, _length, scale): Feeds {
      const chosen = places.flatMap((place) => [...all.subarray(place * width, (place + 1) * width)]);
      const count = places.length;
      const dims = kind === "multi-label" ? [count, width] : [count];
      return {
        [labelsName(name)]:
          kind === "sequence"
            ? { type: "int32", dims, data: Int32Array.from(chosen) }
            : { type: "float32", dims, data: Float32Array.from(chosen) },
        [weightsName(name)]: { type: "float32", dims: [count], data: new Float32Array(count).fill(scale) },
      };
    },
  };
}

function placeOf(labels: readonly string[], label: string, nth: number): number {
  const place = labels.indexOf(label);
  if (place >= 0) return place;
  throw new ClozeError(
    "invalid-input",
    `The label of example ${nth} is ${JSON.stringify(label)}, which is none of ${labels.join(", ")}.`,
    { field: "label" },
  );
}
