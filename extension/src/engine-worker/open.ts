/**
 * Opens the model: files that the host reads, or tells where they can be fetched, and a session in a worker of its own,
 * started from this very script.
 */
import { ClozeError, findHead } from "@cloze/core";
import type { Plugin } from "@cloze/core";
import { openZip, readPlugin } from "@cloze/runtime/plugin";
import { FetchFiles, load } from "@cloze/runtime/web";
import type { WebPredictor } from "@cloze/runtime/web";
import type {
  EngineInfo,
  HostSide,
  OpenOptions,
  Outcome,
  PluginSummary,
  TaskName,
} from "../engine/protocol.ts";

/** A model that is ready. */
export interface Opened {
  readonly bert: WebPredictor;
  readonly info: EngineInfo;
}

/** What the host does, as this side sees it. */
export type Host = {
  readonly [K in keyof HostSide]: (
    ...args: Parameters<HostSide[K]>
  ) => Promise<Awaited<ReturnType<HostSide[K]>>>;
};

/** The address that the model has in here. */
const MODEL = "https://model.invalid/";

/** The task that serves a head, by the class that the head is in transformers. */
const taskOfHead: Readonly<Record<string, TaskName>> = {
  BertForSequenceClassification: "classify",
  BertForTokenClassification: "tag",
  BertForQuestionAnswering: "ask",
  BertForMaskedLM: "fill",
  BertForMultipleChoice: "choose",
  BertForNextSentencePrediction: "next",
};

export async function open(host: Host, options: OpenOptions): Promise<Opened> {
  const begun = performance.now();
  const files = filesOf(host);
  // The session's worker is told its role in front of the script: names of workers do not reach it in every host.
  const script = URL.createObjectURL(
    new Blob(["self.clozeRole = 'session';\n", options.script], { type: "text/javascript" }),
  );
  const bert = await load(files, {
    device: options.device,
    worker: () => new Worker(script),
    readWasm: (name) => readRuntime(host, name),
  });
  const refused: string[] = [];
  for (const bytes of options.plugins) {
    try {
      await bert.plugin(await readPlugin(await openZip(bytes, "an installed plugin")));
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  const adapter = await describeAdapter();
  const { config } = bert;
  const info: EngineInfo = {
    device: bert.device,
    precision: "fp32",
    ...(bert.fallback && { fallback: bert.fallback.message }),
    ...(adapter && { adapter }),
    model: {
      name: options.location,
      layers: config.layers,
      hiddenSize: config.hiddenSize,
      maxLength: config.maxPositions,
      sha256: await files.hash("model.safetensors"),
    },
    plugins: bert.plugins.map(summarize),
    refused,
    timings: { load: performance.now() - begun },
  };
  return { bert, info };
}

function summarize(plugin: Plugin): PluginSummary {
  const { name, title, version, labels, metrics, examples, kind } = plugin;
  return {
    name,
    title,
    version,
    labels,
    metrics,
    examples,
    task: taskOfHead[findHead(kind).architectures[0]],
  };
}

async function describeAdapter(): Promise<EngineInfo["adapter"]> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return {
    vendor,
    architecture,
    description,
    software: isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${architecture} ${description}`),
    halfPrecision: adapter.features.has("shader-f16"),
  };
}

/** The model's files, by the list that lies with them. The host reads them, or says where they are to be fetched. */
function filesOf(host: Host): FetchFiles {
  return new FetchFiles(MODEL, {
    cache: false, // they are on this machine, or as near
    async fetch(url, { signal, ...init }) {
      const outcome = await host.read(url.slice(MODEL.length));
      if ("error" in outcome && outcome.error.code === "not-found")
        return new Response(null, { status: 404 });
      const content = valueOf(outcome);
      return "bytes" in content
        ? new Response(content.bytes)
        : fetch(content.url, { ...init, signal: signal ?? null });
    },
  });
}

async function readRuntime(host: Host, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const content = valueOf(await host.readRuntime(name));
  if ("bytes" in content) return content.bytes;
  const response = await fetch(content.url);
  if (!response.ok)
    throw new ClozeError(
      "not-found",
      `${content.url} was answered with status ${response.status}: reload the window.`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ("value" in outcome) return outcome.value;
  const { code, message } = outcome.error;
  throw new ClozeError(code as "internal", message);
}
