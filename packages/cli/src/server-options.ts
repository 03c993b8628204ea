/** What `cloze serve` is told of its inference server: files are read and checked here, before a model is loaded. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { LogLevel, ServerOptions } from "@cloze/server";
import type { ModelOptions } from "./options.ts";

/** The options of the command line that are the inference server's. */
export interface ServerFlags extends Pick<ModelOptions, "threads" | "device"> {
  readonly models?: string | undefined;
  readonly serverOnly?: true | undefined;
  readonly serverHost: string;
  readonly serverPort: number;
  readonly maxBatch: number;
  readonly maxTokens: number;
  readonly queueLimit: number;
  readonly delay: number;
  readonly logLevel: LogLevel;
  readonly keyFile?: string | undefined;
  readonly openMetrics?: true | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
}

/**
 * The options of `startServer`, without the one model.
 *
 * @throws ClozeError `invalid-option`, `not-found`.
 */
export async function serverOptions(flags: ServerFlags): Promise<ServerOptions> {
  const key = await readKey(flags.keyFile);
  const tls = await readTls(flags);
  return {
    host: flags.serverHost,
    port: flags.serverPort,
    maxBatch: flags.maxBatch,
    maxTokens: flags.maxTokens,
    queueLimit: flags.queueLimit,
    delayMs: flags.delay,
    logLevel: flags.logLevel,
    openMetrics: flags.openMetrics ?? false,
    ...(key !== undefined && { key }),
    ...(tls && { tls }),
    ...(flags.models !== undefined && {
      repository: { folder: await folderAt(flags.models), load: (folder: string) => loadFrom(folder, flags) },
    }),
  };
}

/** Loads a folder of the repository: a model's, or one whose weights are a single `.onnx` file, such as an int8 one. */
async function loadFrom(folder: string, { threads, device }: ServerFlags) {
  const { load } = await import("@cloze/runtime/node");
  const names = await readdir(folder); // and no deeper than `onnx/`: links may lead round in circles
  const inner = await readdir(path.join(folder, "onnx")).catch(() => []);
  const onnx = [...names, ...inner.map((name) => path.join("onnx", name))].filter((name) =>
    name.endsWith(".onnx"),
  );
  const only = onnx.length === 1 && !names.some((name) => name.startsWith("model.safetensors"));
  return load(only ? path.join(folder, onnx[0]) : folder, { threads, device });
}

async function folderAt(folder: string): Promise<string> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  throw new ClozeError(
    "not-found",
    `There is no folder ${folder}: --models takes one with a model in each of its folders.`,
  );
}

async function readKey(file: string | undefined): Promise<string | undefined> {
  const text = file === undefined ? process.env.CLOZE_SERVER_KEY : await readText(file, "--key-file");
  if (text === undefined) return undefined;
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new ClozeError(
    "invalid-option",
    `The key in ${file ?? "CLOZE_SERVER_KEY"} should be one line of visible ASCII letters, without spaces.`,
  );
}

async function readTls({ tlsCert, tlsKey, tlsCa, serverOnly }: ServerFlags): Promise<ServerOptions["tls"]> {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new ClozeError(
      "invalid-option",
      "TLS needs both a certificate and its key: give --tls-cert and --tls-key.",
    );
  if (!serverOnly)
    throw new ClozeError(
      "invalid-option",
      "TLS is for a server that others reach: give --server-only, and let the Worker run where it is deployed.",
    );
  const [cert, key] = [await readText(tlsCert, "--tls-cert"), await readText(tlsKey, "--tls-key")];
  return { cert, key, ...(tlsCa !== undefined && { ca: await readText(tlsCa, "--tls-ca") }) };
}

async function readText(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ClozeError(
      "not-found",
      `The file ${file} of ${option} cannot be read: see whether it is there.`,
      {
        cause,
      },
    );
  }
}
