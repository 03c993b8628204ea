/**
 * The ready variants of a model that the hub keeps in `onnx/`, by the names that transformers.js has for them.
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files/files.ts";

/** What each variant's file name adds to `model`. */
const suffixes = {
  fp32: "",
  fp16: "_fp16",
  int8: "_int8",
  uint8: "_uint8",
  q8: "_quantized",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
} as const;

/** A variant of a model's weights, as transformers.js calls it. */
export type DType = keyof typeof suffixes;
/** Every variant. */
export const dtypes = Object.keys(suffixes) as readonly DType[];

/** Eight bits with a sign go by two names. */
const siblings: { readonly [D in DType]?: DType } = { int8: "q8", q8: "int8" };

/**
 * The name of a variant's file.
 *
 * @throws ClozeError `invalid-option` for a name that is none.
 * @example
 * variantFile("q8"); // "model_quantized.onnx"
 */
export function variantFile(dtype: DType): string {
  if (!Object.hasOwn(suffixes, dtype))
    throw new ClozeError("invalid-option", `There is no dtype ${dtype}: use one of ${dtypes.join(", ")}.`, {
      field: "dtype",
    });
  return `model${suffixes[dtype]}.onnx`;
}

/**
 * Which file of a model folder serves a dtype. Without one, and for `fp32`, the safetensors do, where they are there.
 *
 * @returns The path of an `.onnx` file in the folder; undefined for the safetensors, and where no dtype was asked for
 *   and there are no weights at all.
 * @throws ClozeError `not-found` when the folder has no such variant, `invalid-option` for a name that is none.
 */
export async function chooseVariant(files: Files, asked?: DType): Promise<string | undefined> {
  const dtype = asked ?? "fp32";
  const root = await files.list();
  const inner = root.folders.includes("onnx") ? await files.list("onnx") : undefined;
  const find = (name: string): string | undefined =>
    inner?.files.has(name) ? `onnx/${name}` : root.files.has(name) ? name : undefined;

  const safetensors = root.files.has("model.safetensors") || root.files.has("model.safetensors.index.json");
  if (dtype === "fp32" && safetensors) return undefined;
  const sibling = siblings[dtype];
  const path = find(variantFile(dtype)) ?? (sibling && find(variantFile(sibling)));
  if (path !== undefined || asked === undefined) return path;
  const there = dtypes.filter((other) => find(variantFile(other)) || (other === "fp32" && safetensors));
  throw new ClozeError(
    "not-found",
    `${files.location} has no model of dtype ${dtype}; it has ${there.join(", ") || "none at all"}.`,
    { field: "dtype" },
  );
}
