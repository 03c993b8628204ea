/** Models on WebGPU in Node: ONNX Runtime over Vulkan, whose driver here is Chromium's software one. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { load } from "@cloze/runtime/node";
import { beforeAll, describe, expect, it } from "vitest";
import { starter } from "./starter.ts";

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADER = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";

interface Answers {
  readonly classify: readonly number[];
  readonly ask: { readonly answer: string; readonly start: number; readonly score: number };
  readonly fill: readonly string[];
  readonly tag: readonly string[];
  readonly embed: readonly number[];
}

describe.runIf(existsSync(DRIVER) && existsSync(LOADER))("a model on WebGPU", () => {
  let report: Readonly<Record<"cpu" | "gpu", Answers>> & {
    readonly together: readonly string[];
    readonly left: string;
  };
  beforeAll(async () => {
    const child = path.join(import.meta.dirname, "node-webgpu-child.ts");
    const env = { ...process.env, VK_DRIVER_FILES: DRIVER, VK_ICD_FILENAMES: DRIVER };
    const { stdout } = await promisify(execFile)(process.execPath, [child], { env });
    report = JSON.parse(stdout) as typeof report;
  }, 300_000);

  it("answers what the CPU answers", () => {
    const { cpu, gpu } = report;
    for (const [i, score] of gpu.classify.entries()) expect(score).toBeCloseTo(cpu.classify[i], 4);
    expect([gpu.ask.answer, gpu.ask.start]).toEqual([cpu.ask.answer, cpu.ask.start]);
    expect(gpu.ask.score).toBeCloseTo(cpu.ask.score, 3);
    expect([gpu.fill, gpu.tag]).toEqual([cpu.fill, cpu.tag]);
    for (const [i, value] of gpu.embed.entries()) expect(value).toBeCloseTo(cpu.embed[i], 3);
  });

  it("takes turns with another, and lets go who gives up", () => {
    expect(report.together).toEqual(Array(4).fill("positive"));
    expect(report.left).toBe("aborted");
  });
});

it("says so where there is no such device", async () => {
  await expect(load(starter, { device: "cuda" })).rejects.toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining("device cpu") }),
  );
});
