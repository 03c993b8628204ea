/**
 * The places that the engine can be at, each as an editor in which it is there.
 */
import { startCodeServer, startVscodeWeb } from "./editor.ts";
import type { Editor, EditorOptions } from "./editor.ts";

type Start = (options: EditorOptions) => Promise<Editor>;

const at =
  (place: "worker" | "webview", start: Start): Start =>
  ({ settings, ...options }) =>
    start({ ...options, settings: { "cloze.engine.host": place, ...settings } });

export const places: readonly (readonly [place: string, start: Start])[] = [
  [
    "a worker of code-server's web host",
    at("worker", (options) => startCodeServer({ ...options, host: "worker" })),
  ],
  [
    "a webview of code-server's Node host",
    at("webview", (options) => startCodeServer({ ...options, host: "node" })),
  ],
  ["a worker of VS Code for the Web", at("worker", startVscodeWeb)],
  ["a webview of VS Code for the Web", at("webview", startVscodeWeb)],
];
