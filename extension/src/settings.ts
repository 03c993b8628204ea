/**
 * The extension's settings, typed as package.json declares them.
 */
import * as vscode from "vscode";

interface Settings {
  readonly "engine.host": "auto" | "worker" | "webview";
  readonly "engine.device": "auto" | "webgpu" | "wasm";
  readonly "engine.precision": "auto" | "fp32" | "fp16";
  readonly "engine.unloadAfter": number;
  readonly model: string;
  readonly "classify.plugin": string;
  readonly "classify.lines": "auto" | "always" | "never";
  readonly "suggest.count": number;
  readonly "suggest.lightBulb": boolean;
  readonly "ask.answers": number;
  readonly "entities.minimumScore": number;
  readonly hub: string;
}

/** The settings as they are now. */
export function settings(): { get<K extends keyof Settings>(name: K): Settings[K] } {
  const configuration = vscode.workspace.getConfiguration("cloze");
  return { get: (name) => configuration.get(name)! };
}
