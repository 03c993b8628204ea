/**
 * Which of several places a model runs fastest in: what may be taken, what was remembered, and what is measured while
 * nobody waits.
 */
import { ClozeError, throwIfAborted } from "@cloze/core";
import { hashOf } from "../folder.ts";
import type { Adapter } from "./adapter.ts";
import { keyOf } from "./choices.ts";
import type { DeviceChoices } from "./choices.ts";
import type { HeldWeights } from "./held-weights.ts";
import type { Choice, Places } from "./places.ts";
import { difference, measure } from "./probe.ts";
import type { Device, Precision } from "./protocol.ts";
import type { WebSession } from "./session.ts";

/** What a comparison of places came to. */
export interface Measured {
  /** The time of one probe, in ms, by place; without those that could not run it. */
  readonly webgpu?: number;
  readonly "webgpu-fp16"?: number;
  readonly wasm?: number;
  /** What the next load takes. */
  readonly fastest: Choice;
  /** Why half precision is not taken though the card has it. */
  readonly refused?: string;
}

/** How far half precision may be from float32: a share of the greatest number of an output. */
const TOLERANCE = 1e-2;

/** Of the package; what was measured with another is measured again. */
export const VERSION = "0.1.0";

/**
 * What may be taken, each of which may take the place of those before it.
 *
 * @throws ClozeError `invalid-option`, `unsupported` for half precision on WebGPU that has none.
 */
export function candidatesOf(
  device: Device | "auto",
  precision: Precision | "auto",
  adapter: Adapter | undefined,
): readonly Choice[] {
  if (!["auto", "fp32", "fp16"].includes(precision))
    throw new ClozeError("invalid-option", `precision should be fp32, fp16 or auto, but is ${precision}.`, {
      field: "precision",
    });
  if (device === "webgpu" && precision === "fp16" && !adapter?.halfPrecision)
    throw new ClozeError(
      "unsupported",
      "This graphics card does not compute in half precision: take the precision fp32, or auto.",
      { field: "precision" },
    );
  const found: Choice[] = [];
  if (adapter?.halfPrecision && precision !== "fp32") found.push("webgpu-fp16");
  if (adapter && (!adapter.halfPrecision || precision !== "fp16")) found.push("webgpu");
  if (device !== "webgpu") found.push("wasm");
  return found;
}

/** The key under which is remembered which of these places is a model's fastest on this card. */
export async function placeKey(
  candidates: readonly Choice[],
  places: Places,
  files: HeldWeights,
  adapter: Adapter,
): Promise<string> {
  const hashes = await Promise.all([...places.weightFiles].sort().map((path) => hashOf(files, path)));
  const { vendor, architecture, device, description } = adapter;
  const card = [vendor, architecture, device, description].join("/");
  return keyOf([VERSION, card, ...candidates, ...hashes]);
}

/**
 * Measures places, once the session that is there has answered and rests: that one as it is, and each other in a worker
 * that is thrown away. The fastest is remembered.
 *
 * Half precision has to agree with the session that is there: no number of a probe may be further from it than a
 * hundredth of the greatest of its output.
 *
 * @returns Nothing where it was given up, or the session has moved meanwhile.
 */
export async function findFastest(
  session: WebSession,
  candidates: readonly Choice[],
  { places, remember, signal }: FastestOptions,
): Promise<Measured | undefined> {
  const first = choiceOf(session);
  await session.idle();
  throwIfAborted(signal);
  if (choiceOf(session) !== first) return undefined;
  const reference = await measure(session, places.probe, { signal });
  const times: Partial<Record<Choice, number>> = { [first]: reference.ms };
  let refused: string | undefined;
  for (const other of candidates) {
    if (other === first) continue;
    try {
      await using thrownAway = await places.open(other, {}, signal);
      const probed = await measure(thrownAway, places.probe, { signal });
      const apart = other === "webgpu-fp16" ? difference(probed, reference) : 0;
      if (apart <= TOLERANCE) times[other] = probed.ms;
      else refused = `Half precision is ${(100 * apart).toFixed(1)} % away from float32 here.`;
    } catch (error) {
      throwIfAborted(signal);
      if (other === "webgpu-fp16") refused = (error as Error).message;
    }
  }
  if (choiceOf(session) !== first) return undefined;
  const [[fastest]] = (Object.entries(times) as [Choice, number][]).sort(([, a], [, b]) => a - b);
  await remember(fastest);
  return { ...times, fastest, ...(refused !== undefined && { refused }) };
}

interface FastestOptions {
  readonly places: Places;
  readonly remember: (fastest: Choice) => ReturnType<DeviceChoices["set"]>;
  readonly signal: AbortSignal;
}

function choiceOf({ device, precision }: WebSession): Choice {
  if (device === "wasm") return "wasm";
  return precision === "fp16" ? "webgpu-fp16" : "webgpu";
}
