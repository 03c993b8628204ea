/**
 * What a model's outputs are shaped like: found out by two first runs, which also warm the session up.
 */
import { MASKED_POSITIONS } from "@cloze/core";
import type { BertConfig, FloatTensor, Session } from "@cloze/core";

/** The shape of each output; sizes that a request decides have names. */
export type OutputShapes = ReadonlyMap<string, readonly (number | "batch" | "length" | "masks")[]>;

/** Runs a row through every output twice, with other numbers of tokens and masks: what changes is told by them. */
export async function probe(session: Session, config: BertConfig): Promise<OutputShapes> {
  const length = Math.min(8, config.maxPositions);
  const some = await runRow(session, length, 1);
  const others = await runRow(session, length - 1, 2);
  return new Map(
    session.outputs.map((name) => {
      const { dims } = others[name];
      const named = (size: number, axis: number) =>
        axis === 0 ? "batch" : size === dims[axis] ? size : size > dims[axis] ? "length" : "masks";
      return [name, some[name].dims.map(named)];
    }),
  );
}

function runRow(session: Session, length: number, masks: number): Promise<Record<string, FloatTensor>> {
  const dims = [1, length];
  const feeds = {
    input_ids: { type: "int32", dims, data: new Int32Array(length) },
    token_type_ids: { type: "int32", dims, data: new Int32Array(length) },
    attention_mask: { type: "float32", dims, data: new Float32Array(length).fill(1) },
    [MASKED_POSITIONS]: { type: "int32", dims: [1, masks], data: new Int32Array(masks) },
  } as const;
  return session.run(feeds, session.outputs);
}
