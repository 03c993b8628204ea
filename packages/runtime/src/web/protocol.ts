/**
 * How a session's worker is started in a browser, and what it says beside its answers.
 */
import type { HeadStart, Reply } from "../ort/protocol.ts";
import type { StoredTensor } from "../safetensors.ts";

/** Where a model runs. */
export type Device = "webgpu" | "wasm";

/** What it is computed in. */
export type Precision = "fp32" | "fp16";

/** What of the weights a graph reads in a file of its own, in float32. */
interface Widened {
  readonly widened: readonly StoredTensor[];
}

/** The first message. */
export interface Start extends Widened {
  readonly device: Device;
  readonly threads: number;
  readonly model: Uint8Array<ArrayBuffer>;
  /** The files that the model and its heads point into. */
  readonly weights: readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];
  readonly heads: readonly (HeadStart & Widened)[];
  /** Where ONNX Runtime's own files lie, or the one it needs. */
  readonly runtime: {
    readonly folder?: string | undefined;
    readonly wasm?: Uint8Array<ArrayBuffer> | undefined;
  };
}

/** The device is gone: what was asked is to be asked again elsewhere. */
interface Lost {
  readonly lost: string;
}

export type WebReply = Reply | Lost;

/** A worker, as far as a session needs one. */
export interface SessionWorker {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** The same from inside. */
export interface SessionPort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** The file of ONNX Runtime that a device needs. */
export const wasmFiles: Readonly<Record<Device, string>> = {
  webgpu: "ort-wasm-simd-threaded.asyncify.wasm",
  wasm: "ort-wasm-simd-threaded.wasm",
};
