/**
 * The port that runtimes implement: tensors in, named tensors out. A task does not know whether a session runs
 * on the CPU, on WebGPU, on CUDA or behind HTTP.
 */
import type { Abort } from "./abort.ts";

/** A dense tensor, row-major. `data.length` is the product of `dims`. */
export type Tensor = FloatTensor | IntegerTensor;

/** A tensor of floating-point numbers. */
export interface FloatTensor {
  readonly type: "float32";
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor of whole numbers. */
export interface IntegerTensor {
  readonly type: "int32";
  readonly dims: readonly number[];
  readonly data: Int32Array;
}

/**
 * What the model reads: `input_ids`, `token_type_ids` (int32) and `attention_mask` (float32), all [batch, length]; a
 * head on masked words also `masked_positions` (int32) [batch, masks], which may be left out where it is not asked.
 */
export type Feeds = Readonly<Record<string, Tensor>>;

/** The places of the masks in each row, [batch, masks]; rows with fewer are filled up with 0. */
export const MASKED_POSITIONS = "masked_positions";

/** What every task and every run takes. */
export interface RunOptions {
  /** Gives up waiting; what already runs on a device runs to its end. */
  readonly signal?: Abort | undefined;
  /** Told after each batch how many rows are done: one a text, or one a window of it. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How far a call has got. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** A model that can be run, wherever it is. */
export interface Session extends AsyncDisposable {
  /** The names that `run` can be asked for; empty where only the other side knows them. */
  readonly outputs: readonly string[];
  /**
   * The padding policy of this transport: the length to which a batch whose longest row has `length` tokens is
   * padded. On CPU the next multiple of 8; elsewhere few buckets, so that shaders stay warm and a server can
   * batch requests of one shape.
   */
  paddedLength(length: number): number;
  /**
   * How many tokens, padding included, one run should hold where there are more: few on CPU, where larger matrices
   * fall out of the cache, many where a run is costly to start. 1 says that rows cannot be padded: each runs
   * alone.
   */
  readonly tokensPerRun: number;
  /**
   * Runs the model once. Takes ownership of the feeds: their buffers may be transferred away.
   *
   * @throws ClozeError `invalid-option` for an output that is not there, `disposed` after disposal, `aborted`,
   *   and what the transport adds (`server-unavailable`, `timeout`, …).
   */
  run(feeds: Feeds, outputs: readonly string[], options?: RunOptions): Promise<Record<string, FloatTensor>>;
}
