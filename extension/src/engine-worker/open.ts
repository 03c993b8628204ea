/**
 * Opens the model: files that the host reads, or tells where they can be fetched, and a session in a worker of its own,
 * started from this very script.
 */
import { ClozeError } from "@cloze/core";
import type { Predictor } from "@cloze/core";
import { sha256 } from "@cloze/runtime/plugin";
import { describeAdapter, FetchFiles, load } from "@cloze/runtime/web";
import { fetchByPage } from "../engine/page-fetch.ts";
import type { Content, EngineInfo, HostSide, OpenOptions, Outcome } from "../engine/protocol.ts";
import { PluginSet } from "./plugins.ts";

/** A model that is ready. */
export interface Opened {
  /** The model with the plugins that there are now. */
  readonly bert: Predictor;
  readonly plugins: PluginSet;
  readonly info: EngineInfo;
  /** Tells the host that plugins came or went. */
  readonly changed: () => Promise<void>;
}

/** What the host does, as this side sees it. */
export type Host = {
  readonly [K in keyof HostSide]: (
    ...args: Parameters<HostSide[K]>
  ) => Promise<Awaited<ReturnType<HostSide[K]>>>;
};

/** The address that the model has in here. */
const MODEL = "https://model.invalid";

export async function open(host: Host, options: OpenOptions): Promise<Opened> {
  try {
    return await openModel(host, options);
  } catch (error) {
    throw error instanceof ClozeError && error.message.includes(MODEL)
      ? named(error, options.location)
      : error;
  }
}

/** Speaks of the model by its name: the address that it has in here says nothing to people. */
function named({ code, message, field, cause }: ClozeError, name: string): ClozeError {
  const advice =
    "add the model again in Cloze: Manage Models…; if it is the starter, install the extension again.";
  const sentence = message.replaceAll(MODEL, name);
  return new ClozeError(code, code === "not-found" ? `${sentence.replace(/\.$/, "")}: ${advice}` : sentence, {
    cause,
    ...(field !== undefined && { field }),
  });
}

async function openModel(host: Host, options: OpenOptions): Promise<Opened> {
  const begun = performance.now();
  const files = filesOf(host);
  // The session's worker is told its role in front of the script: names of workers do not reach it in every host.
  const script = URL.createObjectURL(
    new Blob(["self.clozeRole = 'session';\n", options.script], { type: "text/javascript" }),
  );
  let moved: ((why: Error) => void) | undefined; // there is nothing to tell before the model is there
  const model = await load(files, {
    device: options.device,
    precision: options.precision,
    choices: {
      get: (key) => host.recall(key),
      set: (key, value) => host.remember(key, value),
    },
    worker: () => new Worker(script),
    readWasm: (name) => readRuntime(host, name),
    onDevice: (_, why) => why && moved?.(why),
  });
  const hash = await hashWeights(files);
  const plugins = new PluginSet(model, hash);
  const refused: string[] = [];
  for (const { name, bytes } of options.plugins) {
    try {
      await plugins.add(bytes, name);
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  const adapter = await describeAdapter();
  const { config } = model;
  const total = performance.now() - begun;
  const now = (): EngineInfo => ({
    device: model.device,
    precision: model.precision,
    ...(model.fallback && { fallback: model.fallback.message }),
    ...(adapter && { adapter }),
    model: {
      name: options.location,
      layers: config.layers,
      hiddenSize: config.hiddenSize,
      maxLength: config.maxPositions,
      sha256: hash,
    },
    plugins: plugins.summaries,
    refused,
    timings: { ...model.timings, total },
  });
  moved = ({ message }) => void host.moved(now(), message);
  return {
    plugins,
    get bert() {
      return plugins.bert;
    },
    get info() {
      return now();
    },
    changed: () => host.changed(now()),
  };
}

/** The SHA-256 of the weights; where they are in several files, that of those files' names and hashes. */
async function hashWeights(files: FetchFiles): Promise<string> {
  const names = [...(await files.list()).files.keys()].filter((name) => name.endsWith(".safetensors")).sort();
  if (names.includes("model.safetensors")) return files.hash("model.safetensors");
  const hashes = await Promise.all(names.map(async (name) => `${name} ${await files.hash(name)}\n`));
  return sha256(new TextEncoder().encode(hashes.join("")));
}

/** The model's files, by the list that lies with them. The host reads them, or says where they are to be fetched. */
function filesOf(host: Host): FetchFiles {
  return new FetchFiles(MODEL, {
    cache: false, // they are on this machine, or as near
    fetch: async (url) => respond(await host.read(url.slice(MODEL.length + 1))),
  });
}

async function readRuntime(host: Host, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { ok, body } = await respond(await host.readRuntime(`${name}.gz`));
  if (!ok || !body)
    throw new ClozeError("not-found", `ONNX Runtime's ${name} is not there: install the extension again.`);
  const whole = new Response(body.pipeThrough(new DecompressionStream("gzip")));
  return new Uint8Array(await whole.arrayBuffer());
}

async function respond(outcome: Outcome<Content>): Promise<Response> {
  if ("error" in outcome)
    return new Response(outcome.error.message, { status: outcome.error.code === "not-found" ? 404 : 500 });
  return "bytes" in outcome.value ? new Response(outcome.value.bytes) : fetchByPage(outcome.value.url);
}
