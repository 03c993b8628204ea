/**
 * The plugins that were installed: `.cloze` files in the extension's own storage.
 */
import * as vscode from "vscode";

export class Plugins {
  readonly #folder: vscode.Uri;

  constructor(context: vscode.ExtensionContext) {
    this.#folder = vscode.Uri.joinPath(context.globalStorageUri, "plugins");
  }

  /** All files' bytes. */
  async read(): Promise<Uint8Array<ArrayBuffer>[]> {
    const names = await this.#names();
    return Promise.all(
      names.map(
        async (name) =>
          new Uint8Array(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.#folder, name))),
      ),
    );
  }

  async #names(): Promise<string[]> {
    try {
      const entries = await vscode.workspace.fs.readDirectory(this.#folder);
      return entries
        .map(([name]) => name)
        .filter((name) => name.endsWith(".cloze"))
        .sort();
    } catch {
      return []; // nothing was installed yet
    }
  }
}
