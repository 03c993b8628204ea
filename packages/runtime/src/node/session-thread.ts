/**
 * The thread that an ONNX Runtime session lives in: onnxruntime-node's `run` blocks its thread, so that thread must
 * not be the program's own.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession } from "onnxruntime-node";
import type { Tensor } from "onnxruntime-node";
import { ClozeError } from "@cloze/core";
import type { FloatTensor, Tensor as FedTensor } from "@cloze/core";
import { BUSY, CLOSE, CLOSING } from "./protocol.ts";
import type { HeadStart, Reply, Request, Start, ThreadData } from "./protocol.ts";
import { bindTensors, toFloats, toTensors } from "./tensors.ts";

const port = parentPort!;
const { model, folder, linked = [], threads, binding, heads = [], state } = workerData as ThreadData;

const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const failed = (error: unknown, code: "invalid-model" | "internal"): Reply => ({
  error: {
    code: error instanceof ClozeError ? error.code : code,
    message: error instanceof Error ? error.message : String(error),
  },
});

type Model = (request: Request) => Promise<Readonly<Record<string, Tensor>>>;

try {
  const run = await natively(openModel);
  reply({ outputs: {} });

  let last = Promise.resolve();
  port.on("message", (request: Request | typeof CLOSE) => {
    last = last
      .then(() => (request === CLOSE ? port.close() : answer(run, request)))
      .catch((error: unknown) => reply(failed(error, "internal")));
  });
} catch (error) {
  reply(failed(error, "invalid-model"));
  port.close();
}

async function openModel(): Promise<Model> {
  const externalData = await Promise.all(
    linked.map(async (name) => ({ path: name, data: await readFile(path.join(folder, name)) })),
  );
  const session = await open("model", model, externalData);
  const opened = new Map<HeadStart, InferenceSession>();
  return async ({ feeds, outputs }) => {
    const asked = heads.filter((head) => head.outputs.some((name) => outputs.includes(name)));
    const own = outputs.filter((name) => !heads.some((head) => head.outputs.includes(name)));
    const names = [...new Set([...own, ...asked.flatMap(({ reads }) => reads)])];
    const inputs = binding ? bindTensors(binding, feeds) : toTensors(session.inputNames, feeds);
    const results: Record<string, Tensor> = { ...(await session.run(inputs, names)) };
    for (const head of asked) {
      const on = opened.get(head) ?? (await open(`head ${head.outputs[0]}`, head.model));
      opened.set(head, on);
      const fed: Record<string, FedTensor> = { ...feeds };
      for (const name of head.reads) fed[`${head.prefix ?? ""}${name}`] = toFloats(name, results[name]);
      const wanted = head.outputs.filter((name) => outputs.includes(name));
      Object.assign(results, await on.run(toTensors(on.inputNames, fed), wanted));
    }
    return results;
  };
}

/** @throws ClozeError `invalid-model` where ONNX Runtime refuses it. */
async function open(
  what: string,
  source: Start["model"],
  externalData: InferenceSession.SessionOptions["externalData"] = [],
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    externalData,
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        // Threads spin for a millisecond and then sleep: long enough to be awake between two operators and for the
        // next run of a series, short enough to leave the cores to whoever calls the model. By default they spin
        // for tens of milliseconds after each run.
        intra_op: { allow_spinning: "1", spin_duration_us: "1000" },
      },
    },
  };
  try {
    return typeof source === "string"
      ? await InferenceSession.create(source, options)
      : await InferenceSession.create(source, options);
  } catch (error) {
    throw new ClozeError(
      "invalid-model",
      `ONNX Runtime cannot open the ${what}, so its file may be damaged: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function answer(run: Model, request: Request): Promise<void> {
  if (Atomics.load(state, CLOSING) === 1) return;
  const results = await natively(() => run(request));
  const outputs: Record<string, FloatTensor> = {};
  const buffers: ArrayBuffer[] = [];
  for (const name of new Set(request.outputs)) {
    const tensor = toFloats(name, results[name]);
    const { buffer } = tensor.data;
    outputs[name] = tensor;
    if (buffer instanceof ArrayBuffer) buffers.push(buffer);
  }
  reply({ outputs }, buffers);
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
