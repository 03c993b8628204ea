/**
 * ONNX Runtime as other tools call it: a file by its path, int64 in, named tensors out. Nothing of Cloze is between.
 */
import { createRequire } from "node:module";

interface Given {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Record<string, Given>>;
  release(): Promise<void>;
}

interface OnnxRuntime {
  readonly InferenceSession: { create(file: string, options: object): Promise<InferenceSession> };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => unknown;
}

/** The one that Cloze itself uses. */
const require = createRequire(import.meta.resolve("@cloze/runtime/node"));
const { InferenceSession, Tensor } = require("onnxruntime-node") as OnnxRuntime;

/** Hugging Face's inputs, as nested arrays [batch][length] or [batch][choices][length]. */
export interface Inputs {
  readonly input_ids: Nested;
  readonly attention_mask: Nested;
  readonly token_type_ids: Nested;
}
/** Ids as nested arrays, or an output of another file. */
type Fed = Nested | Given;
type Nested = readonly (readonly number[] | readonly (readonly number[])[])[];

export interface Ran {
  readonly outputNames: readonly string[];
  readonly outputs: Readonly<Record<string, Given>>;
}

/** Runs a file once. */
export async function runFile(file: string, inputs: Inputs | Readonly<Record<string, Fed>>): Promise<Ran> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const given = inputs as Readonly<Record<string, Fed>>;
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const fed = given[name];
      return [name, "dims" in fed ? fed : int64(fed)];
    }),
  );
  const outputs = await session.run(feeds);
  const { outputNames } = session;
  await session.release();
  return { outputNames, outputs };
}

function int64(rows: Nested): unknown {
  const dims = [rows.length, rows[0].length];
  const inner = rows[0][0];
  if (typeof inner !== "number") dims.push(inner.length);
  return new Tensor(
    "int64",
    BigInt64Array.from((rows as readonly unknown[]).flat(2) as number[], BigInt),
    dims,
  );
}
