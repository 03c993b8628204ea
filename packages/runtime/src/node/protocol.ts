/**
 * What the main thread and the session's thread say to each other.
 */
import type { ErrorCode, Feeds, FloatTensor } from "@cloze/core";
import type { Signature } from "../signature.ts";

/** The thread's `workerData`: the model is built there, so that its making is off the main thread too. */
export interface Start {
  /** The `.onnx` bytes, or the path of a file. */
  readonly model: Uint8Array<ArrayBuffer> | string;
  /** The folder that the model's external data lies in. */
  readonly folder: string;
  /**
   * Files of external data there that are links, as all are in the hub's cache. ONNX Runtime follows none that leads
   * out of the folder, so they are read for it.
   */
  readonly linked?: readonly string[] | undefined;
  readonly threads: number;
  /** How a model is fed that another tool made. */
  readonly binding?: Binding | undefined;
  /** Heads with a session of their own, which is made when they are first asked. */
  readonly heads?: readonly HeadStart[] | undefined;
}

export interface HeadStart {
  /** The `.onnx` bytes; external data lies in the model's folder. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The outputs of the model that it is fed with. */
  readonly reads: readonly string[];
  /** What its inputs for these are called, before their name: a graph may not give what it is given by one name. */
  readonly prefix?: string | undefined;
  readonly outputs: readonly string[];
}

export type Binding = Pick<Signature, "inputs" | "choices">;

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
