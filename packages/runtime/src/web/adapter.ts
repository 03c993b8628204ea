/** The graphics card, and whether a model is to run on it. */
import { ClozeError } from "@cloze/core";
import type { Device } from "./protocol.ts";

/** A graphics card, as a browser tells of it. */
export interface Adapter {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it computes in half precision. */
  readonly halfPrecision: boolean;
  /** Whether it is a CPU's: right, but slower than WebAssembly. */
  readonly software: boolean;
}

/**
 * The graphics card that there is, whether or not a model runs on it.
 *
 * @returns Nothing without WebGPU, and of browsers from before 2024, which tell nothing and are too old for ONNX
 *   Runtime's WebGPU.
 * @example no-run
 * const card = await describeAdapter();
 * card?.software; // true: there is none but the processor
 */
export async function describeAdapter(): Promise<Adapter | undefined> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter().catch(() => null);
  if (!adapter?.info) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return {
    vendor,
    architecture,
    device,
    description,
    halfPrecision: adapter.features.has("shader-f16"),
    // Browsers from before 2025 have it beside `info`, not in it.
    software: isFallbackAdapter ?? (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? false,
  };
}

/**
 * The card to take, where one is wanted.
 *
 * @throws ClozeError `invalid-option`, `unsupported` where WebGPU is asked for and there is none.
 */
export async function findAdapter(device: Device | "auto"): Promise<Adapter | undefined> {
  if (!["webgpu", "wasm", "auto"].includes(device))
    throw new ClozeError("invalid-option", `device should be webgpu, wasm or auto, but is ${device}.`, {
      field: "device",
    });
  if (device === "wasm") return undefined;
  const adapter = await describeAdapter();
  if (!adapter) {
    if (device === "auto") return undefined;
    throw new ClozeError(
      "unsupported",
      "There is no WebGPU here (no adapter, no secure context, or a browser from before 2024): take the device wasm, or auto.",
      { field: "device" },
    );
  }
  return device === "auto" && adapter.software ? undefined : adapter; // WebAssembly beats a CPU's shaders
}
