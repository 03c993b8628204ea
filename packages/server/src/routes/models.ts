/** What a client may know of a model before it asks it: its tensors, its settings, what it has done. */
import { MASKED_POSITIONS } from "@cloze/core";
import type { Models } from "../models.ts";
import type { ServedModel } from "../served-model.ts";
import type { OutputShape } from "../shapes.ts";
import { PRIORITIES } from "../job.ts";

const sizes = (shape: OutputShape): number[] => shape.map((size) => (typeof size === "number" ? size : -1));

/** The protocol's model metadata. */
export function metadataOf({ name, inputs, shapes }: ServedModel, models: Models) {
  return {
    name,
    versions: models.versions(name).map(({ version }) => version),
    platform: "cloze",
    inputs: inputs.map((input) => ({ name: input, datatype: "INT64", shape: [-1, -1] })),
    outputs: [...shapes].map(([output, shape]) => ({ name: output, datatype: "FP32", shape: sizes(shape) })),
  };
}

/** Triton's model configuration: its dims leave the batch out. */
export function configOf(
  { name, inputs, shapes }: ServedModel,
  limits: { readonly maxBatch: number; readonly delayMs: number; readonly queueLimit: number },
) {
  return {
    name,
    platform: "cloze",
    backend: "cloze",
    version_policy: { all: {} },
    max_batch_size: limits.maxBatch,
    input: inputs.map((input) => ({
      name: input,
      data_type: "TYPE_INT64",
      dims: [-1],
      optional: input === MASKED_POSITIONS,
    })),
    output: [...shapes].map(([output, shape]) => ({
      name: output,
      data_type: "TYPE_FP32",
      dims: sizes(shape).slice(1),
    })),
    dynamic_batching: {
      max_queue_delay_microseconds: Math.round(1000 * limits.delayMs),
      priority_levels: PRIORITIES,
      default_priority_level: PRIORITIES,
      default_queue_policy: { max_queue_size: limits.queueLimit },
    },
  };
}
