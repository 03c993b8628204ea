/** `cloze pull`: a model of the hub onto this machine, to be used without a network from then on. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { FetchOptions, FetchProgress } from "@cloze/runtime/node";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import { Progress } from "../progress.ts";
import { size } from "../style.ts";

const dtypes = ["fp32", "fp16", "int8", "uint8", "q8", "q4", "q4f16", "bnb4"] as const;

export function addPull(program: Command, io: Io): void {
  program
    .command("pull")
    .description("fetch a model from the hub, or bring it up to date")
    .argument("<name>", "the model's name, such as google-bert/bert-base-uncased")
    .option("--revision <revision>", "a branch, a tag or a commit", "main")
    .addOption(
      new Option("--dtype <dtype>", "the ONNX file of this type instead of the safetensors").choices(dtypes),
    )
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Models lie where Python's huggingface_hub has them too (HF_HUB_CACHE, HF_HOME); HF_TOKEN opens gated and private ones.
What was broken off goes on from there.

Examples:
  $ cloze pull google-bert/bert-base-uncased
  $ cloze pull Xenova/bert-base-uncased --dtype q8`,
    )
    .action(async (name, { revision, dtype, ...format }) => {
      const { filesOfDtype } = await import("@cloze/runtime/node");
      const { printOne } = await import("../output.ts");
      const folder = await pull(name, { revision, files: filesOfDtype(dtype) }, io);
      const commit = path.basename(folder);
      const bytes = await bytesIn(folder);
      await printOne(
        { name, revision, commit, path: folder, bytes },
        () => `${folder}: ${size(bytes)}`,
        format,
        io,
      );
    });
}

/** The first one ends the fetching in order; a second one ends the process. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function pull(name: string, options: FetchOptions, io: Io): Promise<string> {
  const { fetchModel } = await import("@cloze/runtime/node");
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of signals) process.once(signal, onSignal);
  let shown: Shown | undefined;
  try {
    return await fetchModel(name, {
      ...options,
      update: true,
      signal: stop.signal,
      onProgress(progress) {
        shown = show(progress, shown, io);
      },
    });
  } finally {
    await shown?.line.end();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

interface Shown {
  readonly file: string;
  /** The MB that were there before. */
  readonly from: number;
  readonly line: Progress;
  /** What the line says. */
  at: number;
}

function show({ file, loaded, total }: FetchProgress, last: Shown | undefined, io: Io): Shown {
  const at = Math.floor(loaded / 1e6);
  const all = Math.ceil(total / 1e6);
  const shown =
    last?.file === file ? last : { file, from: at, at, line: new Progress(all - at, `MB of ${file}`, io) };
  if (shown.at !== at) void shown.line.show(at - shown.from);
  shown.at = at;
  return shown;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const file of await readdir(folder, { recursive: true })) {
    const found = await stat(path.join(folder, file)); // through links
    if (found.isFile()) bytes += found.size;
  }
  return bytes;
}
