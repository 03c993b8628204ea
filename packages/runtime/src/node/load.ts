/**
 * Loading a model on Node: a folder on disk, an `.onnx` file, or a name on the hub becomes a predictor whose session
 * runs on the CPU or a GPU.
 */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ClozeError, MASKED_POSITIONS, namesOf, Predictor } from "@cloze/core";
import type { HeadWeights, ModelTexts } from "@cloze/core";
import { NodeFiles } from "../files/node.ts";
import { openZip } from "../files/zip.ts";
import { checkEncoder, graphsOf, openFolder as open, readModelTexts as readTexts } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { fetchModel, filesOfDtype, followLinks } from "../hub/index.ts";
import type { FetchOptions } from "../hub/index.ts";
import { toOnnx } from "../onnx/emit.ts";
import { webgpu } from "../onnx/profiles.ts";
import { readPlugin } from "../plugin-folder.ts";
import { chooseVariant } from "../variants.ts";
import type { DType } from "../variants.ts";
import { deviceOf } from "./device.ts";
import type { NodeDevice } from "./device.ts";
import { loadOnnx } from "./foreign.ts";
import { countThreads, NodeSession } from "./session.ts";

/** Where the model comes from, where it is a name on the hub, and how it runs. */
export interface LoadOptions extends Omit<FetchOptions, "files"> {
  /** Threads of one run; by default one a core, and at most 8. */
  readonly threads?: number | undefined;
  /**
   * Where the model runs: `cpu`; `webgpu`, which is any GPU with a Vulkan driver (D3D12 or Metal elsewhere); `cuda`, which
   * needs the CUDA build of onnxruntime-node. `auto`, the default, is the CPU: a GPU is worth it for large models and many
   * texts, and software that calls itself one is slower.
   */
  readonly device?: NodeDevice | "auto" | undefined;
  /** One of the ready variants that the hub keeps in `onnx/`, in place of `model.safetensors`. */
  readonly dtype?: DType | undefined;
}

/**
 * Loads a model.
 *
 * @param model The path of a model folder or of an `.onnx` file, or a name on the hub, such as
 *   `google-bert/bert-base-uncased`, which is fetched once and kept in Hugging Face's cache.
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `encoder-mismatch`, `unsupported`, and for names
 *   on the hub what `fetchModel` throws.
 *
 * @example
 * await using bert = await load("models/starter");
 * const { label, score } = await bert.classify("a warm , funny film"); // "positive", 0.9997
 */
export async function load(model: string, options: LoadOptions = {}): Promise<Predictor> {
  deviceOf(options);
  if (model.endsWith(".onnx")) return loadOnnx(model, options);
  const folder = await findModel(model, options);
  const files = new NodeFiles(folder);
  const variant = await chooseVariant(files, options.dtype);
  if (variant !== undefined) return loadOnnx(path.join(folder, variant), options);
  return loadFolder(await open(files), options);
}

/**
 * Loads a folder that was opened before.
 *
 * @example
 * await using bert = await loadFolder(await openFolder("models/starter"), { threads: 1 });
 */
export async function loadFolder(folder: ModelFolder, options: LoadOptions = {}): Promise<Predictor> {
  const threads = countThreads(options.threads);
  const device = deviceOf(options);
  const profile = device === "webgpu" ? webgpu : {};
  const { model, heads } = graphsOf(folder);
  const weights = await followLinks(folder.files.location, folder.tensors); // the hub's cache is made of links
  const session = await NodeSession.create(
    {
      model: toOnnx(model, weights.tensors, profile),
      folder: weights.folder,
      threads,
      device,
      heads: heads.map((head) => ({
        model: toOnnx(head, weights.tensors, profile),
        reads: namesOf(head.inputs).filter((name) => name !== MASKED_POSITIONS),
        outputs: [...head.outputs.keys()],
      })),
    },
    {
      outputs: [model, ...heads].flatMap(({ outputs }) => [...outputs.keys()]),
      maxLength: folder.config.maxPositions,
    },
  );
  return new Predictor({
    ...folder,
    session,
    readPlugin: openPlugin,
    checkEncoder: (plugin) => checkEncoder(folder.files, plugin),
  });
}

/**
 * Reads a plugin's folder or `.cloze` file. Which encoder it was made for is not looked at.
 *
 * @throws ClozeError `not-found`, `invalid-plugin`.
 * @example
 * const { plugin, weights } = await openPlugin("plugins/moods");
 * plugin.labels; // ["negative", "positive"]
 */
export async function openPlugin(place: string): Promise<HeadWeights> {
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found)
    throw new ClozeError("not-found", `There is no plugin at ${place}: give its folder, or its .cloze file.`);
  return readPlugin(found.isFile() ? await openZip(await readFile(place), place) : new NodeFiles(place));
}

/**
 * The folder of a model: the path itself where something is there, else the hub's model of this name.
 *
 * @throws ClozeError What `fetchModel` throws.
 * @example
 * const folder = await findModel("google-bert/bert-base-uncased"); // in the hub's cache
 */
export async function findModel(model: string, options: LoadOptions = {}): Promise<string> {
  if (existsSync(model)) return model;
  return fetchModel(model, { ...options, files: filesOfDtype(options.dtype) });
}

/**
 * Opens a model without loading its weights: to inspect it, or to tokenize.
 *
 * @example
 * const { config, plugins, tensors } = await openFolder("models/starter");
 * tensors.get("bert.pooler.dense.weight")?.shape; // [384, 384]
 */
export async function openFolder(model: string, options: LoadOptions = {}): Promise<ModelFolder> {
  return open(new NodeFiles(await findModel(model, options)));
}

/**
 * Reads a model folder's small files, as a Worker or an editor needs them.
 *
 * @throws ClozeError `not-found`.
 * @example
 * const { tokenizer } = readModel(await readModelTexts("models/starter"));
 */
export function readModelTexts(folder: string): Promise<ModelTexts> {
  return readTexts(new NodeFiles(folder));
}
