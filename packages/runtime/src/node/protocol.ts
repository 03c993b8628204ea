/**
 * How the session's thread is started on Node, and what the two threads share.
 */
import type { Binding, HeadStart } from "../ort/protocol.ts";
import type { NodeDevice } from "./device.ts";

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
  /** `cpu` by default. */
  readonly device?: NodeDevice | undefined;
  readonly binding?: Binding | undefined;
  readonly heads?: readonly HeadStart[] | undefined;
}

/** Shared numbers, by place: whether the thread should begin nothing more, and whether it is in native code. */
export const CLOSING = 0;
export const BUSY = 1;

export interface ThreadData extends Start {
  readonly state: Int32Array<SharedArrayBuffer>;
}
