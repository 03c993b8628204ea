/**
 * The worker's side of a session: ONNX Runtime and one model, requests first in, first out. Two sessions of one WebGPU
 * device must not run at once, and heads are sessions too: all wait in one line. Who waits outside is `session.ts`'s
 * matter, and what windows do to each other that of `turns.ts`.
 */
import type { FloatTensor } from "@cloze/core";
import type { InferenceSession } from "onnxruntime-web";
import { buffersOf, failed, nameOfHead, runModel, unopened } from "../ort/model.ts";
import type { Run } from "../ort/model.ts";
import type { Request } from "../ort/protocol.ts";
import { orWithoutMemory } from "./memory.ts";
import type { SessionPort, Start, WebReply } from "./protocol.ts";
import { widenWeights } from "./widening.ts";

/**
 * Serves one session in this worker: for hosts that start workers in a way of their own (`LoadOptions.worker`).
 *
 * @param port Where it is spoken to; the worker's own messages by default.
 * @example no-run
 * serveSession(); // a worker's script is nothing but this and its import
 */
export function serveSession(port: SessionPort = globalThis as unknown as SessionPort): void {
  const reply = (message: WebReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const device = new Watched();
  let line: Promise<Run>;
  port.onmessage = ({ data }: MessageEvent<Start | Request>) => {
    if ("model" in data) {
      line = open(data, device);
      line.then(
        () => reply({ outputs: {} }),
        (error: unknown) => reply(failed(error, "invalid-model")),
      );
      return;
    }
    line = line.then(async (run) => {
      try {
        const outputs = await device.during(() => run(data));
        reply({ outputs }, buffersOf(outputs));
      } catch (error) {
        if (device.lost === undefined) reply(failed(orWithoutMemory(error), "internal"));
        else reply({ lost: device.lost });
      }
      return run;
    });
  };
}

/** What computes, and whether it is still there. */
class Watched {
  /** Why it is gone, once it is. */
  lost: string | undefined;
  #giveUp: ((why: Error) => void) | undefined;

  async watch(device: GPUDevice): Promise<void> {
    const { message, reason } = await device.lost;
    this.lost = message || reason;
    this.#giveUp?.(new Error(this.lost));
  }

  /** What runs on a device that is lost may never end, and is not waited for. */
  async during(work: () => ReturnType<Run>): Promise<Record<string, FloatTensor>> {
    if (this.lost !== undefined) throw new Error(this.lost);
    try {
      return await new Promise((resolve, reject) => {
        this.#giveUp = reject;
        work().then(resolve, reject);
      });
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 50)); // a loss is told a little after what it broke
      throw error;
    } finally {
      this.#giveUp = undefined;
    }
  }
}

async function open(start: Start, watched: Watched): Promise<Run> {
  const { device, threads, heads, runtime } = start;
  const ort =
    device === "webgpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
  const { env, InferenceSession, Tensor } = ort;
  env.logLevel = "error";
  env.wasm.numThreads = threads;
  if (runtime.folder !== undefined) env.wasm.wasmPaths = runtime.folder;
  if (runtime.wasm) env.wasm.wasmBinary = runtime.wasm;

  let { weights } = start;
  const create = async (what: string, { model, widened }: Pick<Start, "model" | "widened">) => {
    let files = weights;
    try {
      files = widenWeights(weights, widened);
      const options: InferenceSession.SessionOptions = {
        executionProviders: [device],
        externalData: files,
        logSeverityLevel: 3, // errors: that arithmetic on shapes is the CPU's is meant so
      };
      return await InferenceSession.create(model, options);
    } catch (cause) {
      const error = orWithoutMemory(cause);
      throw error === cause ? unopened(what, cause) : error;
    } finally {
      if (files !== weights) free(files.at(-1)!.data);
    }
  };
  const session = await create("model", start);
  if (device === "webgpu") void watched.watch(await env.webgpu.device);

  // Bytes are held while a head may still need them: ONNX Runtime has taken what the model's own session reads.
  let unopenedHeads = heads.length;
  if (unopenedHeads === 0) weights = [];
  const openHead = async (head: (typeof heads)[number]) => {
    const opened = await create(nameOfHead(head), head);
    if (--unopenedHeads === 0) weights = [];
    return opened;
  };
  return runModel({ Tensor, session, heads, openHead });
}

/** Frees bytes that are not needed any more at once, where the browser can: garbage of this size may lie for long. */
function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  (buffer as { transfer?: (size: number) => ArrayBuffer }).transfer?.(0);
}
