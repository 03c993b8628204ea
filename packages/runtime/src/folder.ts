/**
 * A model folder in Hugging Face's layout, read and checked: sizes, head, tokenizer, plugins, and where each
 * parameter lies. No weight is read here.
 */
import {
  buildHead,
  buildModel,
  ClozeError,
  gatherTokenizerFiles,
  MASKED_POSITIONS,
  namesOf,
  readModel,
} from "@cloze/core";
import type { Graph, ModelDescription, ModelTexts, Plugin } from "@cloze/core";
import { readText } from "./files/files.ts";
import type { Files } from "./files/files.ts";
import { readHeader } from "./safetensors.ts";
import type { StoredTensor } from "./safetensors.ts";

/** A model folder that is open. */
export interface ModelFolder extends ModelDescription {
  readonly files: Files;
  readonly name: string;
  /** Every tensor, under the name that the graph has for it. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Opens a model folder.
 *
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `invalid-vocabulary`, `encoder-mismatch`,
 *   `unsupported`.
 */
export async function openFolder(files: Files): Promise<ModelFolder> {
  const sizes = await listModel(files);
  const folders = pluginFolders(sizes);
  const model = readModel(await readTexts(files, sizes, folders));
  const tensors = await weights(files, sizes);
  const plugins = model.plugins.slice(model.plugins.length - folders.length); // after the model's own, in order
  for (const [i, folder] of folders.entries()) {
    const { scope } = plugins[i];
    await checkEncoder(files, plugins[i], sizes);
    for (const [tensor, stored] of await headTensors(files, sizes, folder))
      tensors.set(`${scope}.${tensor}`, stored);
  }
  const name = files.location.split(/[\\/]/).findLast((part) => part !== "") ?? files.location;
  return { ...model, files, name, tensors };
}

/**
 * Reads the small files of a model folder: what a Worker needs of it. Nothing is checked yet.
 *
 * @throws ClozeError `not-found`.
 */
export async function readModelTexts(files: Files): Promise<ModelTexts> {
  const sizes = await listModel(files);
  return readTexts(files, sizes, pluginFolders(sizes));
}

/**
 * The graph of everything that the folder can run.
 *
 * @example
 * graphOf(await openFolder("models/starter")).outputs.has("sentiment"); // true
 */
export function graphOf({ config, plugins, tensors }: ModelFolder): Graph {
  return buildModel(config, { pooler: tensors.has("bert.pooler.dense.weight"), heads: plugins });
}

/**
 * The same in parts, as it is run: what every text needs in one graph, and apart from it each head that needs more than
 * a text. The words of masks take a product with the whole vocabulary: too much to be held, or run, for nothing.
 */
export function graphsOf(folder: ModelFolder): { readonly model: Graph; readonly heads: readonly Graph[] } {
  const heads = new Map(folder.plugins.map((plugin) => [plugin, buildHead(folder.config, plugin)]));
  const apart = [...heads].filter(([, graph]) => namesOf(graph.inputs).includes(MASKED_POSITIONS));
  const plugins = folder.plugins.filter((plugin) => !apart.some(([other]) => other === plugin));
  return { model: graphOf({ ...folder, plugins }), heads: apart.map(([, graph]) => graph) };
}

/** The files of the folder and of each folder in `plugins/`, by path, with their sizes in bytes. */
async function listModel(files: Files): Promise<ReadonlyMap<string, number>> {
  const root = await files.list();
  if (!root.files.has("config.json"))
    throw new ClozeError("not-found", `${files.location} is not a model folder: it has no config.json.`);
  const sizes = new Map(root.files);
  if (!root.folders.includes("plugins")) return sizes;
  for (const name of (await files.list("plugins")).folders) {
    const folder = `plugins/${name}`;
    for (const [file, size] of (await files.list(folder)).files) sizes.set(`${folder}/${file}`, size);
  }
  return sizes;
}

async function readTexts(
  files: Files,
  sizes: ReadonlyMap<string, number>,
  folders: readonly string[],
): Promise<ModelTexts> {
  const text = async (path: string) => (sizes.has(path) ? await readText(files, path) : undefined);
  return {
    config: await readText(files, "config.json"),
    ...(await gatherTokenizerFiles(text)),
    plugins: await Promise.all(folders.map((folder) => readText(files, `${folder}/plugin.json`))),
  };
}

async function weights(files: Files, sizes: ReadonlyMap<string, number>): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const file of await weightFiles(files, sizes)) {
    const size = sizes.get(file);
    if (size === undefined)
      throw new ClozeError(
        "not-found",
        `${files.location} lacks ${file}, which its index names: fetch the model again.`,
      );
    for (const [name, tensor] of await readHeader(files, file, size)) tensors.set(graphName(name), tensor);
  }
  return tensors;
}

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

