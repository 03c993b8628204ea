/**
 * The webview's page: starts the engine's worker and passes messages between it and the extension.
 */
declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const host = acquireVsCodeApi();
const address = document.querySelector<HTMLScriptElement>("script[data-engine]")!.dataset.engine!;

try {
  const script = await (await fetch(address)).blob();
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => host.postMessage({ engine: data as unknown });
  worker.onerror = ({ message }) =>
    host.postMessage({ page: "failed", why: message || "its script cannot be run" });
  addEventListener("message", ({ data }) => worker.postMessage(data));
  host.postMessage({ page: "ready" });
} catch (error) {
  host.postMessage({ page: "failed", why: String(error) });
}

export {}; // a module: it waits at its top
