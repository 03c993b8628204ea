/**
 * The models that the engine can run: the starter, which ships with the extension, and those that were added to the
 * extension's own storage. A model's folder has a list, `files.json`, that is written last: without it there is no
 * model, whatever else lies there.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import { Failure, isMissing } from "../engine/failure.ts";
import { settings } from "../settings.ts";
import { isBert, isModelName, licenceOf } from "./model-files.ts";
import type { ModelFile } from "./model-files.ts";

/** A model folder. */
export interface Model {
  readonly name: string;
  /** What messages call it. */
  readonly location: string;
  readonly folder: vscode.Uri;
  /** Bytes of all files. */
  readonly size: number;
  /** SHA-256 of the weights, where they are one file. */
  readonly sha256?: string;
  readonly licence?: string;
  /** Where it was taken from; the starter came with the extension. */
  readonly source?: string;
  /** Whether all of it is there: not while it is being added, nor after that was cut off. */
  readonly complete: boolean;
}

/** Where a model is taken from. */
export interface ModelSource {
  /** For people: an address, or a folder. */
  readonly source: string;
  readonly licence?: string | undefined;
  /** What is taken, config.json first. */
  readonly files: readonly ModelFile[];
  /**
   * All of a file.
   *
   * @param onBytes Told how many more are there.
   */
  read(
    file: ModelFile,
    onBytes: (count: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** The list of a folder's files, as @cloze/runtime reads it, and what is told of the model beside. */
interface FileList {
  readonly about?: { readonly source?: string; readonly licence?: string };
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
}

export const STARTER = "starter";
const LIST = "files.json";
const CARD = "README.md";

export class Models {
  readonly #starter: vscode.Uri;
  readonly #folder: vscode.Uri;
  /** The names of those that are being added in this window. */
  readonly #adding = new Set<string>();

  constructor({ extensionUri, globalStorageUri }: vscode.ExtensionContext) {
    this.#starter = vscode.Uri.joinPath(extensionUri, "model");
    this.#folder = vscode.Uri.joinPath(globalStorageUri, "models");
  }

  /**
   * The model that the setting names.
   *
   * @throws Failure `not-found` where there is none of that name.
   */
  async current(): Promise<Model> {
    const name = settings().get("model");
    const model = isModelName(name) ? await this.#read(name) : undefined;
    if (model?.complete) return model;
    throw new Failure(
      "not-found",
      vscode.l10n.t("There is no model {0}: choose one in Cloze: Manage Models…", name),
    );
  }

  /** The starter, then the others by name, those that are not whole among them. */
  async list(): Promise<Model[]> {
    const entries = await Promise.resolve(vscode.workspace.fs.readDirectory(this.#folder)).catch(() => []);
    const names = entries.map(([folder]) => folder.replace("--", "/")).filter(isModelName);
    return Promise.all([STARTER, ...names.sort()].map((name) => this.#read(name)));
  }

  /** The card of a model, where it has one. */
  card({ folder }: Model): vscode.Uri {
    return vscode.Uri.joinPath(folder, CARD);
  }

  /**
   * Adds a model, in the place of one that has its name. Whatever stops it, nothing half-made is left.
   *
   * @throws Failure `unsupported` for what is no BERT and for a name that is being added, `invalid-model` for a file that
   *   arrives damaged, `aborted`, and what the source throws.
   */
  async add(name: string, source: ModelSource, { signal, onProgress }: RunOptions): Promise<Model> {
    const { fs } = vscode.workspace;
    const folder = this.#folderOf(name);
    const total = source.files.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const files: Record<string, { size: number; sha256: string }> = {};
    let { licence } = source;
    this.#expectAtRest(name);
    this.#adding.add(name);
    try {
      await this.#clear(name);
      for (const file of source.files) {
        const onBytes = (count: number): void => onProgress?.({ done: (done += count), total });
        const bytes = await source.read(file, onBytes, signal as AbortSignal | undefined);
        if (signal?.aborted) throw Failure.cancelled();
        const sha256 = await hash(bytes);
        if (bytes.length !== file.size || (file.sha256 ?? sha256) !== sha256) throw damaged(file);
        if (file.path === "config.json" && !isBert(new TextDecoder().decode(bytes))) throw notBert(name);
        if (file.path === CARD) licence ??= licenceOf(new TextDecoder().decode(bytes));
        await fs.writeFile(vscode.Uri.joinPath(folder, file.path), bytes); // makes its folders, too
        files[file.path] = { size: bytes.length, sha256 };
      }
      const list: FileList = { about: { source: source.source, ...(licence && { licence }) }, files };
      await fs.writeFile(
        vscode.Uri.joinPath(folder, LIST),
        new TextEncoder().encode(JSON.stringify(list, null, 2)),
      );
    } catch (error) {
      await this.#clear(name);
      throw error;
    } finally {
      this.#adding.delete(name);
    }
    return this.#read(name);
  }

  /**
   * Removes a model that was added.
   *
   * @throws Failure `unsupported` for one that is being added.
   */
  async remove({ name }: Model): Promise<void> {
    this.#expectAtRest(name);
    await this.#clear(name);
  }

  /** Two that write and clear one folder would leave a list of files that are not there. */
  #expectAtRest(name: string): void {
    if (!this.#adding.has(name)) return;
    throw new Failure(
      "unsupported",
      vscode.l10n.t("{0} is being added: wait until it is there, or cancel that.", name),
    );
  }

  async #read(name: string): Promise<Model> {
    const folder = this.#folderOf(name);
    const model = { name, location: name, folder };
    try {
      const text = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, LIST));
      const { files, about } = JSON.parse(new TextDecoder().decode(text)) as FileList;
      const size = Object.values(files).reduce((sum, file) => sum + file.size, 0);
      const sha256 = files["model.safetensors"]?.sha256;
      return {
        ...model,
        ...(name === STARTER ? { licence: "Apache-2.0" } : about),
        size,
        complete: true,
        ...(sha256 !== undefined && { sha256 }),
      };
    } catch {
      return { ...model, size: 0, complete: false };
    }
  }

  async #clear(name: string): Promise<void> {
    const folder = this.#folderOf(name);
    try {
      await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, LIST)); // first: then it is no model any more
    } catch {
      // it was not whole
    }
    try {
      await vscode.workspace.fs.delete(folder, { recursive: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  #folderOf(name: string): vscode.Uri {
    return name === STARTER ? this.#starter : vscode.Uri.joinPath(this.#folder, name.replace("/", "--"));
  }
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is said of a file that is not what was told of it. */
export function damaged({ path }: ModelFile): Failure {
  return new Failure(
    "invalid-model",
    vscode.l10n.t("{0} arrived damaged, so nothing was kept: try again.", path),
  );
}

function notBert(name: string): Failure {
  return new Failure(
    "unsupported",
    vscode.l10n.t("{0} is not a BERT model, which is all that Cloze runs: choose another.", name),
  );
}
