/**
 * A session whose model takes one number of rows only, used with any number: a batch is cut into such pieces, and the
 * last is filled up with its own last row.
 */
import type { Feeds, FloatTensor, RunOptions, Session, Tensor } from "@cloze/core";

/** Closing it closes the other. */
export class FixedRows implements Session {
  readonly outputs: readonly string[];
  readonly tokensPerRun: number;
  readonly #session: Session;
  readonly #rows: number;

  /** @param rows What one run of `session` takes. */
  constructor(session: Session, rows: number, maxLength: number) {
    this.#session = session;
    this.#rows = rows;
    this.outputs = session.outputs;
    // Rows that cannot be padded come one by one, and a row's own copies fill the run up.
    this.tokensPerRun = session.tokensPerRun === 1 ? 1 : Math.max(session.tokensPerRun, rows * maxLength);
  }

  paddedLength(length: number): number {
    return this.#session.paddedLength(length);
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, FloatTensor>> {
    const batch = feeds.input_ids.dims[0];
    const pieces = Array.from({ length: Math.ceil(batch / this.#rows) }, (_, i) => {
      const rows = Array.from({ length: this.#rows }, (__, row) => Math.min(i * this.#rows + row, batch - 1));
      const piece = Object.entries(feeds).map(([name, feed]) => [name, pickRows(feed, rows)] as const);
      return this.#session.run(Object.fromEntries(piece), outputs, options);
    });
    const results = await Promise.all(pieces);
    return Object.fromEntries(
      outputs.map((name) => [
        name,
        join(
          results.map((result) => result[name]),
          batch,
        ),
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

function pickRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const dims = [rows.length, ...tensor.dims.slice(1)];
  const size = tensor.data.length / tensor.dims[0];
  const copy = <A extends Float32Array | Int32Array>(from: A, to: A): A => {
    for (const [i, row] of rows.entries()) to.set(from.subarray(row * size, (row + 1) * size), i * size);
    return to;
  };
  return tensor.type === "int32"
    ? { type: "int32", dims, data: copy(tensor.data, new Int32Array(rows.length * size)) }
    : { type: "float32", dims, data: copy(tensor.data, new Float32Array(rows.length * size)) };
}

function join(pieces: readonly FloatTensor[], batch: number): FloatTensor {
  const [{ dims, data: first }] = pieces;
  const size = first.length / dims[0];
  const data = new Float32Array(batch * size);
  for (const [i, piece] of pieces.entries())
    data.set(piece.data.subarray(0, data.length - i * first.length), i * first.length);
  return { type: "float32", dims: [batch, ...dims.slice(1)], data };
}
