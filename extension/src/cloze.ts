/**
 * What commands work with: one of each, made when the extension is activated.
 */
import type * as vscode from "vscode";
import type { CodePlugins } from "./api/code-plugins.ts";
import type { Engine } from "./engine/engine.ts";
import type { Highlights } from "./entities/highlights.ts";
import type { Models } from "./store/models.ts";
import type { Plugins } from "./store/plugins.ts";
import type { Answers } from "./views/answers.ts";
import type { ResultsView } from "./views/results-view.ts";
import type { TokensPanel } from "./views/tokens-panel.ts";

export interface Cloze {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly engine: Engine;
  readonly models: Models;
  readonly plugins: Plugins;
  /** Plugins of code, from other extensions. */
  readonly codePlugins: CodePlugins;
  readonly results: ResultsView;
  /** The answers to the last question, in their document. */
  readonly answers: Answers;
  readonly tokens: TokensPanel;
  /** The documents whose entities are shown. */
  readonly entities: Highlights;
}

/** A command of the palette. What it gives goes to whoever calls it by `executeCommand`. */
export interface Command {
  /** As in package.json. */
  readonly id: string;
  run(cloze: Cloze, ...args: readonly unknown[]): Promise<unknown>;
}
