/**
 * The thread that an ONNX Runtime session lives in: onnxruntime-node's `run` blocks its thread, so that thread must
 * not be the program's own.
 */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { FloatTensor } from "@cloze/core";
import type { Reply, Request, Start } from "./protocol.ts";

const port = parentPort!;
const { model, folder, threads } = workerData as Start;

const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const failed = (error: unknown, code: "invalid-model" | "internal"): Reply => ({
  error: { code, message: error instanceof Error ? error.message : String(error) },
});

try {
  const session = await InferenceSession.create(model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        // A waiting thread sleeps: spinning would take a core from whoever calls the model.
        intra_op: { allow_spinning: "0" },
      },
    },
  });
  reply({ outputs: {} });

  let last = Promise.resolve();
  port.on("message", (request: Request) => {
    last = last.then(() => run(session, request)).catch((error: unknown) => reply(failed(error, "internal")));
  });
} catch (error) {
  reply(failed(error, "invalid-model"));
  port.close();
}

async function run(session: InferenceSession, { feeds, outputs }: Request): Promise<void> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      type === "int32" ? new Tensor(type, data, dims) : new Tensor(type, data, dims),
    ]),
  );
  const results = await session.run(inputs, outputs);
  const tensors: Record<string, FloatTensor> = {};
  const buffers: ArrayBuffer[] = [];
  for (const name of outputs) {
    const { data, dims } = results[name];
    if (!(data instanceof Float32Array)) throw new TypeError(`${name} is not float32.`);
    tensors[name] = { type: "float32", data, dims };
    if (data.buffer instanceof ArrayBuffer) buffers.push(data.buffer);
  }
  reply({ outputs: tensors }, buffers);
}
