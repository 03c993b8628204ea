/**
 * The config.pbtxt of each model in a repository of NVIDIA Triton: what ONNX Runtime there takes and gives, how requests
 * are joined, and how several models are one.
 *
 * https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */
import { namesOf } from "@cloze/core";
import type { Graph, Value } from "@cloze/core";
import { wireLength } from "../remote/buckets.ts";
import { toText } from "./triton-text.ts";
import type { Message, Word } from "./triton-text.ts";

/** How a repository is to be served. */
export interface TritonServing {
  /** Where it runs: `gpu` by default. */
  readonly device?: "gpu" | "cpu" | undefined;
  /** How many of each model run side by side, on each GPU: 1 by default. */
  readonly instances?: number | undefined;
  /** The most rows of one run, and of one request: 64 by default, which is the most that `RemoteSession` sends. */
  readonly maxBatch?: number | undefined;
  /** How long a request waits for company, in milliseconds: 1 by default. */
  readonly delayMs?: number | undefined;
  /** Threads of one run on a CPU: by default as many as ONNX Runtime takes. */
  readonly threads?: number | undefined;
  /** Whether the encoder runs in TensorRT, in half precision; engines are built when the model is loaded. */
  readonly tensorrt?: boolean | undefined;
}

/** The same with every default filled in. */
export type Serving = TritonServing & {
  readonly device: "gpu" | "cpu";
  readonly instances: number;
  readonly maxBatch: number;
  readonly delayMs: number;
};

/** A model as Triton sees it: a batch comes first in every shape. */
export interface Served extends Pick<Graph, "inputs" | "outputs"> {
  readonly name: string;
}

/** A part of a whole; what a tensor is called in the whole, where it is not its own name. */
export interface Step extends Served {
  readonly renamed?: Readonly<Record<string, string>>;
}

/** The longest that a request waits, where it says nothing shorter itself. */
const LONGEST_US = 30_000_000;
/** As of `cloze serve`: 1 is the most urgent, and who says nothing comes last. */
const PRIORITIES = 10;
/** The most requests that wait. */
const QUEUE = 1024;

/** Whether a tensor is one of vectors, which another model gave, and not of ids or of places. */
export function isVectors({ shape }: Value): boolean {
  return shape.length === 3;
}

/** A model that ONNX Runtime runs. */
export function onnxConfig({ name, inputs, outputs }: Served, serving: Serving, longest: number): string {
  const { device, instances, maxBatch, delayMs, threads, tensorrt } = serving;
  const tokens = !inputs.some(isVectors);
  const accelerated = tensorrt === true && tokens;
  return toText({
    name,
    backend: "onnxruntime",
    max_batch_size: maxBatch,
    input: takes(inputs),
    output: gives(outputs),
    instance_group: [{ kind: word(device === "gpu" ? "KIND_GPU" : "KIND_CPU"), count: instances }],
    dynamic_batching: {
      // NVIDIA's advice: preferred sizes only for engines that are built for some.
      preferred_batch_size: accelerated ? [Math.ceil(maxBatch / 2), maxBatch] : undefined,
      max_queue_delay_microseconds: Math.round(1000 * delayMs),
      priority_levels: PRIORITIES,
      default_priority_level: PRIORITIES,
      default_queue_policy: {
        timeout_action: word("REJECT"),
        default_timeout_microseconds: LONGEST_US, // without one no request may have its own
        allow_timeout_override: true,
        max_queue_size: QUEUE,
      },
    },
    version_policy: { latest: { num_versions: 1 } },
    optimization: accelerated ? tensorRt(inputs, maxBatch, longest) : undefined,
    parameters:
      device === "cpu" && threads !== undefined
        ? [{ key: "intra_op_thread_count", value: { string_value: String(threads) } }]
        : undefined,
    model_warmup: tokens ? warmup(inputs, longest) : undefined,
  });
}

/** Engines in half precision for every shape that comes, fastest for half a batch of 128 tokens. */
function tensorRt(inputs: readonly Value[], maxBatch: number, longest: number): Message {
  const shapes = (rows: number, length: number) =>
    namesOf(inputs)
      .map((name) => `${name}:${rows}x${Math.min(length, longest)}`)
      .join(",");
  const parameters = {
    precision_mode: "FP16",
    max_workspace_size_bytes: String(2 ** 30),
    trt_engine_cache_enable: "true",
    trt_engine_cache_path: CACHE,
    trt_timing_cache_enable: "true",
    trt_timing_cache_path: CACHE,
    trt_profile_min_shapes: shapes(1, 1),
    trt_profile_opt_shapes: shapes(Math.ceil(maxBatch / 2), 128),
    trt_profile_max_shapes: shapes(maxBatch, longest),
  };
  const accelerator = {
    name: "tensorrt",
    parameters: Object.entries(parameters).map(([key, value]) => ({ key, value })),
  };
  return { execution_accelerators: { gpu_execution_accelerator: [accelerator] } };
}

/** Where engines are kept on the server: building them takes minutes. */
const CACHE = "/tmp/tensorrt";

/** Several models as one: Triton runs those whose outputs are asked for. */
export function ensembleConfig(
  whole: Served,
  steps: readonly Step[],
  optional: string,
  maxBatch: number,
): string {
  return toText({
    name: whole.name,
    platform: "ensemble",
    max_batch_size: maxBatch,
    input: takes(whole.inputs).map((one) => (one.name === optional ? { ...one, optional: true } : one)),
    output: gives(whole.outputs),
    version_policy: { latest: { num_versions: 1 } },
    ensemble_scheduling: {
      step: steps.map(({ name, inputs, outputs, renamed = {} }) => ({
        model_name: name,
        model_version: -1,
        input_map: namesOf(inputs).map((key) => ({ key, value: renamed[key] ?? key })),
        output_map: [...outputs.keys()].map((key) => ({ key, value: renamed[key] ?? key })),
      })),
    },
  });
}

/** A run of every length that travels on the wire, so that no request waits for kernels to be chosen. */
function warmup(inputs: readonly Value[], longest: number): Message[] {
  const lengths = new Set(Array.from({ length: longest }, (_, i) => wireLength(i + 1, longest)));
  return [...lengths].map((length) => ({
    name: `length ${length}`,
    batch_size: 1,
    inputs: namesOf(inputs).map((key) => ({
      key,
      value: { data_type: IDS, dims: [length], zero_data: true },
    })),
  }));
}

const FLOAT = word("TYPE_FP32");
const IDS = word("TYPE_INT64");

function takes(inputs: readonly Value[]) {
  const names = namesOf(inputs);
  return inputs.map((value, i) => describe(names[i], isVectors(value) ? FLOAT : IDS, value));
}

function gives(outputs: Graph["outputs"]) {
  return [...outputs].map(([name, value]) => describe(name, FLOAT, value));
}

function describe(name: string, type: Word, { shape }: Value) {
  return {
    name,
    data_type: type,
    dims: shape.slice(1).map((size) => (typeof size === "number" ? size : -1)),
  };
}

function word(value: string): Word {
  return { word: value };
}
