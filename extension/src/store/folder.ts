/**
 * A model in a folder, wherever VS Code reads files: on a disk, or of a virtual workspace.
 */
import * as vscode from "vscode";
import { lacking } from "./lacking.ts";
import { chooseFiles } from "./model-files.ts";
import type { ModelFile } from "./model-files.ts";
import type { ModelSource } from "./models.ts";

/**
 * Looks at a folder; nothing is copied yet.
 *
 * @throws Failure `unsupported` for a folder that is no model.
 */
export async function findInFolder(folder: vscode.Uri): Promise<ModelSource> {
  const { fs } = vscode.workspace;
  const list = async (below: string): Promise<readonly [string, vscode.FileType][]> =>
    (await fs.readDirectory(vscode.Uri.joinPath(folder, below))).map(([name, type]) => [
      `${below}${name}`,
      type,
    ]);
  const root = await list("");
  const plugins = root.some((entry) => entry[0] === "plugins" && isFolder(entry))
    ? await list("plugins/")
    : [];
  const below = await Promise.all(plugins.filter(isFolder).map(([path]) => list(`${path}/`)));
  const paths = [...root, ...below.flat()].filter((entry) => !isFolder(entry)).map(([path]) => path);
  const source = folder.scheme === "file" ? folder.fsPath : folder.toString(true);
  const chosen = chooseFiles(paths.map((path) => ({ path })));
  if (typeof chosen === "string") throw lacking(chosen, source);
  const files = await Promise.all(
    chosen.map(async ({ path }): Promise<ModelFile> => ({
      path,
      size: (await fs.stat(vscode.Uri.joinPath(folder, path))).size,
    })),
  );
  return {
    source,
    files,
    async read({ path }, onBytes) {
      const bytes = new Uint8Array(await fs.readFile(vscode.Uri.joinPath(folder, path)));
      onBytes(bytes.length);
      return bytes;
    },
  };
}

function isFolder([, type]: readonly [string, vscode.FileType]): boolean {
  return (type & vscode.FileType.Directory) !== 0;
}
