/**
 * Where a model can run, and what its session's worker is started with there: the graphs for that device, and the bytes
 * of the weights.
 */
import { MASKED_POSITIONS, namesOf } from "@cloze/core";
import type { Graph } from "@cloze/core";
import { graphsOf } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { toOnnx } from "../onnx/emit.ts";
import { webgpu } from "../onnx/profiles.ts";
import type { HeldWeights } from "./held-weights.ts";
import type { Probe } from "./probe.ts";
import { wasmFiles } from "./protocol.ts";
import type { Device, SessionWorker, Start } from "./protocol.ts";
import { WebSession } from "./session.ts";
import type { Place, WebSessionParts } from "./session.ts";
import { planWidening } from "./widening.ts";

/** A device and what is computed in there; WebAssembly computes in float32. */
export type Choice = "webgpu" | "webgpu-fp16" | "wasm";

/** What is widened on WebGPU where this is computed in. */
const narrower = { F16: ["BF16"], F32: ["BF16", "F16"] } as const;

/** How ONNX Runtime comes into a session's worker. */
export interface PlaceOptions {
  /** Where onnxruntime-web's `.mjs` and `.wasm` files lie; beside its module by default. */
  readonly wasmPaths?: string | URL | undefined;
  /** Reads the one `.wasm` file that is needed, by its name, in a host that has no address for it. */
  readonly readWasm?: ((name: string) => Promise<Uint8Array<ArrayBuffer>>) | undefined;
  /** Makes the session's worker: one whose script calls `serveSession`. */
  readonly worker?: (() => SessionWorker) | undefined;
}

/** The places of one model. */
export class Places {
  readonly probe: Probe;
  /** The files of the weights. */
  readonly weightFiles: ReadonlySet<string>;
  readonly #folder: ModelFolder;
  readonly #files: HeldWeights;
  readonly #options: PlaceOptions;
  readonly #threads: number;
  readonly #graphs: { readonly model: Graph; readonly heads: readonly Graph[] };

  constructor(folder: ModelFolder, files: HeldWeights, threads: number, options: PlaceOptions) {
    this.#folder = folder;
    this.#files = files;
    this.#threads = threads;
    this.#options = options;
    this.#graphs = graphsOf(folder);
    this.weightFiles = new Set([...folder.tensors.values()].map(({ file }) => file));
    const own = [...this.#graphs.model.outputs.keys()];
    const last = own.filter((name) => !/\.\d+$/.test(name)); // not the layers in between
    const { vocabularySize, maxPositions: maxLength } = folder.config;
    this.probe = { outputs: last.length > 0 ? last : own.slice(-1), vocabularySize, maxLength };
  }

  /** Opens a session in one of them. */
  open(
    choice: Choice,
    others: Pick<WebSessionParts, "fallback" | "onFallback"> = {},
    signal?: AbortSignal,
  ): Promise<WebSession> {
    const { model, heads } = this.#graphs;
    const parts: WebSessionParts = {
      ...others,
      outputs: [model, ...heads].flatMap(({ outputs }) => [...outputs.keys()]),
      maxLength: this.#folder.config.maxPositions,
      place: this.at(choice),
      worker: this.#options.worker ?? startWorker,
      ownsWeights: this.#files.fetched,
    };
    return WebSession.create(parts, signal);
  }

  at(choice: Choice): Place {
    const device = choice === "wasm" ? "wasm" : "webgpu";
    const precision = choice === "webgpu-fp16" ? "fp16" : "fp32";
    return { device, precision, start: () => this.#start(device, precision) };
  }

  async #start(device: Device, precision: Place["precision"]): Promise<Start> {
    const { model, heads } = this.#graphs;
    const { readWasm, wasmPaths } = this.#options;
    const emit = (graph: Graph, compute: "F16" | "F32") => {
      if (device === "wasm") return { model: toOnnx(graph, this.#folder.tensors), widened: [] };
      const { tensors, widened } = planWidening(graph, this.#folder.tensors, narrower[compute]);
      return { model: toOnnx(graph, tensors, webgpu, compute), widened };
    };
    return {
      device,
      threads: device === "wasm" ? this.#threads : 1,
      ...emit(model, precision === "fp16" ? "F16" : "F32"),
      weights: await Promise.all(
        [...this.weightFiles].map(async (path) => ({ path, data: await this.#files.take(path) })),
      ),
      // Over a whole vocabulary a half's three digits decide between words: heads of their own compute in float32.
      heads: heads.map((head) => ({
        ...emit(head, "F32"),
        reads: namesOf(head.inputs).filter((name) => name !== MASKED_POSITIONS),
        outputs: [...head.outputs.keys()],
      })),
      runtime: {
        folder: wasmPaths && folderAt(wasmPaths),
        wasm: await readWasm?.(wasmFiles[device]),
      },
    };
  }
}

function folderAt(place: string | URL): string {
  return new URL(place, globalThis.location?.href).href.replace(/\/*$/, "/");
}

function startWorker(): SessionWorker {
  return new Worker(new URL("./session-worker.js", import.meta.url), {
    type: "module",
    name: "cloze-session",
  });
}
