/**
 * Exports a model for other tools: a folder as the hub keeps them, with config.json, the tokenizer's files and
 * `onnx/model….onnx`, that transformers.js, optimum and onnxruntime read as it is.
 *
 * What is in the file is `exchange.ts`'s and `profiles.ts`'s matter; whether it is good is left to the caller.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { readText } from "../files/files.ts";
import { NodeFiles } from "../files/node.ts";
import { isUnused, StagedFolder } from "../files/staged.ts";
import { graphOf } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { variantFile } from "../variants.ts";
import type { DType } from "../variants.ts";
import { readTensor } from "../weights.ts";
import { emit } from "./emit.ts";
import type { EmitOptions } from "./emit.ts";
import { chooseFace, exchangeGraph, exchangeSignature } from "./exchange.ts";
import type { Face } from "./exchange.ts";
import { pretty, RECORD, smallFiles, tokenizerNames } from "./hub-folder.ts";
import type { ExportRecord, FileRecord, Verification } from "./hub-folder.ts";
import { int4, int8 } from "./profiles.ts";
import { encodeModel, lengthOf } from "./wire.ts";
import type { ModelProto, Part, TensorProto } from "./wire.ts";

/** How each precision is made, and what transformers.js calls it. */
export const precisions = {
  fp32: { compute: "F32", profile: {}, dtype: "fp32" },
  fp16: { compute: "F16", profile: {}, dtype: "fp16" },
  int8: { compute: "F32", profile: int8, dtype: "int8" },
  int4: { compute: "F32", profile: int4, dtype: "q4" },
} as const satisfies Record<string, Pick<EmitOptions, "compute" | "profile"> & { readonly dtype: DType }>;

/** What the weights of an export are stored in. */
export type Precision = keyof typeof precisions;

/** What a model with its weights inside may take: protobuf's own limit is 2 GiB. */
const INLINE_LIMIT = 2_000_000_000;

/** What of a model is exported, and how. */
export interface PlanOptions {
  /** A head's name, `none` for the encoder's outputs, `pretraining` for both heads of one; by default the first head. */
  readonly plugin?: string | undefined;
  readonly precision?: Precision | undefined;
  /** The size from which on weights are kept in a file beside the model. */
  readonly inlineLimit?: number | undefined;
}

/** What of a model is exported, how, and what measures it. */
export interface ExportOptions extends PlanOptions {
  /**
   * Measures the model before it is put in its place: when it throws, all stays as it was. What it gives is written to
   * `export.json` and the card.
   *
   * @param file The model, in a folder like the one that it will be in.
   */
  readonly verify?: ((file: string, plan: Plan) => Promise<Verification>) | undefined;
}

/** What an export will be. */
export interface Plan {
  /** The model's path in the folder. */
  readonly file: string;
  readonly precision: Precision;
  /** What `load` and transformers.js call the precision. */
  readonly dtype: DType;
  /** Of the model and of its weights beside. */
  readonly bytes: number;
  readonly face: Face;
  /** What is written, by path; the model last. */
  readonly parts: ReadonlyMap<string, readonly Part[]>;
}

/**
 * Says what an export will be, to the byte, and reads no weight.
 *
 * @throws ClozeError `not-found` for a head that is not there, `invalid-model`.
 * @example
 * const { bytes } = planExport(await openFolder("models/my-bert"), { precision: "int8" });
 * bytes < 50_000; // true
 */
export function planExport(folder: ModelFolder, options: PlanOptions = {}): Plan {
  const { plugin, precision = "fp32", inlineLimit } = options;
  expectPrecision(precision);
  const face = chooseFace(folder, plugin);
  const { dtype, compute, profile } = precisions[precision];
  const file = `onnx/${variantFile(dtype)}`;
  const model = emit(exchangeGraph(graphOf(folder), face), folder.tensors, {
    signature: exchangeSignature(compute, face.plugin?.kind === "choice"),
    profile,
    compute,
    read: (tensor) => readTensor(folder.files, tensor),
  });
  const parts = layOut(file, model, inlineLimit);
  const bytes = lengthOf([...parts.values()].flat());
  return { file, precision, dtype, bytes, face, parts };
}

/** @throws ClozeError `invalid-option` for a precision that there is not. */
export function expectPrecision(precision: Precision): void {
  if (!Object.hasOwn(precisions, precision))
    throw new ClozeError(
      "invalid-option",
      `precision should be one of ${Object.keys(precisions).join(", ")}, but is ${precision as string}.`,
      { field: "precision" },
    );
}

