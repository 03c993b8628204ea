/**
 * Metrics of tagging: precision, recall and F1 of whole entities, as in CoNLL's shared tasks. An entity is right if
 * its kind and both its ends are.
 */

/** An entity: the words [start, end). */
export interface LabelledSpan {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** How well entities were found. */
export interface SpanMetrics {
  /** The share of what was predicted that is right, 0 to 1; 0 where nothing was. */
  readonly precision: number;
  /** The share of what is right that was found. */
  readonly recall: number;
  /** Their harmonic mean. */
  readonly f1: number;
  /** F1 of each kind of entity that was given or predicted, by name. */
  readonly f1ByLabel: ReadonlyMap<string, number>;
  /** How many entities there are. */
  readonly total: number;
}

/**
 * The kind of entity that a word's label says, without `B-`, `I-`, `E-` or `S-`; undefined for `O`.
 *
 * @example
 * entityKind("B-PER"); // "PER"
 */
export function entityKind(label: string): string | undefined {
  return label === "O" ? undefined : label.replace(/^[BIES]-/, "");
}

/**
 * The entities of a sentence. IOB1, IOB2 and BIOES need no telling apart: B- and S- begin one, E- and S- end one, and
 * another kind begins another, which is conlleval's reading.
 *
 * @param labels One a word.
 *
 * @example
 * labelledSpans(["B-PER", "I-PER", "O", "B-LOC"]); // PER [0, 2), LOC [3, 4)
 */
export function labelledSpans(labels: readonly string[]): LabelledSpan[] {
  const spans: { label: string; start: number; end: number }[] = [];
  let goesOn = false;
  for (const [i, label] of labels.entries()) {
    const kind = entityKind(label);
    const last = spans.at(-1);
    if (kind !== undefined && goesOn && last?.label === kind && !/^[BS]-/.test(label)) last.end = i + 1;
    else if (kind !== undefined) spans.push({ label: kind, start: i, end: i + 1 });
    goesOn = kind !== undefined && !/^[ES]-/.test(label);
  }
  return spans;
}

/**
 * Compares predicted labels with the right ones.
 *
 * @param gold The right labels of each sentence, one a word.
 * @param predicted The predicted ones, in the same order.
 *
 * @example
 * scoreSpans([["B-PER", "I-PER"]], [["B-PER", "O"]]).f1; // 0: one end is wrong
 */
export function scoreSpans(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): SpanMetrics {
  const counts = new Map<string, { right: number; given: number; said: number }>();
  const count = (label: string, what: "right" | "given" | "said"): void => {
    const of = counts.get(label) ?? { right: 0, given: 0, said: 0 };
    of[what]++;
    counts.set(label, of);
  };
  for (const [i, labels] of gold.entries()) {
    const given = labelledSpans(labels);
    for (const { label } of given) count(label, "given");
    for (const { label, start, end } of labelledSpans(predicted[i])) {
      count(label, "said");
      if (given.some((span) => span.label === label && span.start === start && span.end === end))
        count(label, "right");
    }
  }
  const all = { right: 0, given: 0, said: 0 };
  for (const { right, given, said } of counts.values()) {
    all.right += right;
    all.given += given;
    all.said += said;
  }
  return {
    precision: share(all.right, all.said),
    recall: share(all.right, all.given),
    f1: share(2 * all.right, all.given + all.said),
    f1ByLabel: new Map(
      [...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([label, { right, given, said }]) => [label, share(2 * right, given + said)]),
    ),
    total: all.given,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
