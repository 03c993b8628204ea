/**
 * The model that a command asks: a folder, or the starter model. Loaded late, so that no command waits for what it
 * does not use.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Predictor } from "@cloze/core";
import type { ModelOptions } from "./options.ts";

/** The folder of the model that was asked for. */
export function modelFolder(model: string | undefined): string {
  if (model !== undefined) return model;
  return path.dirname(fileURLToPath(import.meta.resolve("@cloze/starter/model/config.json")));
}

/** The folder on this machine of the model that was asked for; one of the hub is fetched, if it is not there. */
export async function localFolder(model: string | undefined): Promise<string> {
  const folder = modelFolder(model);
  if (existsSync(folder)) return folder;
  const { findModel } = await import("@cloze/runtime/node");
  return findModel(folder);
}

/** What the model is called where it has to have a name: its folder's, in the letters that a URL allows. */
export function modelName(model: string | undefined): string {
  const last = path.basename(path.resolve(model ?? "cloze-starter"));
  return last.replace(/[^A-Za-z0-9._-]+/g, "-");
}

/**
 * Loads the model, and the plugin that was asked for where it lies in a place of its own; the caller closes the model
 * (`await using`).
 *
 * @throws ClozeError as `load` and `Predictor.plugin` do.
 */
export async function loadModel(options: ModelOptions): Promise<Predictor> {
  const { model, threads, device, plugin } = options;
  if (options.load) return options.load();
  const { load } = await import("@cloze/runtime/node");
  const bert = await load(modelFolder(model), { threads, device });
  const known = plugin === undefined || bert.plugins.some(({ name }) => name === plugin);
  if (known || !existsSync(plugin)) return bert;
  try {
    await bert.plugin(plugin);
    return bert;
  } catch (error) {
    await bert[Symbol.asyncDispose]();
    throw error;
  }
}
