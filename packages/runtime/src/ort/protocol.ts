/**
 * What a session and the thread that ONNX Runtime runs in say to each other, on any host. How a thread is started is
 * each host's own.
 */
import type { ErrorCode, Feeds, FloatTensor } from "@cloze/core";
import type { Signature } from "../signature.ts";

/** A head with a session of its own, which is made when it is first asked. */
export interface HeadStart {
  /** The `.onnx` bytes; external data lies in the model's folder. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The outputs of the model that it is fed with. */
  readonly reads: readonly string[];
  /** What its inputs for these are called, before their name: a graph may not give what it is given by one name. */
  readonly prefix?: string | undefined;
  readonly outputs: readonly string[];
}

/** How a model is fed that another tool made. */
export type Binding = Pick<Signature, "inputs" | "choices">;

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
