/**
 * The places that a folder's weights really have. ONNX Runtime refuses weights that a link leads out of the folder that
 * it is given, and a snapshot in the hub's cache is nothing but such links: so it is given the folder that holds them
 * all, and the paths below that.
 */
import { realpath } from "node:fs/promises";
import path from "node:path";

/**
 * Follows the links of weights files.
 *
 * @param tensors What lies in the files; each file a path below `folder`.
 * @returns The same with another folder and other paths, none of them a link.
 *
 * @example
 * const model = await openFolder("models/starter");
 * const { folder, tensors } = await followLinks(model.files.location, model.tensors);
 * tensors.get("bert.pooler.dense.bias")?.file; // "model.safetensors", below `folder`
 */
export async function followLinks<T extends { readonly file: string }>(
  folder: string,
  tensors: ReadonlyMap<string, T>,
): Promise<{ readonly folder: string; readonly tensors: Map<string, T> }> {
  const places = new Map<string, string>();
  for (const { file } of tensors.values())
    if (!places.has(file)) places.set(file, await realpath(path.join(folder, file)));
  const root = commonFolder([...places.values()], folder);
  const below = (file: string): string => path.relative(root, places.get(file)!).split(path.sep).join("/");
  return {
    folder: root,
    tensors: new Map(
      Array.from(tensors, ([name, tensor]) => [name, { ...tensor, file: below(tensor.file) }]),
    ),
  };
}

/** The deepest folder that has all of the files below it. */
function commonFolder(files: readonly string[], otherwise: string): string {
  if (files.length === 0) return otherwise;
  return files
    .map((file) => path.dirname(file))
    .reduce((common, folder) => {
      while (path.relative(common, folder).startsWith("..")) common = path.dirname(common);
      return common;
    });
}
