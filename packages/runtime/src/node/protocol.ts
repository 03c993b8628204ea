/**
 * What the main thread and the session's thread say to each other.
 */
import type { ErrorCode, Feeds, FloatTensor } from "@cloze/core";

/** The thread's `workerData`: the model is built there, so that its making is off the main thread too. */
export interface Start {
  /** The `.onnx` bytes. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The folder that the model's external data lies in. */
  readonly folder: string;
  readonly threads: number;
}

/** Shared numbers, by place: whether the thread should begin nothing more, and whether it is in native code. */
export const CLOSING = 0;
export const BUSY = 1;

export interface ThreadData extends Start {
  readonly state: Int32Array<SharedArrayBuffer>;
}

export interface Request {
  readonly feeds: Feeds;
  readonly outputs: readonly string[];
}

/** Ends the thread, in its turn. */
export const CLOSE = "close";

/** Answers come in the order of the requests. The first message of all says whether the session could be made. */
export type Reply =
  | { readonly outputs: Record<string, FloatTensor> }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };
