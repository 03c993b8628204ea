/**
 * The step that stays on a device, on real WebGPU: ONNX Runtime over Vulkan, whose driver here is Chromium's software
 * one. It ends where the step on the CPU ends.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { StepReport } from "@cloze/train";

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADER = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";

interface Report {
  readonly cpu: readonly StepReport[];
  readonly gpu: readonly StepReport[];
  readonly bert: readonly StepReport[];
  readonly bertCpu: readonly StepReport[];
  readonly apart: number;
  readonly onCpu: readonly string[];
  readonly onGpu: number;
}

describe.runIf(existsSync(DRIVER) && existsSync(LOADER))("the whole step on WebGPU", () => {
  let report: Report;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(import.meta.dirname, "device-child.ts")],
      { env: { ...process.env, VK_DRIVER_FILES: DRIVER, VK_ICD_FILENAMES: DRIVER }, maxBuffer: 1 << 24 },
    );
    report = JSON.parse(stdout) as Report;
  });

  test("losses and norms are those of the CPU, dropout included", () => {
    for (const [device, host] of [
      [report.gpu, report.cpu],
      [report.bert, report.bertCpu],
    ])
      for (const [i, { loss, norm }] of device.entries()) {
        expect(loss).toBeCloseTo(host[i].loss, 4);
        expect(norm).toBeCloseTo(host[i].norm, 3);
      }
    expect(report.apart).toBeLessThan(1e-4);
  });

  test("a state that is read and restored goes on as before", () => {
    expect(report.gpu[4].loss).toBeCloseTo(report.gpu[3].loss, 5);
  });

  test("everything but the arithmetic of shapes runs on the device", () => {
    const shapes = new Set(["Cast", "Concat", "Range", "ReduceProd", "Slice", "Squeeze", "Sub"]);
    expect(report.onCpu.filter((operator) => !shapes.has(operator))).toEqual([]);
    expect(report.onGpu).toBeGreaterThan(5000);
  });
});
