/**
 * Writes a model folder back, in Hugging Face's layout: as it was read, byte for byte, or with its weights stored in
 * another type. Weights pass through in pieces; no model is ever held whole.
 */
import { ClozeError } from "@cloze/core";
import { NodeFiles } from "./files/node.ts";
import { readText } from "./files/files.ts";
import type { Files } from "./files/files.ts";
import { isUnused, StagedFolder } from "./files/staged.ts";
import type { ModelFolder } from "./folder.ts";
import { RECORD } from "./onnx/hub-folder.ts";
import { narrow } from "./narrow.ts";
import type { WeightType } from "./narrow.ts";
import { encodeSafetensors, readHeader, readMetadata } from "./safetensors.ts";
import type { StoredTensor } from "./safetensors.ts";
import { widen } from "./weights.ts";

const dtypes = { f32: "F32", f16: "F16", bf16: "BF16" } as const satisfies Record<string, WeightType>;
/** What `torch_dtype` in config.json calls them. */
const torchNames = { f32: "float32", f16: "float16", bf16: "bfloat16" } as const;

/** How a model folder is saved. */
export interface SaveOptions {
  /** The type to store the encoder's weights in; as they are, by default. Heads in `plugins/` stay as they are. */
  readonly dtype?: keyof typeof dtypes | undefined;
  /** Puts the model in the place of another that is in the folder. What belongs to no model stays. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Saves a model folder: config.json, the tokenizer's files, weights (in as many files as they were), plugins, README.
 *
 * Everything is written under another name first and put in its place at the end, weights last.
 *
 * @throws ClozeError `invalid-option` when the folder is used and `overwrite` is not given; `unsupported` for a weight
 *   that the type cannot hold.
 *
 * @example
 * await saveModel(await openFolder("models/my-bert"), "models/my-bert-f16", { dtype: "f16" });
 */
export async function saveModel(folder: ModelFolder, to: string, options: SaveOptions = {}): Promise<void> {
  const { dtype, overwrite = false } = options;
  const { files, tensors } = folder;
  if (dtype !== undefined && !Object.hasOwn(dtypes, dtype))
    throw new ClozeError("invalid-option", `dtype should be f32, f16 or bf16, but is ${dtype as string}.`, {
      field: "dtype",
    });
  const unused = await isUnused(to);
  if (!unused && !overwrite)
    throw new ClozeError("invalid-option", `${to} is in use: give another folder, or overwrite it.`, {
      field: "to",
    });

  await using staged = await StagedFolder.create(to);
  const weights = new Set(
    [...tensors.values()].map(({ file }) => file).filter((file) => !file.includes("/")),
  );
  const { files: sizes } = await files.list();
  for (const file of weights)
    await staged.write(
      file,
      dtype === undefined
        ? pieces(files, file, { offset: 0, bytes: sizes.get(file)! })
        : converted(files, file, sizes.get(file)!, dtypes[dtype]),
    );

  const changes =
    dtype === undefined ? new Map<string, Change>() : await changesOf(staged, files, weights, dtype);
  for (const name of await smallFiles(files, weights)) {
    const change = changes.get(name) ?? changes.get(name.replace(/^plugins\/[^/]+/, "plugins/*"));
    if (change) await staged.write(name, `${JSON.stringify(change(await readJson(files, name)), null, 2)}\n`);
    else await staged.write(name, await files.read(name));
  }
  const there = new NodeFiles(to);
  const obsolete = unused ? [] : [...(await modelFiles(there)), ...(await exportedFiles(there))];
  await staged.commit([...weights], obsolete);
}

type Json = Readonly<Record<string, unknown>>;
type Change = (json: Json) => Json;

const INDEX = "model.safetensors.index.json";
const ENCODER = "model.safetensors";

/** What the small files say of the weights' type, size and hash, by the file. */
async function changesOf(
  staged: StagedFolder,
  files: Files,
  weights: ReadonlySet<string>,
  dtype: keyof typeof dtypes,
): Promise<Map<string, Change>> {
  const written = new NodeFiles(staged.location);
  const { files: sizes } = await written.list();
  let total = 0;
  for (const file of weights)
    for (const { bytes } of (await readHeader(written, file, sizes.get(file)!)).values()) total += bytes;
  const hash = weights.has(ENCODER) ? await written.hash(ENCODER) : undefined;
  return new Map<string, Change>([
    ["config.json", (json) => ({ ...json, ["dtype" in json ? "dtype" : "torch_dtype"]: torchNames[dtype] })],
    [INDEX, (json) => ({ ...json, metadata: { ...(json.metadata as Json), total_size: total } })],
    [
      "plugins/*/plugin.json",
      ({ encoder, ...json }) =>
        encoder === undefined ? json : { ...json, encoder: { ...(encoder as Json), sha256: hash } },
    ],
  ]);
}

async function readJson(files: Files, name: string): Promise<Json> {
  return JSON.parse((await readText(files, name)).replace(/^\uFEFF/, "")) as Json;
}

const layout: ReadonlySet<string> = new Set([
  "README.md",
  "config.json",
  "vocab.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
]);

/** All of a model's files but those that hold the encoder's weights. */
async function smallFiles(files: Files, weights: ReadonlySet<string>): Promise<string[]> {
  return (await modelFiles(files)).filter(
    (name) => !/^[^/]+\.safetensors$/.test(name) && !(name === INDEX && weights.has(ENCODER)),
  );
}

/** What is a model's in a folder: the files of the layout, weights, and its plugins'. */
async function modelFiles(files: Files): Promise<string[]> {
  const root = await files.list();
  const names = [...root.files.keys()].filter(
    (name) => layout.has(name) || name === INDEX || name.endsWith(".safetensors"),
  );
  if (!root.folders.includes("plugins")) return names;
  for (const folder of (await files.list("plugins")).folders) {
    const { files: inside } = await files.list(`plugins/${folder}`);
    if (inside.has("plugin.json"))
      names.push(...[...inside.keys()].map((name) => `plugins/${folder}/${name}`));
  }
  return names;
}

/** What `exportModel` left in a folder: of another model, it would be taken for this one's. */
async function exportedFiles(files: Files): Promise<string[]> {
  const root = await files.list();
  const names = root.files.has(RECORD) ? [RECORD] : [];
  if (!root.folders.includes("onnx")) return names;
  const inside = [...(await files.list("onnx")).files.keys()];
  return [...names, ...inside.filter((name) => /^model.*\.onnx/.test(name)).map((name) => `onnx/${name}`)];
}

/** A multiple of every element's size. */
const PIECE = 1 << 22;

/** Part of a file, in pieces. */
async function* pieces(
  files: Files,
  file: string,
  { offset, bytes }: Pick<StoredTensor, "offset" | "bytes">,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes; at += PIECE)
    yield await files.read(file, { offset: offset + at, length: Math.min(PIECE, bytes - at) });
}

/** A weights file with its floating-point tensors in another type; the ids that old files hold stay. */
async function* converted(
  files: Files,
  file: string,
  size: number,
  to: WeightType,
): AsyncGenerator<Uint8Array> {
  const tensors = [...(await readHeader(files, file, size))].map(([name, stored]) => {
    const { dtype: from, shape } = stored;
    if (from !== "F32" && from !== "F16" && from !== "BF16")
      return { name, dtype: from, shape, chunks: () => pieces(files, file, stored) };
    const chunks = async function* () {
      for await (const piece of pieces(files, file, stored)) yield narrow(name, widen(piece, from), to);
    };
    return { name, dtype: to, shape, chunks };
  });
  yield* encodeSafetensors(tensors, await readMetadata(files, file, size));
}
