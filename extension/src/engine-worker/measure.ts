/**
 * Measures the engine for Engine Info: a short text, first and then warm, and the memory where the browser tells.
 */
import { parameterCount } from "@cloze/core";
import type { RunOptions } from "@cloze/core";
import type { Opened } from "./open.ts";

/** What was measured. */
export interface Measured {
  /** Milliseconds of the first run now: a cold one only where nothing ran before. */
  readonly first: number;
  /** Milliseconds of a run that has run before: the median of several. */
  readonly warm: number;
  readonly parameters: number;
  /** Bytes of JavaScript's heap, where the browser tells; ONNX Runtime's own memory is not in it. */
  readonly heap?: number;
  readonly onnxRuntime: string | undefined;
  readonly browser: string;
}

const TEXT = "The line that runs through its telescope is the prime meridian.";
const RUNS = 7;

export async function measure({ bert }: Opened, _: object, run: RunOptions): Promise<Measured> {
  const times: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const begun = performance.now();
    await bert.embed(TEXT, { signal: run.signal });
    times.push(performance.now() - begun);
    run.onProgress?.({ done: i + 1, total: RUNS + 1 });
  }
  const [first, ...warm] = times;
  const { env } = await import("onnxruntime-web/webgpu");
  const { memory } = performance as { readonly memory?: { readonly usedJSHeapSize: number } };
  return {
    first,
    warm: warm.sort((a, b) => a - b)[RUNS >> 1],
    parameters: parameterCount(bert.config).total,
    onnxRuntime: env.versions.web,
    browser: navigator.userAgent,
    ...(memory && { heap: memory.usedJSHeapSize }),
  };
}
