/**
 * Loading a model in a browser: a folder behind HTTP, or files from anywhere, become a predictor whose session runs in a
 * worker on WebGPU, or in WebAssembly where that is not there or not faster.
 */
import { ClozeError, Predictor, throwIfAborted } from "@cloze/core";
import type { HeadWeights, PredictorParts } from "@cloze/core";
import type { Files } from "../files/files.ts";
import { openZip } from "../files/zip.ts";
import { checkEncoder, openFolder } from "../folder.ts";
import { readPlugin } from "../plugin-folder.ts";
import { findAdapter } from "./adapter.ts";
import type { Adapter } from "./adapter.ts";
import { cachedChoices } from "./choices.ts";
import type { DeviceChoices } from "./choices.ts";
import { candidatesOf, findFastest, placeKey } from "./fastest.ts";
import type { Measured } from "./fastest.ts";
import { FetchFiles } from "./fetch-files.ts";
import type { FetchFilesOptions } from "./fetch-files.ts";
import { HeldWeights } from "./held-weights.ts";
import { orWithoutMemory } from "./memory.ts";
import { Places } from "./places.ts";
import type { Choice, PlaceOptions } from "./places.ts";
import { probeFeeds } from "./probe.ts";
import type { Device, Precision } from "./protocol.ts";
import type { WebSession } from "./session.ts";

/** How a model is downloaded, and how it runs. */
export interface LoadOptions extends FetchFilesOptions, PlaceOptions {
  /**
   * `auto`, the default, takes WebGPU where there is an adapter, else WebAssembly; and from the second time on what was
   * measured to be faster.
   */
  readonly device?: Device | "auto" | undefined;
  /** What WebGPU computes in; `auto`, the default, is half precision where that was checked and measured to be faster. */
  readonly precision?: Precision | "auto" | undefined;
  /** Where it is remembered what is faster: by default in the browser's Cache API. */
  readonly choices?: DeviceChoices | undefined;
  /** Told where the model runs, and again, with the reason, if it has to move. */
  readonly onDevice?: ((device: Device, why?: Error) => void) | undefined;
  /** Runs the model once before it is given: for texts of these lengths in tokens, or of the shortest. */
  readonly warmUp?: boolean | readonly number[] | undefined;
  /**
   * Threads of one run in WebAssembly: one by default, and one a core (at most 8) where the page is cross-origin
   * isolated; more than one need that.
   */
  readonly threads?: number | undefined;
}

/** How long it took until a model was there, in ms. */
export interface Timings {
  /** Until its files were there, from the network, the cache or elsewhere. */
  readonly download: number;
  /** Until the session could be asked. */
  readonly session: number;
  /** What warming it up took, shaders and all. */
  readonly warmUp: number;
}

/** What a predictor in a browser is made of. */
interface WebPredictorParts extends Omit<PredictorParts, "session"> {
  readonly session: WebSession;
  readonly timings: Timings;
  /** Measures until the signal ends it. */
  readonly compare: ((signal: AbortSignal) => Promise<Measured | undefined>) | undefined;
  readonly whyNot: () => Error | undefined;
}

/**
 * A model in a browser, and where it runs.
 *
 * @example no-run
 * await using bert = await load("/models/starter", { device: "wasm" });
 * bert.device; // "wasm"
 */
export class WebPredictor extends Predictor {
  readonly timings: Timings;
  /** What was measured after the first answer; nothing where there is nothing to choose from, or it was measured before. */
  readonly measured: Promise<Measured | undefined>;
  readonly #web: WebSession;
  readonly #whyNot: () => Error | undefined;
  readonly #end = new AbortController();

