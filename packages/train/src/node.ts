/**
 * Training in Node: ONNX Runtime's CPU provider, or WebGPU where there is an adapter.
 */
import { availableParallelism } from "node:os";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ClozeError } from "@cloze/core";
import type { TrainRuntime } from "./ort/runtime.ts";

/** Where and with how much training runs. */
export interface NodeRuntimeOptions {
  readonly device?: "cpu" | "webgpu" | undefined;
  /** Threads of the CPU: one a core by default. */
  readonly threads?: number | undefined;
}

/**
 * ONNX Runtime in this thread. A graph that is opened where there is no adapter is refused: ClozeError `unsupported`.
 *
 * @example
 * const runtime = nodeRuntime({ threads: 2 });
 */
export function nodeRuntime(options: NodeRuntimeOptions = {}): TrainRuntime {
  const { device = "cpu", threads = availableParallelism() } = options;
  return {
    name: `onnxruntime-node ${device}`,
    Tensor,
    weights: device === "cpu" ? "host" : "device",
    async open(model, kept = []) {
      try {
        return await InferenceSession.create(model, {
          executionProviders: [device],
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
          logSeverityLevel: 3,
          ...(kept.length > 0 && {
            preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer" as const])),
          }),
          // Threads that spin between operators take time from each other; small blocks let an idle thread help out.
          extra: { session: { intra_op: { allow_spinning: "0" }, dynamic_block_base: "4" } },
        });
      } catch (cause) {
        if (device === "cpu") throw cause;
        throw new ClozeError(
          "unsupported",
          "WebGPU cannot be had here: it takes a graphics adapter and its Vulkan, Metal or D3D12 driver. Train on the cpu.",
          { cause, field: "device" },
        );
      }
    },
  };
}
