/** The script of the stand's page: models by name, and what tests do with them. */
import { ClozeError } from "@cloze/core";
import { FetchFiles, load } from "@cloze/runtime/web";
import type { Files, LoadOptions, WebPredictor } from "@cloze/runtime/web";

/** What an attempt came to, as JSON. */
export type Outcome = { readonly value: unknown } | { readonly error: { code: string; message: string } };

export interface OpenOptions extends Omit<
  LoadOptions,
  "worker" | "signal" | "onProgress" | "readWasm" | "choices" | "onDevice" | "fetch"
> {
  /** Scripts of the workers, each for one start of the session. */
  readonly workers?: readonly string[];
  /** Whether ONNX Runtime's bytes are read by a function of the page. */
  readonly reads?: boolean;
  /** A classic script for the worker, which is started from its text. */
  readonly classic?: string;
  /** Whether the files come from an object that keeps what it has read. */
  readonly held?: boolean;
  /** The progress of a download after which it is given up. */
  readonly giveUpAt?: number;
}

const models = new Map<string, WebPredictor>();

/** Where each model was told to run, and why. */
const moves = new Map<string, string[]>();

async function attempt(work: () => unknown): Promise<Outcome> {
  try {
    const told = JSON.stringify(await work(), (_, value: unknown) =>
      ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value,
    );
    return { value: told === undefined ? undefined : (JSON.parse(told) as unknown) };
  } catch (error) {
    const code = error instanceof ClozeError ? error.code : "none";
    return { error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}

/** A host's own files, all in memory. */
const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
function filesOf(source: string): Files {
  const files = new FetchFiles(source);
  const whole = (path: string) => {
    const read = kept.get(path) ?? files.read(path);
    kept.set(path, read);
    return read;
  };
  return {
    location: source,
    list: (below) => files.list(below),
    read: async (path, range) => {
      const bytes = await whole(path);
      return range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
    },
    hash: (path) => files.hash(path),
  };
}

const tools = {
  /** Loads a model, and tells where it runs and what was told of its download. */
  open: (
    name: string,
    source: string,
    { workers, classic, reads, held, giveUpAt, ...options }: OpenOptions = {},
  ) =>
    attempt(async () => {
      const stop = new AbortController();
      const loaded: Record<string, number> = {};
      const told: string[] = [];
      moves.set(name, told);
      let started = 0;
      const script = classic && URL.createObjectURL(await (await fetch(classic)).blob());
      const bert = await load(held ? filesOf(source) : source, {
        ...options,
        signal: stop.signal,
        onDevice: (device, why) => told.push(why ? `${device}: ${why.message}` : device),
        onProgress: (progress) => {
          loaded[progress.file] = progress.loaded;
          if (progress.loaded >= (giveUpAt ?? Infinity)) stop.abort();
        },
        ...(workers && {
          worker: () => new Worker(workers[Math.min(started++, workers.length - 1)], { type: "module" }),
        }),
        ...(script && { worker: () => new Worker(script) }),
        ...(reads && {
          readWasm: async (file) => new Uint8Array(await (await fetch(`/packed/${file}`)).arrayBuffer()),
        }),
      });
      models.set(name, bert);
      return { device: bert.device, precision: bert.precision, timings: bert.timings, loaded };
    }),

  /** Calls a task of a model. */
  call: (
    name: string,
    task: "classify" | "fill" | "ask" | "tag" | "choose" | "next" | "embed",
    input: unknown,
  ) => attempt(() => (models.get(name)![task] as (input: unknown) => Promise<unknown>)(input)),

  /** Where a model runs, where it was told to, and why not on WebGPU. */
  place: (name: string) =>
    attempt(() => {
      const { device, precision, fallback } = models.get(name)!;
      return { device, precision, fallback: fallback?.message, moves: moves.get(name) };
    }),

  /** What was measured. */
  measured: (name: string) => attempt(() => models.get(name)!.measured),

  /** From now on the adapter of this page is no CPU's, and may have half precision. */
  pretend: (half: boolean): void => {
    const { gpu } = navigator;
    const ask = gpu.requestAdapter.bind(gpu);
    gpu.requestAdapter = async (...options) => {
      const adapter = await ask(...options);
      if (!adapter) return null;
      const { vendor, architecture, device, description } = adapter.info;
      const info = { vendor, architecture, device, description, isFallbackAdapter: false };
      return { info, features: new Set(half ? ["shader-f16"] : []) } as unknown as GPUAdapter;
    };
  },

  /** Gives up what runs, after a while; meanwhile another waits. */
  giveUpRunning: (name: string, text: string, after: number, other: string) =>
    attempt(async () => {
      const stop = new AbortController();
      const bert = models.get(name)!;
      const running = bert.classify(text, { signal: stop.signal });
      const waiting = bert.classify(other);
      const start = performance.now();
      setTimeout(() => stop.abort(), after);
      const code = await running.catch((error: ClozeError) => error.code);
      const ms = performance.now() - start - after;
      return { code, ms, other: await waiting };
    }),

  /** Takes the turn of everybody on the graphics card, until the page ends. */
  holdTurn: () =>
    new Promise<void>((resolve) => {
      void navigator.locks.request("cloze-webgpu", () => {
        resolve();
        return new Promise(() => {});
      });
    }),

  /** What the graphics card was given to do since it was last asked, by the program's name. */
  dispatches: () =>
    new Promise<Readonly<Record<string, number>>>((resolve) => {
      const channel = new BroadcastChannel("dispatches");
      channel.onmessage = ({ data }) => {
        if (data === "ask") return;
        channel.close();
        resolve(data as Record<string, number>);
      };
      channel.postMessage("ask");
    }),

  /** Calls a task many times. */
  repeat: (name: string, text: string, times: number) =>
    attempt(async () => {
      const texts = Array.from({ length: 4 }, (_, i) => `${text} ${i}`);
      for (let i = 0; i < times; i++) await models.get(name)!.classify(texts);
    }),

  /** Gives up a call after its first batch. */
  giveUp: (name: string, texts: readonly string[]) =>
    attempt(() => {
      const stop = new AbortController();
      return models.get(name)!.classify(texts, { signal: stop.signal, onProgress: () => stop.abort() });
    }),

  /** Classifies, and counts the frames that the page draws meanwhile. */
  frames: (name: string, texts: readonly string[]) =>
    attempt(async () => {
      let frames = 0;
      let going = true;
      const count = (): void => {
        frames++;
        if (going) requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
      const start = performance.now();
      await models.get(name)!.classify(texts);
      going = false;
      return { frames, ms: performance.now() - start };
    }),

  /** Adds a plugin by its place, and runs it. */
  plugin: (name: string, place: string, text: string) =>
    attempt(async () => (await models.get(name)!.plugin(place)).run(text)),

  close: (name: string) => attempt(() => models.get(name)![Symbol.asyncDispose]()),

  /** Reads a part of a file. */
  part: (source: string, path: string, offset: number, length: number) =>
    attempt(() => new FetchFiles(source, { files: [path], cache: false }).read(path, { offset, length })),

  /** Bytes of the page and its workers, garbage collected. */
  memory: () =>
    attempt(async () => {
      const measured = performance as unknown as {
        measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
      };
      return (await measured.measureUserAgentSpecificMemory()).bytes;
    }),
};
export type Tools = typeof tools;

Object.assign(globalThis, { cloze: tools });
document.documentElement.dataset.ready = "yes";
