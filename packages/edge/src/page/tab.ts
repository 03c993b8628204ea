/**
 * The model in this tab, on WebGPU or WebAssembly: the deployment's `/tab.js`, fetched only when it is wanted. It is
 * asked in the words of the HTTP routes, and answers in theirs.
 */
import { bodyOf, Failure } from "./engine.ts";
import type { Engine, Question } from "./engine.ts";

const MODULE = "/tab.js";
/** Inputs that run together in a list: few, so that the first come soon. */
const GROUP = 8;

/** What `/tab.js` exports. */
interface TabModule {
  readonly openTab: (options: {
    readonly onProgress: (progress: {
      readonly file: string;
      readonly loaded: number;
      readonly total: number;
    }) => void;
    readonly signal: AbortSignal;
  }) => Promise<{
    readonly device: "webgpu" | "wasm";
    /** Why it is not on WebGPU, where there is an adapter. */
    readonly fallback?: string | undefined;
    answer(route: string, body: unknown, options: { readonly signal: AbortSignal }): Promise<object>;
  }>;
}

/**
 * What would have to be downloaded, in bytes.
 *
 * @param encoder The hash of the weights that the service runs.
 * @returns Undefined where this deployment does not offer it, or has another model for tabs than for itself.
 */
export async function downloadSize(encoder: string | undefined): Promise<number | undefined> {
  try {
    const [offered, listed] = await Promise.all([
      fetch(MODULE, { method: "HEAD" }),
      fetch("/model/files.json"),
    ]);
    const { files } = (await listed.json()) as {
      readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
    };
    if (!offered.ok || !listed.ok || files["model.safetensors"].sha256 !== encoder) return undefined;
    return Object.values(files).reduce((sum, { size }) => sum + size, 0);
  } catch {
    return undefined; // no network, or something else in its place
  }
}

/**
 * Loads the model.
 *
 * @param progress Is told how many bytes have come.
 */
export async function tabEngine(progress: (loaded: number) => void, signal: AbortSignal): Promise<Engine> {
  const { openTab } = (await import(MODULE)) as TabModule;
  const loaded = new Map<string, number>();
  const tab = await openTab({
    onProgress: (file) => {
      loaded.set(file.file, file.loaded);
      progress([...loaded.values()].reduce((sum, bytes) => sum + bytes, 0));
    },
    signal,
  });
  const place = () => {
    const instead = tab.fallback === undefined ? "" : ` (not WebGPU: ${tab.fallback})`;
    return tab.device === "webgpu" ? "WebGPU" : `WebAssembly${instead}`;
  };
  const answer = (question: Question, cancel: AbortSignal) => {
    if (question.route === undefined)
      throw new Failure(`The plugin ${question.plugin} is code of the Worker: run it there.`);
    return tab.answer(question.route, bodyOf({ ...question, own: false }), { signal: cancel }).catch(explain);
  };
  return {
    async ask(question, cancel) {
      const start = performance.now();
      const said = await answer(question, cancel);
      const answers = "results" in said ? (said.results as unknown[]) : [said];
      return { answers, timing: `${(performance.now() - start).toFixed(0)} ms in this tab, on ${place()}` };
    },
    async *stream(question, cancel) {
      for (let at = 0; at < question.inputs.length; at += GROUP) {
        const inputs = question.inputs.slice(at, at + GROUP);
        const said = await answer({ ...question, inputs }, cancel);
        yield* (said as { results: unknown[] }).results;
      }
    },
  };
}

function explain(error: unknown): never {
  throw new Failure(error instanceof Error ? error.message : String(error));
}
