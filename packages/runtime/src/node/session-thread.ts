/**
 * The thread that an ONNX Runtime session lives in: onnxruntime-node's `run` blocks its thread, so that thread must
 * not be the program's own.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { ClozeError } from "@cloze/core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { buffersOf, failed, nameOfHead, runModel, unopened } from "../ort/model.ts";
import type { Run } from "../ort/model.ts";
import { CLOSE } from "../ort/protocol.ts";
import type { Reply, Request } from "../ort/protocol.ts";
import { BUSY, CLOSING } from "./protocol.ts";
import type { Start, ThreadData } from "./protocol.ts";

const port = parentPort!;
const {
  model,
  folder,
  linked = [],
  threads,
  device = "cpu",
  binding,
  heads = [],
  state,
} = workerData as ThreadData;

const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
try {
  const run = await natively(openModel);
  if (run) serve(run);
} catch (error) {
  reply(failed(error, "invalid-model"));
  port.close();
}

async function openModel(): Promise<Run> {
  const externalData = await Promise.all(
    linked.map(async (name) => ({ path: name, data: await readFile(path.join(folder, name)) })),
  );
  const session = await open("model", model, externalData);
  const openHead = (head: (typeof heads)[number]) => open(nameOfHead(head), head.model);
  return runModel({ Tensor, session, binding, heads, openHead });
}

/** @throws ClozeError `invalid-model` where ONNX Runtime refuses it, `unsupported` where a device other than the CPU does. */
async function open(
  what: string,
  source: Start["model"],
  externalData: InferenceSession.SessionOptions["externalData"] = [],
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device],
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
  } catch (cause) {
    if (device === "cpu") throw unopened(what, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClozeError(
      "unsupported",
      `ONNX Runtime cannot open the ${what} on ${device}: see that this machine has it, or choose the device cpu (${why.trim()}).`,
      { field: "device" },
    );
  }
}

function serve(run: Run): void {
  reply({ outputs: {} });
  let last = Promise.resolve();
  port.on("message", (request: Request | typeof CLOSE) => {
    last = last
      .then(() => (request === CLOSE ? port.close() : answer(run, request)))
      .catch((error: unknown) => reply(failed(error, "internal")));
  });
}

async function answer(run: Run, request: Request): Promise<void> {
  const outputs = await natively(() => run(request));
  if (outputs) reply({ outputs }, buffersOf(outputs));
}

/**
 * A thread that is ended while it is in ONNX Runtime takes the process with it: the main thread has to know. Here busy
 * comes before closing is looked at, there the other way round, so that one of the two sees the other.
 */
async function natively<T>(work: () => Promise<T>): Promise<T | undefined> {
  Atomics.store(state, BUSY, 1);
  try {
    return Atomics.load(state, CLOSING) === 1 ? undefined : await work();
  } finally {
    Atomics.store(state, BUSY, 0);
    Atomics.notify(state, BUSY);
  }
}
