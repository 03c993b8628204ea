/**
 * Trains a few steps on the CPU and on WebGPU and prints how they went. Run by `device.test.ts` with Vulkan's driver
 * named in the environment, which the loader reads when the process begins.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { adamW, bertAdam, createTrainStep, initialWeights } from "@cloze/train";
import type { StepReport, TrainRuntime } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";
import { tinyFeeds, tinyGraph } from "./tiny.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cloze-device-"));
/** As `nodeRuntime` has it, and with a record of where each node ran. */
const watched: TrainRuntime = {
  name: "watched",
  Tensor,
  weights: "device",
  open: (model, kept = []) =>
    InferenceSession.create(model, {
      executionProviders: ["webgpu"],
      logSeverityLevel: 3,
      preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer" as const])),
      enableProfiling: true,
      profileFilePrefix: path.join(folder, "run"),
    }),
};

async function course(runtime: TrainRuntime, optimizer = adamW()) {
  const graph = tinyGraph(true);
  const weights = initialWeights(graph, 1);
  await using step = await createTrainStep({ runtime, graph, weights, optimizer, clip: 1, seed: 1 });
  const reports: StepReport[] = [];
  for (let i = 0; i < 3; i++) reports.push(await step.run({ feeds: [tinyFeeds()], tokens: 0 }, 1e-3));
  const saved = structuredClone(await step.state());
  reports.push(await step.run({ feeds: [tinyFeeds()], tokens: 0 }, 1e-3));
  await step.restore(saved);
  reports.push(await step.run({ feeds: [tinyFeeds()], tokens: 0 }, 1e-3));
  return { reports, weights: (await step.state()).weights };
}

function worst(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  let most = 0;
  for (const [name, data] of a)
    for (const [i, x] of data.entries()) most = Math.max(most, Math.abs(x - b.get(name)![i]));
  return most;
}

const cpu = await course(nodeRuntime({ threads: 1 }));
const gpu = await course(nodeRuntime({ device: "webgpu" }), bertAdam());
const adam = await course(watched);
const placed: Record<string, string[]> = {};
for (const file of readdirSync(folder)) {
  const events = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as {
    readonly name: string;
    readonly args?: { readonly provider?: string; readonly op_name?: string };
  }[];
  for (const { name, args } of events) {
    if (!name.endsWith("_kernel_time") || args?.provider === undefined) continue;
    (placed[args.provider] ??= []).push(args.op_name ?? "");
  }
}
rmSync(folder, { recursive: true });
console.log(
  JSON.stringify({
    cpu: cpu.reports,
    gpu: adam.reports,
    bert: gpu.reports,
    bertCpu: (await course(nodeRuntime({ threads: 1 }), bertAdam())).reports,
    apart: worst(cpu.weights, adam.weights),
    onCpu: [...new Set(placed.CPUExecutionProvider)].sort(),
    onGpu: placed.WebGpuExecutionProvider?.length ?? 0,
  }),
);
process.exit(0);
