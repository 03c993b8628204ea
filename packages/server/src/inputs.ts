/** What the model can take: the tensors of a request, checked against its config before they are queued. */
import { ClozeError, MASKED_POSITIONS } from "@cloze/core";
import type { BertConfig } from "@cloze/core";
import type { WireTensor } from "@cloze/runtime/remote";

export interface Inputs {
  readonly rows: number;
  readonly length: number;
  readonly ids: Int32Array; // [rows, length], as the others
  readonly segments: Int32Array;
  readonly mask: Int32Array;
  /** Where the masks are that a head on masked words is asked for, [rows, masks]. */
  readonly positions: Positions;
}

export interface Positions {
  readonly count: number;
  readonly data: Int32Array;
}

/** The tensors that every request has, in the order of Hugging Face's ONNX exports. */
export const inputNames = ["input_ids", "attention_mask", "token_type_ids"] as const;

/**
 * Reads the tensors of a request.
 *
 * @param taken The names of all tensors that the model takes.
 * @throws ClozeError `invalid-input`, with the tensor at fault, for what the model cannot take.
 */
export function readInputs(
  tensors: ReadonlyMap<string, WireTensor>,
  config: BertConfig,
  taken: readonly string[],
): Inputs {
  for (const name of tensors.keys()) {
    if (!taken.includes(name))
      throw wrong(name, `There is no input named ${name}: this model takes ${taken.join(", ")}.`);
  }
  const [ids, mask, segments] = inputNames.map((name) => int64(tensors, name));
  const { shape } = ids;
  const [rows, length] = shape;
  if (shape.length !== 2 || rows === 0 || length === 0)
    throw wrong("input_ids", `input_ids should be [batch, length], but is [${shape.join(", ")}].`);
  if (length > config.maxPositions)
    throw wrong(
      "input_ids",
      `A row of ${length} tokens is too long: this model has ${config.maxPositions} positions.`,
    );
  for (const [name, tensor] of [
    ["attention_mask", mask],
    ["token_type_ids", segments],
  ] as const) {
    if (String(tensor.shape) !== String(shape))
      throw wrong(
        name,
        `${name} should be of input_ids' shape [${shape.join(", ")}], but is [${tensor.shape.join(", ")}].`,
      );
  }
  expectBelow("input_ids", ids.data, config.vocabularySize);
  expectBelow("token_type_ids", segments.data, config.segmentTypes);
  expectBelow("attention_mask", mask.data, 2);
  for (let row = 0; row < rows; row++) {
    if (!mask.data.subarray(row * length, (row + 1) * length).includes(1))
      throw wrong("attention_mask", `Row ${row} of attention_mask has no 1: let the model read some token.`);
  }
  const positions = readPositions(tensors, rows, length);
  return { rows, length, ids: ids.data, segments: segments.data, mask: mask.data, positions };
}

function readPositions(tensors: ReadonlyMap<string, WireTensor>, rows: number, length: number): Positions {
  if (!tensors.has(MASKED_POSITIONS)) return { count: 0, data: new Int32Array(0) };
  const { shape, data } = int64(tensors, MASKED_POSITIONS);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] > length)
    throw wrong(
      MASKED_POSITIONS,
      `${MASKED_POSITIONS} should be [${rows}, 0 to ${length}], but is [${shape.join(", ")}].`,
    );
  expectBelow(MASKED_POSITIONS, data, length);
  return { count: shape[1], data };
}

function int64(
  tensors: ReadonlyMap<string, WireTensor>,
  name: string,
): { readonly shape: readonly number[]; readonly data: Int32Array } {
  const tensor = tensors.get(name);
  if (!tensor) throw wrong(name, `The input ${name} is missing.`);
  const { datatype, shape, data } = tensor;
  if (datatype !== "INT64" || data instanceof Float32Array)
    throw wrong(name, `The input ${name} should be INT64, but is ${datatype}.`);
  return { shape, data };
}

function expectBelow(name: string, data: Int32Array, limit: number): void {
  for (const value of data) {
    if (value < 0 || value >= limit)
      throw wrong(name, `${name} should be 0 to ${limit - 1}, but has ${value}.`);
  }
}

function wrong(field: string, message: string): ClozeError {
  return new ClozeError("invalid-input", message, { field });
}
