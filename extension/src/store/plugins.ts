/**
 * The plugins that were installed, in the extension's own storage: `NAME.cloze`, and beside it `NAME.json` with what is
 * told of it, so that a list needs no engine. The second is written last and removed first: a plugin is there whole or
 * not at all.
 */
import * as vscode from "vscode";
import { isMissing } from "../engine/failure.ts";
import type { PluginFile } from "../engine/protocol.ts";

/** What is told of an installed plugin. */
export type InstalledPlugin = Omit<PluginFile, "bytes">;

export class Plugins implements vscode.Disposable {
  readonly #folder: vscode.Uri;
  readonly #changes = new vscode.EventEmitter<void>();
  /** One came or went, in this window. */
  readonly onDidChange = this.#changes.event;

  constructor(context: vscode.ExtensionContext) {
    this.#folder = vscode.Uri.joinPath(context.globalStorageUri, "plugins");
  }

  /** All of them, by name. */
  async list(): Promise<InstalledPlugin[]> {
    const names = await this.#names();
    const all = await Promise.all(names.map((name) => this.find(name)));
    return all.filter((plugin) => plugin !== undefined);
  }

  async find(name: string): Promise<InstalledPlugin | undefined> {
    try {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(this.#file(name, "json")));
      return JSON.parse(text) as InstalledPlugin;
    } catch {
      return undefined;
    }
  }

  /** A plugin's file. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await vscode.workspace.fs.readFile(this.#file(name, "cloze")));
  }

  /** The files that the engine opens with a model: those for it, and those that say of none that they are for it. */
  async readFor(model: string | undefined): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }[]> {
    const fitting = (await this.list()).filter((plugin) => isFor(plugin, model));
    const read = await Promise.allSettled(
      fitting.map(async ({ name }) => ({ name, bytes: await this.read(name) })),
    );
    return read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  /** Keeps a plugin, in the place of one that has its name. */
  async save({ bytes, ...plugin }: PluginFile): Promise<void> {
    await vscode.workspace.fs.createDirectory(this.#folder);
    const record = new TextEncoder().encode(JSON.stringify(plugin));
    await this.#delete(plugin.name, "json");
    await vscode.workspace.fs.writeFile(this.#file(plugin.name, "cloze"), bytes);
    await vscode.workspace.fs.writeFile(this.#file(plugin.name, "json"), record);
    this.#changes.fire();
  }

  async remove(name: string): Promise<void> {
    for (const ending of ["json", "cloze"]) await this.#delete(name, ending);
    this.#changes.fire();
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async #names(): Promise<string[]> {
    try {
      const entries = await vscode.workspace.fs.readDirectory(this.#folder);
      return entries.flatMap(([name]) => /^([a-z0-9-]+)\.json$/.exec(name)?.[1] ?? []).sort();
    } catch {
      return []; // nothing was installed yet
    }
  }

  async #delete(name: string, ending: string): Promise<void> {
    try {
      await vscode.workspace.fs.delete(this.#file(name, ending));
    } catch (error) {
      if (!isMissing(error)) throw error; // else another window removed it, or it was never there
    }
  }

  #file(name: string, ending: string): vscode.Uri {
    return vscode.Uri.joinPath(this.#folder, `${name}.${ending}`);
  }
}

/** Whether a plugin can run on a model, by the SHA-256 of its weights. */
export function isFor({ encoder }: Pick<InstalledPlugin, "encoder">, model: string | undefined): boolean {
  return encoder === undefined || model === undefined || encoder.sha256 === model;
}