async function weightFiles(files: Files, sizes: ReadonlyMap<string, number>): Promise<string[]> {
  if (sizes.has(SINGLE)) return [SINGLE];
  if (!sizes.has(INDEX)) {
    const hint = sizes.has("pytorch_model.bin")
      ? " It has pytorch_model.bin: save it again as safetensors."
      : "";
    throw new ClozeError("not-found", `${files.location} has no ${SINGLE}.${hint}`);
  }
  let index: unknown;
  try {
    index = JSON.parse(await readText(files, INDEX));
  } catch (cause) {
    throw new ClozeError("invalid-model", `${INDEX} in ${files.location} is not JSON: fetch it again.`, {
      cause,
    });
  }
  const map = (index as { readonly weight_map?: Readonly<Record<string, unknown>> } | null)?.weight_map;
  const shards = [...new Set(Object.values(map ?? {}))].filter((shard) => typeof shard === "string");
  if (shards.length === 0 || shards.some((shard) => shard.includes("..")))
    throw new ClozeError(
      "invalid-model",
      `${INDEX} in ${files.location} names no weights files: fetch it again.`,
    );
  return shards;
}

/** Hugging Face's own name of a tensor: encoders saved alone lack `bert.`, checkpoints of 2018 say gamma and beta. */
function graphName(stored: string): string {
  const name = stored
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias")
    .replace(/^cls\.predictions\.decoder\.bias$/, "cls.predictions.bias"); // one tensor under two names
  return /^(embeddings|encoder|pooler)\./.test(name) ? `bert.${name}` : name;
}

function pluginFolders(sizes: ReadonlyMap<string, number>): string[] {
  return [...sizes.keys()]
    .map((path) => /^(plugins\/[^/]+)\/plugin\.json$/.exec(path)?.[1])
    .filter((folder) => folder !== undefined)
    .sort();
}

async function headTensors(files: Files, sizes: ReadonlyMap<string, number>, folder: string) {
  const file = `${folder}/head.safetensors`;
  const size = sizes.get(file);
  if (size === undefined)
    throw new ClozeError("not-found", `${files.location} lacks ${file}: a plugin needs its weights.`);
  return readHeader(files, file, size);
}

/**
 * Refuses a plugin that was made for another encoder: it would fail silently.
 *
 * @param sizes The files of the model's folder, where they are known.
 * @throws ClozeError `encoder-mismatch`, `unsupported` where the encoder has no one file to be hashed.
 */
export async function checkEncoder(
  files: Files,
  plugin: Plugin,
  sizes?: ReadonlyMap<string, number>,
): Promise<void> {
  if (!plugin.encoder) return;
  if (!(sizes ?? (await files.list()).files).has(SINGLE))
    throw new ClozeError(
      "unsupported",
      `The plugin ${plugin.name} names its encoder by the hash of ${SINGLE}, which is not there.`,
    );
  if ((await hashOf(files, SINGLE)) !== plugin.encoder.sha256)
    throw new ClozeError(
      "encoder-mismatch",
      `The plugin ${plugin.name} was made for the encoder ${plugin.encoder.name}, but ${SINGLE} in ${files.location} is another ` +
        "or has been changed: use that encoder, or train the plugin again.",
    );
}

/** Several plugins share one encoder: it is hashed once. */
const hashes = new WeakMap<Files, Map<string, Promise<string>>>();

export function hashOf(files: Files, file: string): Promise<string> {
  const known = hashes.get(files) ?? new Map<string, Promise<string>>();
  hashes.set(files, known);
  const hash = known.get(file) ?? files.hash(file);
  known.set(file, hash);
  hash.catch(() => known.delete(file)); // what failed is tried again
  return hash;
}
