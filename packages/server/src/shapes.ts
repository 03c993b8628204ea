/**
 * What a model takes and gives: whether its rows may be padded, and the shapes of its outputs, found out by two first
 * runs.
 */
import { ClozeError, MASKED_POSITIONS } from "@cloze/core";
import type { BertConfig, FloatTensor, Session } from "@cloze/core";

/** The shape of an output; sizes that a request decides have names. */
export type OutputShape = readonly (number | "batch" | "length" | "masks")[];

export type OutputShapes = ReadonlyMap<string, OutputShape>;

/** The most bytes of outputs that one run, and so one answer, may have. */
export const ANSWER_LIMIT = 64 * 2 ** 20;

/**
 * Refuses a session whose rows cannot be padded to a length that the server chooses.
 *
 * @throws ClozeError `unsupported`.
 */
export function expectPaddable(session: Session, config: BertConfig): void {
  if (session.tokensPerRun === 1)
    throw new ClozeError(
      "unsupported",
      "The model reads no attention_mask, and a server pads the rows of requests that it joins: export the model with one.",
    );
  if (session.paddedLength(1) === config.maxPositions)
    throw new ClozeError(
      "unsupported",
      `The model takes rows of ${config.maxPositions} tokens only, and a server's are of many lengths: export it with a free length.`,
    );
}

/** The bytes of outputs, by their shapes, of so many rows of so many tokens and masks. */
export function answerBytes(
  shapes: OutputShapes,
  outputs: Iterable<string>,
  sizes: { readonly batch: number; readonly length: number; readonly masks: number },
): number {
  let numbers = 0;
  for (const name of outputs)
    numbers += shapes
      .get(name)!
      .reduce<number>((product, size) => product * (typeof size === "number" ? size : sizes[size]), 1);
  return numbers * Float32Array.BYTES_PER_ELEMENT;
}

/** Runs a row through every output twice, with other numbers of tokens and masks: what changes is told by them. */
export async function probe(session: Session, config: BertConfig): Promise<OutputShapes> {
  const length = Math.min(8, config.maxPositions);
  const some = await runRows(session, 1, length, 1, session.outputs);
  const others = await runRows(session, 1, length - 1, 2, session.outputs);
  return new Map(
    session.outputs.map((name) => {
      const { dims } = others[name];
      const named = (size: number, axis: number) =>
        axis === 0 ? "batch" : size === dims[axis] ? size : size > dims[axis] ? "length" : "masks";
      return [name, some[name].dims.map(named)];
    }),
  );
}

/** Runs rows of the vocabulary's first piece. */
export function runRows(
  session: Session,
  rows: number,
  length: number,
  masks: number,
  outputs: readonly string[],
): Promise<Record<string, FloatTensor>> {
  const dims = [rows, length];
  const feeds = {
    input_ids: { type: "int32", dims, data: new Int32Array(rows * length) },
    token_type_ids: { type: "int32", dims, data: new Int32Array(rows * length) },
    attention_mask: { type: "float32", dims, data: new Float32Array(rows * length).fill(1) },
    [MASKED_POSITIONS]: { type: "int32", dims: [rows, masks], data: new Int32Array(rows * masks) },
  } as const;
  return session.run(feeds, outputs);
}
