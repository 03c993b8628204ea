/**
 * The models that the engine can run: the starter, which ships with the extension, and those that were added.
 */
import * as vscode from "vscode";
import { settings } from "../settings.ts";

/** A model folder. */
export interface Model {
  readonly name: string;
  /** What messages call it. */
  readonly location: string;
  readonly folder: vscode.Uri;
}

export class Models {
  readonly #context: vscode.ExtensionContext;

  constructor(context: vscode.ExtensionContext) {
    this.#context = context;
  }

  /** The model that the setting names. */
  async current(): Promise<Model> {
    const name = settings().get("model");
    const { extensionUri, globalStorageUri } = this.#context;
    const folder =
      name === "starter"
        ? vscode.Uri.joinPath(extensionUri, "model")
        : vscode.Uri.joinPath(globalStorageUri, "models", name);
    return { name, location: name, folder };
  }
}
