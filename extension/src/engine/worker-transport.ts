/**
 * The engine in the web-worker extension host: a worker nested in the host's own. A classic one from a `blob:`, because
 * the host replaces `Worker` by a shim that starts with importScripts(), which module workers do not have.
 */
import * as vscode from "vscode";
import type { EngineListener, EnginePort, Transport } from "./transport.ts";

/** Schemes of places that this host can fetch from. */
const SERVED = /^(?:file|https?|vscode-remote)$/;

export const workerTransport: Transport = {
  name: "worker",
  async start(script, listener: EngineListener): Promise<EnginePort> {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => listener.message(data);
    worker.onerror = (event) => listener.gone(event.message || vscode.l10n.t("its script cannot be run"));
    return {
      post: (message) => worker.postMessage(message),
      contentOf: async (file) => ({
        bytes: (await fetchFile(file)) ?? new Uint8Array(await vscode.workspace.fs.readFile(file)),
      }),
      end() {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  },
};

/**
 * A file of the extension's own, by HTTP: this host's `fetch` knows where such files are served, a remote machine's too,
 * and is several times as fast as reading them over its connection.
 *
 * @returns Nothing for files that are not served.
 */
async function fetchFile(file: vscode.Uri): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!SERVED.test(file.scheme)) return undefined;
  try {
    const response = await fetch(file.toString());
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}
