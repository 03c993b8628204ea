/**
 * The model that a command asks: a folder, or the starter model. Loaded late, so that no command waits for what it
 * does not use.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Predictor } from "@cloze/core";
import type { ModelOptions } from "./options.ts";

/** The folder of the model that was asked for. */
export function modelFolder(model: string | undefined): string {
  if (model !== undefined) return model;
  return path.dirname(fileURLToPath(import.meta.resolve("@cloze/starter/model/config.json")));
}

/** What the model is called where it has to have a name: its folder's, in the letters that a URL allows. */
export function modelName(model: string | undefined): string {
  const last = path.basename(path.resolve(model ?? "cloze-starter"));
  return last.replace(/[^A-Za-z0-9._-]+/g, "-");
}

/**
 * Loads the model; the caller closes it (`await using`).
 *
 * @throws ClozeError as `load` does.
 */
export async function loadModel({ model, threads, device }: ModelOptions): Promise<Predictor> {
  const { load } = await import("@cloze/runtime/node");
  return load(modelFolder(model), { threads, device });
}