/** A model as files: in one, or from a size on with its weights in another. */
export function layOut(
  file: string,
  model: ModelProto,
  inlineLimit = INLINE_LIMIT,
): ReadonlyMap<string, readonly Part[]> {
  const whole = encodeModel(model);
  return lengthOf(whole) < inlineLimit ? new Map([[file, whole]]) : apart(file, model);
}

/** A model whose weights lie in a file beside it, under the name that transformers.js looks for. */
function apart(file: string, model: ModelProto): Map<string, readonly Part[]> {
  const location = `${file.slice(file.lastIndexOf("/") + 1)}_data`;
  const weights: Part[] = [];
  let offset = 0;
  const initializers = model.initializers.map((tensor): TensorProto => {
    const { data } = tensor;
    if (data instanceof Uint8Array || "location" in data) return tensor;
    const { length } = data;
    weights.push(data);
    offset += length;
    return { ...tensor, data: { location, offset: offset - length, length } };
  });
  return new Map([
    [`${file}_data`, weights],
    [file, encodeModel({ ...model, initializers })],
  ]);
}

/**
 * Exports a model. A folder that was exported to before, from the same model and with the same head, gets one precision
 * more.
 *
 * @returns What stands in `export.json` now.
 * @throws ClozeError `not-found` for a head that is not there, `invalid-option` for a folder that holds something else,
 *   `unsupported` for weights that the precision cannot hold, and what `verify` throws.
 *
 * @example
 * await exportModel(await openFolder("models/my-bert"), "my-bert-onnx", { precision: "int8" });
 */
export async function exportModel(
  folder: ModelFolder,
  to: string,
  options: ExportOptions = {},
): Promise<ExportRecord> {
  const plan = planExport(folder, options);
  const { file, face, precision, dtype, bytes, parts } = plan;
  const source = await describeSource(folder, face);
  const before = await filesOf(to, source);
  const recordWith = (verification?: Verification): ExportRecord => {
    const known: FileRecord = { precision, dtype, bytes, external: parts.size > 1, verification };
    return { ...source, files: { ...before, [file]: known } };
  };

  await using staged = await StagedFolder.create(to);
  for (const [name, content] of parts) await staged.write(name, inTurn(content));
  const write = async (record: ExportRecord) => {
    for (const [name, text] of await smallFiles(folder, face, record)) await staged.write(name, text);
    await staged.write(RECORD, pretty(record));
    return record;
  };
  let record = await write(recordWith());
  if (options.verify)
    record = await write(recordWith(await options.verify(path.join(staged.location, file), plan)));
  await staged.commit([file]);
  return record;
}

/** The bytes of a file, each part made when it is its turn. */
export async function* inTurn(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part instanceof Uint8Array ? part : await part.bytes();
}

type Source = Omit<ExportRecord, "files">;

/** What an export is made of: two that agree in this, whatever the model is called, may share a folder. */
async function describeSource({ files, tensors, name }: ModelFolder, face: Face): Promise<Source> {
  const sha256: Record<string, string> = {};
  const { files: there } = await files.list();
  const small = ["config.json", ...tokenizerNames].filter((one) => there.has(one));
  for (const file of new Set([...[...tensors.values()].map((tensor) => tensor.file), ...small]))
    if (!file.startsWith("plugins/") || file.startsWith(`plugins/${face.name}/`))
      sha256[file] = await files.hash(file);
  return { source: name, sha256, plugin: face.name, architecture: face.architecture, task: face.task };
}

/** What was exported to a folder before; refuses a folder that holds anything else. */
async function filesOf(to: string, source: Source): Promise<ExportRecord["files"]> {
  if (await isUnused(to)) return {};
  const refuse = (what: string) =>
    new ClozeError("invalid-option", `${to} ${what}: give another folder.`, { field: "out" });
  const text = await readText(new NodeFiles(to), RECORD).catch(() => undefined);
  if (text === undefined) throw refuse("is in use, and not by an export");
  let record: Partial<ExportRecord> | null;
  try {
    record = JSON.parse(text) as Partial<ExportRecord> | null;
  } catch {
    throw refuse("is in use, and its export.json is damaged");
  }
  const { files, ...before } = record ?? {};
  if (!files) throw refuse("is in use, and not by an export");
  if (JSON.stringify({ ...before, source: source.source }) !== JSON.stringify(source))
    throw refuse(`holds ${before.source} with the head ${before.plugin}, which is another model`);
  return files;
}
