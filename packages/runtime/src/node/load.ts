/**
 * Loading a model on Node: a folder on disk becomes a predictor whose session runs on the CPU.
 */
import { availableParallelism } from "node:os";
import { ClozeError, Predictor } from "@cloze/core";
import type { ModelTexts } from "@cloze/core";
import { NodeFiles } from "../files/node.ts";
import { graphOf, openFolder as open, readModelTexts as readTexts } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { toOnnx } from "../onnx/emit.ts";
import { NodeSession } from "./session.ts";

export interface LoadOptions {
  /** Threads of one run; by default one a core, and at most 8. */
  readonly threads?: number | undefined;
  /** Where the model runs: `cpu`; `auto` chooses the best that is there, which today is the CPU. */
  readonly device?: "cpu" | "auto" | undefined;
}

/**
 * Loads a model folder.
 *
 * @param model The folder's path.
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `encoder-mismatch`, `unsupported`.
 *
 * @example
 * await using bert = await load("models/starter");
 * const { label, score } = await bert.classify("a warm , funny film");
 */
export async function load(model: string, options: LoadOptions = {}): Promise<Predictor> {
  return loadFolder(await openFolder(model), options);
}

/** Loads a folder that was opened before. */
export async function loadFolder(folder: ModelFolder, options: LoadOptions = {}): Promise<Predictor> {
  const threads = options.threads ?? Math.min(availableParallelism(), 8);
  if (!Number.isInteger(threads) || threads < 1)
    throw new ClozeError("invalid-option", `threads should be a positive whole number, but is ${threads}.`, {
      field: "threads",
    });
  const graph = graphOf(folder);
  const bytes = toOnnx(graph, folder.tensors);
  const session = await NodeSession.create(
    { model: bytes, folder: folder.files.location, threads },
    { outputs: [...graph.outputs.keys()], maxLength: folder.config.maxPositions },
  );
  return new Predictor({
    ...folder,
    session,
    plugins: folder.plugins.filter(({ name }) => graph.outputs.has(name)),
  });
}

/** Opens a model folder without loading its weights: to inspect it, or to tokenize. */
export function openFolder(path: string): Promise<ModelFolder> {
  return open(new NodeFiles(path));
}

/**
 * Reads a model folder's small files, as a Worker or an editor needs them.
 *
 * @throws ClozeError `not-found`.
 */
export function readModelTexts(path: string): Promise<ModelTexts> {
  return readTexts(new NodeFiles(path));
}
