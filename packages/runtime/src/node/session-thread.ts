/**
 * The thread that an ONNX Runtime session lives in: onnxruntime-node's `run` blocks its thread, so that thread must
 * not be the program's own.
 */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { FloatTensor } from "@cloze/core";
import { BUSY, CLOSE, CLOSING } from "./protocol.ts";
import type { Reply, Request, ThreadData } from "./protocol.ts";

const port = parentPort!;
const { model, folder, threads, state } = workerData as ThreadData;

const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const failed = (error: unknown, code: "invalid-model" | "internal"): Reply => ({
  error: { code, message: error instanceof Error ? error.message : String(error) },
});

try {
  const session = await natively(() =>
    InferenceSession.create(model, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      extra: {
        session: {
          model_external_initializers_file_folder_path: folder,
          // Threads spin for a millisecond and then sleep: long enough to be awake between two operators and for the
          // next run of a series, short enough to leave the cores to whoever calls the model. By default they spin
          // for tens of milliseconds after each run.
          intra_op: { allow_spinning: "1", spin_duration_us: "1000" },
        },
      },
    }),
  );
  reply({ outputs: {} });

  let last = Promise.resolve();
  port.on("message", (request: Request | typeof CLOSE) => {
    last = last
      .then(() => (request === CLOSE ? port.close() : run(session, request)))
      .catch((error: unknown) => reply(failed(error, "internal")));
  });
} catch (error) {
  reply(failed(error, "invalid-model"));
  port.close();
}

async function run(session: InferenceSession, { feeds, outputs }: Request): Promise<void> {
  if (Atomics.load(state, CLOSING) === 1) return;
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      type === "int32" ? new Tensor(type, data, dims) : new Tensor(type, data, dims),
    ]),
  );
  const results = await natively(() => session.run(inputs, outputs));
  const tensors: Record<string, FloatTensor> = {};
  const buffers: ArrayBuffer[] = [];
  for (const name of new Set(outputs)) {
    const { data, dims } = results[name];
    if (!(data instanceof Float32Array)) throw new TypeError(`${name} is not float32.`);
    tensors[name] = { type: "float32", data, dims };
    if (data.buffer instanceof ArrayBuffer) buffers.push(data.buffer);
  }
  reply({ outputs: tensors }, buffers);
}

/** A thread that is ended while it is in ONNX Runtime takes the process with it: the main thread has to know. */
async function natively<T>(work: () => Promise<T>): Promise<T> {
  Atomics.store(state, BUSY, 1);
  try {
    return await work();
  } finally {
    Atomics.store(state, BUSY, 0);
    Atomics.notify(state, BUSY);
  }
}
