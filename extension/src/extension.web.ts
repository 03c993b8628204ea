/**
 * The extension in the web-worker host: vscode.dev, and wherever VS Code runs in a browser. The engine is in a worker of
 * that host, or in a webview.
 */
import type * as vscode from "vscode";
import { workerTransport } from "./engine/worker-transport.ts";
import { start } from "./start.ts";

export function activate(context: vscode.ExtensionContext): unknown {
  return start(context, workerTransport);
}
