/**
 * The engine in the web-worker extension host: a worker nested in the host's own. A classic one from a `blob:`, because
 * the host replaces `Worker` by a shim that starts with importScripts(), which module workers do not have.
 */
import * as vscode from "vscode";
import type { EngineListener, EnginePort, Transport } from "./transport.ts";

export const workerTransport: Transport = {
  name: "worker",
  async start(script, listener: EngineListener): Promise<EnginePort> {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => listener.message(data);
    worker.onerror = (event) => listener.gone(event.message || vscode.l10n.t("its script cannot be run"));
    return {
      post: (message) => worker.postMessage(message),
      end() {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  },
};
