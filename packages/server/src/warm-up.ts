/**
 * Warming a model up before it is asked: what a device does only once for a length, such as taking memory, compiling
 * shaders or choosing kernels, no client waits for.
 */
import type { BertConfig, Session } from "@cloze/core";
import { wireLength } from "@cloze/runtime/remote";
import type { Device } from "./device.ts";
import { ANSWER_LIMIT, answerBytes, runRows } from "./shapes.ts";
import type { OutputShapes } from "./shapes.ts";

/** How far it went. */
export interface WarmUp {
  /** Lengths that ran, of how many. */
  readonly lengths: number;
  readonly of: number;
  readonly ms: number;
}

/** The lengths that rows come in. */
function bucketsOf(maxLength: number): number[] {
  const lengths: number[] = [];
  for (let length = 0; length < maxLength;) lengths.push((length = wireLength(length + 1, maxLength)));
  return lengths;
}

/**
 * Runs a row of every length with all outputs, the longest first, and before them as many of the longest as a run may
 * have, which takes the memory that runs will need. When the time is over the rest is left to the first who asks.
 */
export async function warmUp(
  { session, config }: { readonly session: Session; readonly config: BertConfig },
  shapes: OutputShapes,
  {
    device,
    maxRows,
    maxTokens,
    warmUpMs,
  }: {
    readonly device: Device;
    readonly maxRows: number;
    readonly maxTokens: number;
    readonly warmUpMs: number;
  },
): Promise<WarmUp> {
  const start = performance.now();
  const buckets = bucketsOf(config.maxPositions).reverse();
  const longest = session.paddedLength(config.maxPositions);
  const [first] = session.outputs;
  const bytes = answerBytes(shapes, [first], { batch: 1, length: longest, masks: 1 });
  const tokens = Math.floor(Math.min(maxTokens, session.tokensPerRun) / longest);
  const rows = Math.max(1, Math.min(maxRows, tokens, Math.floor(ANSWER_LIMIT / bytes)));
  const over = (): boolean => performance.now() - start >= warmUpMs;
  if (!over()) await device.alone(() => runRows(session, rows, longest, 1, [first]));
  let lengths = 0;
  for (const bucket of buckets) {
    if (over()) break;
    await device.alone(() => runRows(session, 1, session.paddedLength(bucket), 1, session.outputs));
    lengths++;
  }
  return { lengths, of: buckets.length, ms: performance.now() - start };
}
