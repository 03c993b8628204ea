/**
 * The webview's page: starts the engine's worker, passes messages between it and the extension, and fetches files for
 * it. VS Code answers fetches of its resources to pages alone: a worker's own end in a timeout.
 */
import type { Fetched, FetchRequest } from "./page-fetch.ts";

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const host = acquireVsCodeApi();
const address = document.querySelector<HTMLScriptElement>("script[data-engine]")!.dataset.engine!;

try {
  const script = await (await fetch(address)).blob();
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  worker.onmessage = ({ data }: MessageEvent<FetchRequest | object>) => {
    if ("fetch" in data) void answer(data);
    else host.postMessage({ engine: data });
  };
  worker.onerror = ({ message }) => host.postMessage({ page: "failed", why: message });
  addEventListener("message", ({ data }) => worker.postMessage(data));
  host.postMessage({ page: "ready" });
} catch (error) {
  host.postMessage({ page: "failed", why: String(error) });
}

async function answer({ fetch: url, port }: FetchRequest): Promise<void> {
  const say = (fetched: Fetched, given: Transferable[] = []) => port.postMessage(fetched, given);
  try {
    const response = await fetch(url);
    const bytes = await response.arrayBuffer();
    say({ status: response.status, bytes }, [bytes]);
  } catch {
    say({ status: 500, bytes: new ArrayBuffer(0) });
  }
}
