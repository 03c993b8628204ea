/**
 * The extension in the Node host: desktop, remote, code-server. The engine is in a webview.
 */
import type * as vscode from "vscode";
import { start } from "./start.ts";

export function activate(context: vscode.ExtensionContext): unknown {
  return start(context);
}
