/**
 * Loading a model in a browser: a folder behind HTTP, or files from anywhere, become a predictor whose session runs in a
 * worker on WebGPU, or in WebAssembly where there is none.
 */
import { ClozeError, MASKED_POSITIONS, namesOf, Predictor, throwIfAborted } from "@cloze/core";
import type { HeadWeights, PredictorParts } from "@cloze/core";
import type { Files } from "../files/files.ts";
import { openZip } from "../files/zip.ts";
import { checkEncoder, graphsOf, openFolder } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { toOnnx } from "../onnx/emit.ts";
import { webgpu } from "../onnx/profiles.ts";
import { readPlugin } from "../plugin-folder.ts";
import { widenBfloat } from "./bfloat.ts";
import { FetchFiles } from "./fetch-files.ts";
import type { FetchFilesOptions } from "./fetch-files.ts";
import { HeldWeights } from "./held-weights.ts";
import { orWithoutMemory } from "./memory.ts";
import { wasmFiles } from "./protocol.ts";
import type { Device, SessionWorker, Start } from "./protocol.ts";
import { WebSession } from "./session.ts";
import type { WebSessionParts } from "./session.ts";

/** How a model is downloaded, and how it runs. */
export interface LoadOptions extends FetchFilesOptions {
  /** `auto`, the default, takes WebGPU where there is an adapter, else WebAssembly. */
  readonly device?: Device | "auto" | undefined;
  /**
   * Threads of one run in WebAssembly: one by default, and one a core (at most 8) where the page is cross-origin
   * isolated; more than one need that.
   */
  readonly threads?: number | undefined;
  /** Where onnxruntime-web's `.mjs` and `.wasm` files lie; beside its module by default. */
  readonly wasmPaths?: string | URL | undefined;
  /** Reads the one `.wasm` file that is needed, by its name, in a host that has no address for it. */
  readonly readWasm?: ((name: string) => Promise<Uint8Array<ArrayBuffer>>) | undefined;
  /** Makes the session's worker: one whose script calls `serveSession`. */
  readonly worker?: (() => SessionWorker) | undefined;
}

/**
 * A model in a browser, and where it runs.
 *
 * @example no-run
 * await using bert = await load("/models/starter", { device: "wasm" });
 * bert.device; // "wasm"
 */
export class WebPredictor extends Predictor {
  readonly device: Device;
  /** Why it is in WebAssembly though `auto` found an adapter. */
  readonly fallback: Error | undefined;

  constructor(parts: PredictorParts & Pick<WebPredictor, "device" | "fallback">) {
    super(parts);
    this.device = parts.device;
    this.fallback = parts.fallback;
  }
}

/**
 * Loads a model in a browser.
 *
 * @param source The address of a model folder, or files from anywhere.
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `encoder-mismatch`, `unsupported` without WebGPU
 *   where it is asked for, or without enough memory, `server-unavailable`, `server-error`, `aborted`, `invalid-option`.
 *
 * @example no-run
 * await using bert = await load("/models/starter");
 * bert.device; // "wasm": there is no graphics card
 * const { label, score } = await bert.classify("a warm , funny film"); // "positive", 0.9997
 */
export async function load(source: string | URL | Files, options: LoadOptions = {}): Promise<WebPredictor> {
  const { device = "auto" } = options;
  const threads = countThreads(options.threads);
  const gpu = await findGpu(device);
  const files = new HeldWeights(
    typeof source === "string" || source instanceof URL ? new FetchFiles(source, options) : source,
  );
  try {
    const folder = await openFolder(files);
    const predict = async (chosen: Device, fallback?: Error): Promise<WebPredictor> =>
      new WebPredictor({
        ...folder,
        session: await openSession(chosen, threads, folder, files, options),
        device: chosen,
        fallback,
        readPlugin: fetchPlugin,
        checkEncoder: (plugin) => checkEncoder(files, plugin),
      });
    if (!gpu) return await predict("wasm");
    if (device === "webgpu") return await predict("webgpu");
    return await predict("webgpu").catch((why: Error) => {
      throwIfAborted(options.signal);
      return predict("wasm", why); // an adapter is no promise
    });
  } catch (error) {
    throw orWithoutMemory(error);
  } finally {
    files.release();
  }
}

