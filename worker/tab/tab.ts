/**
 * The model in the visitor's own tab: what the demo page fetches when it is asked to. It answers as the HTTP routes do,
 * by the same code, and sends no text anywhere.
 */
import { ClozeError } from "@cloze/core";
import { answerJson, taskRoutes } from "@cloze/edge/routes";
import type { Route } from "@cloze/edge/routes";
import { load } from "@cloze/runtime/web";
import type { Device, DownloadProgress } from "@cloze/runtime/web";

export interface TabOptions {
  /** `auto`, the default, takes WebGPU where there is an adapter, else WebAssembly. */
  readonly device?: Device | "auto";
  /** Told of the model's files as they come. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface Tab {
  readonly device: Device;
  /** Why it is not on WebGPU, though there is an adapter. */
  readonly fallback?: string | undefined;
  /**
   * Answers a request's JSON as `POST route` does.
   *
   * @param route Such as `/v1/classify`.
   * @throws TabError
   */
  answer(route: string, body: unknown, options?: { readonly signal?: AbortSignal }): Promise<object>;
  close(): Promise<void>;
}

/** Why there is no answer: in `problem`, what the route's problem would say. */
export class TabError extends Error {
  readonly problem: { readonly code: string; readonly detail: string; readonly field?: string };

  constructor(cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    super(detail, { cause });
    const { code = "internal", field } = cause instanceof ClozeError ? cause : {};
    this.problem = { code, detail, ...(field !== undefined && { field }) };
  }
}

/** What is held at once; the memory is the visitor's. */
const limits = { inputs: 1024, windowTokens: 2 ** 18, vocabularyRows: 1024 };

export async function openTab({ device = "auto", onProgress, signal }: TabOptions = {}): Promise<Tab> {
  const bert = await load(at("model"), {
    device,
    onProgress,
    signal,
    readWasm,
    worker: () => new Worker(at("tab/session-worker.js"), { type: "module", name: "cloze-session" }),
  }).catch(refuse);
  const host = { tokenizer: bert.tokenizer, predictor: async () => bert };
  const routes: readonly Route[] = taskRoutes(bert.config);
  return {
    get device() {
      return bert.device; // it may lose its graphics card
    },
    get fallback() {
      return bert.fallback?.message;
    },
    async answer(path, body, { signal: cancel } = {}) {
      const route = routes.find(({ name }) => path === `/v1/${name}`);
      if (!route) throw new TabError(new ClozeError("not-found", `There is no route ${path} in this tab.`));
      return answerJson(route, body, host, limits, { signal: cancel }).catch(refuse);
    },
    close: () => bert[Symbol.asyncDispose](),
  };
}

function refuse(error: unknown): never {
  throw new TabError(error);
}

/** ONNX Runtime, which is packed: as it is it would be larger than an asset may be. */
async function readWasm(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { ok, status, body } = await fetch(at(`tab/${name}.gz`));
  if (!ok || !body)
    throw new ClozeError("not-found", `ONNX Runtime cannot be fetched (status ${status}): reload.`);
  const unpacked = new Response(body.pipeThrough(new DecompressionStream("gzip")));
  return new Uint8Array(await unpacked.arrayBuffer());
}

function at(path: string): string {
  return new URL(path, import.meta.url).href;
}
