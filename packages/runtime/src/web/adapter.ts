/** The graphics card, as far as it decides where a model runs. */
import { ClozeError } from "@cloze/core";
import type { Device } from "./protocol.ts";

/** A graphics card that may be taken. */
export interface Adapter {
  /** All that is told of it. */
  readonly description: string;
  /** Whether it computes in half precision. */
  readonly half: boolean;
  /** Whether it is a CPU's: right, but slower than WebAssembly. */
  readonly software: boolean;
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
  const adapter = await globalThis.navigator?.gpu?.requestAdapter().catch(() => null);
  if (!adapter?.info) {
    if (device === "auto") return undefined;
    throw new ClozeError(
      "unsupported",
      "There is no WebGPU here (no adapter, no secure context, or a browser from before 2024): take the device wasm, or auto.",
      { field: "device" },
    );
  }
  const { vendor, architecture, device: card, description, isFallbackAdapter } = adapter.info;
  if (device === "auto" && isFallbackAdapter) return undefined; // WebAssembly beats a CPU's shaders
  return {
    description: [vendor, architecture, card, description].join("/"),
    half: adapter.features.has("shader-f16"),
    software: isFallbackAdapter,
  };
}
