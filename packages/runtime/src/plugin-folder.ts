/**
 * A plugin that lies outside its model's folder: `plugin.json` and `head.safetensors`, in a folder of their own or in
 * one file. Its head is small, so its weights are read as numbers.
 */
import { ClozeError, parsePlugin } from "@cloze/core";
import type { HeadWeights, Operand } from "@cloze/core";
import { readText } from "./files/files.ts";
import type { Files } from "./files/files.ts";
import { readHeader } from "./safetensors.ts";
import { readTensor } from "./weights.ts";

const PLUGIN_JSON = "plugin.json";
const HEAD_WEIGHTS = "head.safetensors";

/**
 * Reads a plugin. Which encoder it was made for is not looked at.
 *
 * @throws ClozeError `not-found`, `invalid-plugin`, `invalid-model` for damaged weights.
 * @example
 * const { plugin } = await readPlugin(await openZip(pluginFile, "moods.cloze"));
 * plugin.labels; // ["negative", "positive"]
 */
export async function readPlugin(files: Files): Promise<HeadWeights> {
  const listing = await files.list();
  const size = listing.files.get(HEAD_WEIGHTS);
  if (!listing.files.has(PLUGIN_JSON) || size === undefined)
    throw new ClozeError(
      "not-found",
      `${files.location} is not a plugin: it has no ${size === undefined ? HEAD_WEIGHTS : PLUGIN_JSON}.`,
    );
  const plugin = parsePlugin(await readText(files, PLUGIN_JSON));
  const weights = new Map<string, Operand>();
  for (const [name, tensor] of await readHeader(files, HEAD_WEIGHTS, size))
    weights.set(name, { dims: tensor.shape, data: await readTensor(files, tensor) });
  return { plugin, weights };
}