async function openSession(
  device: Device,
  threads: number,
  folder: ModelFolder,
  files: HeldWeights,
  options: LoadOptions,
): Promise<WebSession> {
  const { model, heads } = graphsOf(folder);
  const profile = device === "webgpu" ? webgpu : {};
  const parts: WebSessionParts = {
    device,
    outputs: [model, ...heads].flatMap(({ outputs }) => [...outputs.keys()]),
    maxLength: folder.config.maxPositions,
    worker: options.worker ?? startWorker,
    ownsWeights: files.fetched,
    async start(): Promise<Start> {
      const { tensors, widened } =
        device === "webgpu" ? await widenBfloat(files, folder.tensors) : asTheyAre(folder.tensors);
      const paths = new Set([...tensors.values()].map(({ file }) => file));
      return {
        device,
        threads: device === "wasm" ? threads : 1,
        model: toOnnx(model, tensors, profile),
        weights: await Promise.all(
          [...paths].map(async (path) => ({ path, data: widened.get(path) ?? (await files.take(path)) })),
        ),
        heads: heads.map((head) => ({
          model: toOnnx(head, tensors, profile),
          reads: namesOf(head.inputs).filter((name) => name !== MASKED_POSITIONS),
          outputs: [...head.outputs.keys()],
        })),
        runtime: {
          folder: options.wasmPaths && folderAt(options.wasmPaths),
          wasm: await options.readWasm?.(wasmFiles[device]),
        },
      };
    },
  };
  return WebSession.create(parts, options.signal);
}

const asTheyAre = (tensors: ModelFolder["tensors"]) => ({ tensors, widened: new Map<string, never>() });

function folderAt(place: string | URL): string {
  return new URL(place, globalThis.location?.href).href.replace(/\/*$/, "/");
}

function startWorker(): SessionWorker {
  return new Worker(new URL("./session-worker.js", import.meta.url), {
    type: "module",
    name: "cloze-session",
  });
}

/** A plugin's folder or `.cloze` file, by its address. */
async function fetchPlugin(place: string): Promise<HeadWeights> {
  if (!place.endsWith(".cloze"))
    return readPlugin(new FetchFiles(place, { files: ["plugin.json", "head.safetensors"] }));
  const url = new URL(place, globalThis.location?.href);
  const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  return readPlugin(
    await openZip(await new FetchFiles(new URL(".", url), { files: [name] }).read(name), place),
  );
}

/** Whether to take WebGPU. */
async function findGpu(device: Device | "auto"): Promise<boolean> {
  if (!["webgpu", "wasm", "auto"].includes(device))
    throw new ClozeError("invalid-option", `device should be webgpu, wasm or auto, but is ${device}.`, {
      field: "device",
    });
  if (device === "wasm") return false;
  const adapter = await globalThis.navigator?.gpu?.requestAdapter().catch(() => null);
  if (device === "auto") return adapter != null && !adapter.info.isFallbackAdapter; // WebAssembly beats a CPU's shaders
  if (adapter) return true;
  throw new ClozeError(
    "unsupported",
    "There is no WebGPU here (no adapter, or no secure context): take the device wasm, or auto.",
    { field: "device" },
  );
}

function countThreads(asked: number | undefined): number {
  const isolated = globalThis.crossOriginIsolated;
  const threads = asked ?? (isolated ? Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, 8) : 1);
  if (!Number.isInteger(threads) || threads < 1)
    throw new ClozeError("invalid-option", `threads should be a positive whole number, but is ${threads}.`, {
      field: "threads",
    });
  if (threads > 1 && !isolated)
    throw new ClozeError(
      "unsupported",
      `${threads} threads need a page that is cross-origin isolated: send it with COOP and COEP, or take one.`,
      { field: "threads" },
    );
  return threads;
}
