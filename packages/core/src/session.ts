/**
 * The port that runtimes implement: tensors in, named tensors out. A task does not know whether a session runs
 * on the CPU, on WebGPU, on CUDA or behind HTTP.
 */
import type { Abort } from "./abort.ts";

/** A dense tensor, row-major. `data.length` is the product of `dims`. */
export type Tensor = FloatTensor | IntegerTensor;

export interface FloatTensor {
  readonly type: "float32";
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface IntegerTensor {
  readonly type: "int32";
  readonly dims: readonly number[];
  readonly data: Int32Array;
}

/** What the encoder reads: `input_ids`, `token_type_ids` (int32) and `attention_mask` (float32), all [batch, length]. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  /** Gives up waiting; what already runs on a device runs to its end. */
  readonly signal?: Abort | undefined;
}

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
   * fall out of the cache, many where a run is costly to start.
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
