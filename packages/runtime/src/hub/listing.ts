/**
 * What a commit holds: its files, each with its size and the name of its content; and which of them a model folder
 * needs.
 */
import { ClozeError } from "@cloze/core";
import { variantFile } from "../variants.ts";
import type { DType } from "../variants.ts";

export interface HubFile {
  /** The path in the model, with slashes. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** What its content is called in the cache: the SHA-256 of a file in LFS or Xet, the git hash of any other. */
  readonly blob: string;
}

/** A file as the hub lists it, or nothing for a path or a name that could lead out of the cache. */
export function hubFile(path: string, size: number, blob: string): HubFile[] {
  const parts = path.split("/");
  const inside = parts.every((part) => !/^\.{0,2}$/.test(part)) && !/[\\:\0]/.test(path);
  if (!inside || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(blob) || !Number.isSafeInteger(size) || size < 0)
    return [];
  return [{ path, size, blob }];
}

/**
 * The weights to ask the hub for, to have a dtype.
 *
 * @returns Nothing where the safetensors serve.
 * @throws ClozeError `invalid-option` for a name that is none.
 *
 * @example
 * const folder = await fetchModel("google-bert/bert-base-uncased", { files: filesOfDtype("q8") }); // onnx/model_quantized.onnx
 */
export function filesOfDtype(dtype: DType | undefined): readonly string[] | undefined {
  return dtype === undefined || dtype === "fp32" ? undefined : [`onnx/${variantFile(dtype)}`];
}

const CONFIG = "config.json";
const BESIDE =
  /^(?:README\.md|vocab\.txt|(?:tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json|plugins\/[^/]+\/[^/]+)$/;

/**
 * The files that a model folder needs, the small ones first and `config.json` last: linked in this order, a folder
 * that has `config.json` is whole.
 *
 * @param files Weights to take instead of `model.safetensors`, such as an ONNX variant.
 * @throws ClozeError `not-found` or `unsupported` when the model has no config or not those weights.
 */
export function chooseFiles(name: string, listing: readonly HubFile[], files?: readonly string[]): HubFile[] {
  const config = listing.filter(({ path }) => path === CONFIG);
  if (config.length === 0)
    throw new ClozeError("unsupported", `${name} has no config.json: it is not a model that can be loaded.`);
  const weights = files?.flatMap((file) => askedFor(name, listing, file)) ?? usualWeights(name, listing);
  const beside = listing.filter(({ path }) => BESIDE.test(path));
  return [...new Set([...beside, ...weights].filter(({ path }) => path !== CONFIG)), ...config];
}

/** What a model runs from as it is: its safetensors, or an ONNX file of full precision where there are none. */
function usualWeights(name: string, listing: readonly HubFile[]): HubFile[] {
  const all = (pattern: RegExp): HubFile[] => listing.filter(({ path }) => pattern.test(path));
  const single = all(/^model\.safetensors$/);
  if (single.length > 0) return single;
  const shards = all(/^model(?:-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/);
  if (shards.length > 0) return shards;
  for (const { path } of all(/^(?:onnx\/)?model\.onnx$/)) return askedFor(name, listing, path);
  const other = all(/^pytorch_model\.bin$/).length > 0 ? ", only pytorch_model.bin, which is not read" : "";
  const onnx = onnxOf(listing);
  throw new ClozeError(
    "unsupported",
    `${name} has no model.safetensors${other}: ` +
      (onnx.length > 0
        ? `ask by its dtype for one of the ONNX files that it has, ${onnx.join(", ")}.`
        : "save it with transformers' save_pretrained and give that folder, or name a revision that has safetensors."),
    { field: "model" },
  );
}

/** A file that was asked for, and the external data that ONNX keeps beside a large one. */
function askedFor(name: string, listing: readonly HubFile[], file: string): HubFile[] {
  const found = listing.filter(({ path }) => path === file);
  if (found.length > 0)
    return [
      ...found,
      ...listing.filter(
        ({ path }) => /^[_.]data(?:_\d+)?$/.test(path.slice(file.length)) && path.startsWith(file),
      ),
    ];
  const onnx = onnxOf(listing);
  throw new ClozeError(
    "not-found",
    `${name} has no ${file}: ${onnx.length > 0 ? `of ONNX it has ${onnx.join(", ")}` : "it has no ONNX file at all"}.`,
    { field: "dtype" },
  );
}

function onnxOf(listing: readonly HubFile[]): string[] {
  return listing.flatMap(({ path }) => (path.endsWith(".onnx") ? [path] : []));
}
