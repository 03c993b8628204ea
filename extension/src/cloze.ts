/**
 * What commands work with: one of each, made when the extension is activated.
 */
import type * as vscode from "vscode";
import type { Engine } from "./engine/engine.ts";
import type { Models } from "./store/models.ts";
import type { Plugins } from "./store/plugins.ts";
import type { ResultsView } from "./views/results-view.ts";

export interface Cloze {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly engine: Engine;
  readonly models: Models;
  readonly plugins: Plugins;
  readonly results: ResultsView;
}

/** A command of the palette. What it gives goes to whoever calls it by `executeCommand`. */
export interface Command {
  /** As in package.json. */
  readonly id: string;
  run(cloze: Cloze, ...args: readonly unknown[]): Promise<unknown>;
}