  constructor(parts: WebPredictorParts) {
    super(parts);
    this.#web = parts.session;
    this.#whyNot = parts.whyNot;
    this.timings = parts.timings;
    this.measured = parts.compare?.(this.#end.signal).catch(() => undefined) ?? Promise.resolve(undefined);
  }

  /** Where it runs now. */
  get device(): Device {
    return this.#web.device;
  }

  /** What it computes in now. */
  get precision(): Precision {
    return this.#web.precision;
  }

  /** Why it is in WebAssembly though `auto` found an adapter. */
  get fallback(): Error | undefined {
    return this.device === "wasm" ? this.#whyNot() : undefined;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await super[Symbol.asyncDispose]();
  }
}

/**
 * Loads a model in a browser.
 *
 * @param source The address of a model folder, or files from anywhere.
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-plugin`, `encoder-mismatch`, `unsupported` without WebGPU
 *   or half precision where it is asked for, or without enough memory, `server-unavailable`, `server-error`, `aborted`,
 *   `invalid-option`.
 *
 * @example no-run
 * await using bert = await load("/models/starter");
 * bert.device; // "wasm": there is no graphics card
 * const { label, score } = await bert.classify("a warm , funny film"); // "positive", 0.9997
 */
export async function load(source: string | URL | Files, options: LoadOptions = {}): Promise<WebPredictor> {
  const { device = "auto", precision = "auto" } = options;
  const begun = performance.now();
  throwIfAborted(options.signal);
  const threads = countThreads(options.threads);
  const adapter = await findAdapter(device);
  throwIfAborted(options.signal);
  const candidates = candidatesOf(device, precision, adapter);
  const loading = new AbortController(); // what is read again later, after a loss, is not given up with the load
  const giveUp = (): void => loading.abort(options.signal?.reason);
  const files = new HeldWeights(
    typeof source === "string" || source instanceof URL
      ? new FetchFiles(source, { ...options, signal: loading.signal })
      : source,
  );
  options.signal?.addEventListener("abort", giveUp);
  try {
    const folder = await openFolder(files);
    const download = performance.now() - begun;
    const places = new Places(folder, files, threads, options);
    const memory = await recall(candidates, places, files, adapter, options.choices);
    const opened = await openFirst(candidates, memory?.fastest, places, options);
    const { session } = opened;
    return new WebPredictor({
      ...folder,
      session,
      timings: { download, ...opened.timings },
      whyNot: opened.whyNot,
      compare:
        memory && memory.fastest === undefined
          ? (signal) => findFastest(session, candidates, { places, remember: memory.remember, signal })
          : undefined,
      readPlugin: (place) => fetchPlugin(place, options),
      checkEncoder: (plugin) => checkEncoder(files, plugin),
    });
  } catch (error) {
    throw orWithoutMemory(error);
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
    files.release();
  }
}

/** What is known of these places, and how more is remembered: where there are several, and the weights can be read again. */
async function recall(
  candidates: readonly Choice[],
  places: Places,
  files: HeldWeights,
  adapter: Adapter | undefined,
  choices: DeviceChoices = cachedChoices,
) {
  if (candidates.length < 2 || !adapter || adapter.software || !files.rereads) return undefined;
  const key = await placeKey(candidates, places, files, adapter);
  const known = await choices.get(key);
  return {
    fastest: candidates.find((candidate) => candidate === known),
    remember: (choice: Choice) => choices.set(key, choice),
  };
}

/** Opens a session where it runs fastest; if that fails, for an adapter is no promise, in the next place. */
async function openFirst(
  candidates: readonly Choice[],
  remembered: Choice | undefined,
  places: Places,
  { signal, warmUp = false, onDevice }: LoadOptions,
) {
  const first = remembered ?? (candidates.includes("webgpu") ? "webgpu" : candidates[0]);
  const rest = candidates.slice(candidates.indexOf(first));
  let why: Error | undefined =
    remembered === "wasm" ? new Error("WebAssembly was measured to be faster here.") : undefined;
  const moves = {
    fallback: candidates.includes("wasm") ? places.at("wasm") : undefined,
    onFallback: (reason: Error) => onDevice?.("wasm", (why = reason)),
  };
  const lengths = warmUp === true ? [1] : warmUp || [];
  for (const [i, choice] of rest.entries()) {
    const begun = performance.now();
    let session: WebSession | undefined;
    try {
      session = await places.open(choice, moves, signal);
      const ready = performance.now();
      for (const length of lengths) {
        const read = Math.min(length, places.probe.maxLength); // of a longer text, too
        const feeds = probeFeeds(places.probe, 1, session.paddedLength(read));
        await session.run(feeds, places.probe.outputs, { signal });
      }
      onDevice?.(session.device, why);
      const timings = { session: ready - begun, warmUp: performance.now() - ready };
      return { session, timings, whyNot: () => why };
    } catch (error) {
      await session?.[Symbol.asyncDispose]();
      throwIfAborted(signal);
      if (i === rest.length - 1) throw error;
      why = error as Error;
    }
  }
  throw new TypeError("There is always a place.");
}

/** A plugin's folder or `.cloze` file, by its address. */
async function fetchPlugin(place: string, { cache }: LoadOptions): Promise<HeadWeights> {
  const folder = new FetchFiles(place, { files: ["plugin.json", "head.safetensors"], cache });
  if (!/^[^?#]*\.cloze(?:[?#]|$)/.test(place)) return readPlugin(folder);
  const url = new URL(place, globalThis.location?.href);
  const at = url.pathname.lastIndexOf("/") + 1;
  const name = url.pathname.slice(at);
  url.pathname = url.pathname.slice(0, at);
  return readPlugin(await openZip(await new FetchFiles(url, { files: [name], cache }).read(name), place));
}

function countThreads(asked: number | undefined): number {
  const isolated = globalThis.crossOriginIsolated;
  const threads = asked ?? (isolated ? Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, 8) : 1);
  if (!Number.isInteger(threads) || threads < 1)
    throw new ClozeError("invalid-option", `threads should be a positive whole number, but is ${threads}.`, {
      field: "threads",
    });
  if (threads > 1 && !isolated)
    throw new ClozeError(
      "unsupported",
      `${threads} threads need a page that is cross-origin isolated: send it with COOP and COEP, or take one.`,
      { field: "threads" },
    );
  return threads;
}
