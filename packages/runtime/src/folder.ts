/**
 * A model folder in Hugging Face's layout, read and checked: sizes, head, tokenizer, plugins, and where each
 * parameter lies. No weight is read here.
 */
import { buildModel, ClozeError, findHead, heads, parseConfig, parsePlugin, Tokenizer } from "@cloze/core";
import type { AttachedHead, BertConfig, Graph, Plugin } from "@cloze/core";
import { readText } from "./files/files.ts";
import type { Files } from "./files/files.ts";
import { readHeader } from "./safetensors.ts";
import type { StoredTensor } from "./safetensors.ts";

export interface ModelFolder {
  readonly files: Files;
  readonly name: string;
  readonly config: BertConfig;
  /** The class of `transformers` that the folder was saved from. */
  readonly architecture: string;
  /** The head that came inside the model, if it has one, then those in `plugins/`. */
  readonly plugins: readonly Plugin[];
  readonly tokenizer: Tokenizer;
  /** Every tensor, under the name that the graph has for it. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** What the head that came inside a model is called, as a plugin and as an output. */
const OWN_HEAD = "head";

/**
 * Opens a model folder.
 *
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `encoder-mismatch`, `unsupported`.
 */
export async function openFolder(files: Files): Promise<ModelFolder> {
  const sizes = await files.list();
  if (!sizes.has("config.json"))
    throw new ClozeError("not-found", `${files.location} is not a model folder: it has no config.json.`);
  const { config, head } = parseConfig(await readText(files, "config.json"));
  const tensors = await weights(files, sizes);
  const own = heads.find(({ architecture }) => architecture === head.architecture);
  const plugins: Plugin[] = own
    ? [
        {
          name: OWN_HEAD,
          version: "1.0.0",
          title: head.architecture,
          examples: [],
          metrics: {},
          ...own.describe(head),
        },
      ]
    : [];
  for (const folder of pluginFolders(sizes)) {
    const plugin = parsePlugin(await readText(files, `${folder}/plugin.json`));
    await checkEncoder(files, sizes, plugin);
    for (const [name, tensor] of await headTensors(files, sizes, folder))
      tensors.set(`plugins.${plugin.name}.${name}`, tensor);
    plugins.push(plugin);
  }
  const tokenizer = await readTokenizer(files, sizes);
  const name = files.location.split(/[\\/]/).findLast((part) => part !== "") ?? files.location;
  return { files, name, config, architecture: head.architecture, plugins, tokenizer, tensors };
}

/** The graph of everything that the folder can run. A plugin of a kind that has no head file yet is left out. */
export function graphOf({ config, plugins, tensors }: ModelFolder): Graph {
  const attached = plugins.flatMap((plugin): AttachedHead[] => {
    const head = findHead(plugin.kind);
    if (!head) return [];
    const scope = plugin.name === OWN_HEAD ? head.scope : `plugins.${plugin.name}`;
    return [{ output: plugin.name, kind: plugin.kind, scope, shape: plugin }];
  });
  return buildModel(config, { pooler: tensors.has("bert.pooler.dense.weight"), heads: attached });
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
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
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

/** A head on another encoder fails silently, so it is refused here. */
async function checkEncoder(files: Files, sizes: ReadonlyMap<string, number>, plugin: Plugin): Promise<void> {
  if (!plugin.encoder) return;
  if (!sizes.has(SINGLE))
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

function hashOf(files: Files, file: string): Promise<string> {
  const known = hashes.get(files) ?? new Map<string, Promise<string>>();
  hashes.set(files, known);
  const hash = known.get(file) ?? files.hash(file);
  known.set(file, hash);
  return hash;
}

async function readTokenizer(files: Files, sizes: ReadonlyMap<string, number>): Promise<Tokenizer> {
  const text = async (path: string) => (sizes.has(path) ? await readText(files, path) : undefined);
  const [vocabTxt, tokenizerJson, tokenizerConfig, specialTokensMap, addedTokens] = await Promise.all(
    [
      "vocab.txt",
      "tokenizer.json",
      "tokenizer_config.json",
      "special_tokens_map.json",
      "added_tokens.json",
    ].map(text),
  );
  if (vocabTxt === undefined && tokenizerJson === undefined)
    throw new ClozeError(
      "not-found",
      `${files.location} has neither vocab.txt nor tokenizer.json: one of them is needed.`,
    );
  return Tokenizer.fromFiles({ vocabTxt, tokenizerJson, tokenizerConfig, specialTokensMap, addedTokens });
}
