/**
 * A model with its heads as ONNX Runtime runs it, whichever host ONNX Runtime is on: the model's own session, and one
 * for each head that is not in its graph. For one run at a time; who waits for whom is the caller's.
 */
import { ClozeError } from "@cloze/core";
import type { FloatTensor, Tensor as Fed } from "@cloze/core";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-web";
import type { Binding, HeadStart, Reply, Request } from "./protocol.ts";
import { bindTensors, toFloats, toTensors } from "./tensors.ts";

/** What is the host's own. */
interface Host<Head extends HeadStart> {
  readonly Tensor: TensorConstructor;
  readonly session: InferenceSession;
  readonly binding?: Binding | undefined;
  readonly heads: readonly Head[];
  /** Makes the session of a head. */
  readonly openHead: (head: Head) => Promise<InferenceSession>;
}

/** Runs the model once: only what was asked for is computed, and leaves it. */
export type Run = (request: Request) => Promise<Record<string, FloatTensor>>;

export function runModel<Head extends HeadStart>({
  Tensor,
  session,
  binding,
  heads,
  openHead,
}: Host<Head>): Run {
  const opened = new Map<Head, InferenceSession>();
  return async ({ feeds, outputs }) => {
    const asked = heads.filter((head) => head.outputs.some((name) => outputs.includes(name)));
    const own = outputs.filter((name) => !heads.some((head) => head.outputs.includes(name)));
    const names = [...new Set([...own, ...asked.flatMap(({ reads }) => reads)])];
    const inputs = binding
      ? bindTensors(Tensor, binding, feeds)
      : toTensors(Tensor, session.inputNames, feeds);
    const results: Record<string, Tensor> = { ...(await session.run(inputs, names)) };
    for (const head of asked) {
      const on = opened.get(head) ?? (await openHead(head));
      opened.set(head, on);
      const fed: Record<string, Fed> = { ...feeds };
      for (const name of head.reads) fed[`${head.prefix ?? ""}${name}`] = toFloats(name, results[name]);
      const wanted = head.outputs.filter((name) => outputs.includes(name));
      Object.assign(results, await on.run(toTensors(Tensor, on.inputNames, fed), wanted));
    }
    return Object.fromEntries(outputs.map((name) => [name, toFloats(name, results[name])]));
  };
}

/** The buffers of tensors, to be given away with them. */
export function buffersOf(tensors: Readonly<Record<string, Fed>>): ArrayBuffer[] {
  const buffers = new Set(Object.values(tensors).map(({ data }) => data.buffer));
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer);
}

/** An error as a thread says it. @param code What it is where it is none of Cloze's. */
export function failed(error: unknown, code: "invalid-model" | "internal"): Reply {
  return {
    error: {
      code: error instanceof ClozeError ? error.code : code,
      message: error instanceof Error ? error.message : String(error),
    },
  };
}

/** What ONNX Runtime refuses to open. */
export function unopened(what: string, cause: unknown): ClozeError {
  return new ClozeError(
    "invalid-model",
    `ONNX Runtime cannot open the ${what}, so its file may be damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}

/** What a session's openings are called in messages. */
export const nameOfHead = ({ outputs }: HeadStart): string => `head ${outputs[0]}`;
