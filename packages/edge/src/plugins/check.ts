/**
 * Everything that is looked at before a plugin may run: its file, its size, its description, its weights, the encoder
 * that it was made for. Whoever passes runs without surprises; nothing is kept here.
 */
import { AttachedSession, checkPlugin, ClozeError } from "@cloze/core";
import type { BertConfig, HeadWeights, Session } from "@cloze/core";
import { openZip, readPlugin } from "@cloze/runtime/plugin";

/** Which encoder a Worker's server runs. */
export interface Encoder {
  readonly name?: string;
  /** Of its `model.safetensors`, in hexadecimal digits. */
  readonly sha256: string;
}

/** The most that a plugin's file may be. */
export interface PluginLimits {
  /** Bytes of the file: 8 MiB by default. */
  readonly fileBytes: number;
  /** Bytes that it unpacks to: 16 MiB by default. */
  readonly unpackedBytes: number;
  /** Files and folders in it: 64 by default. */
  readonly entries: number;
}

export const usualPluginLimits: PluginLimits = { fileBytes: 2 ** 23, unpackedBytes: 2 ** 24, entries: 64 };

/** A description stands in the pointer, which is read with every list. */
const DESCRIPTION_CHARACTERS = 2 ** 16;

/** Weights beyond it may add up to what is not finite, and no training comes near it. */
const LARGEST = 1e30;

/** What plugins are held against. */
export interface Fit {
  readonly encoder: Encoder | undefined;
  readonly config: BertConfig;
  readonly limits: PluginLimits;
}

/**
 * Reads a plugin's file, and checks all of it.
 *
 * @throws ClozeError `invalid-plugin`, `encoder-mismatch`, `unsupported`.
 */
export async function readHead(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  { encoder, config, limits }: Fit,
): Promise<HeadWeights> {
  if (bytes.length > limits.fileBytes)
    throw new ClozeError(
      "invalid-plugin",
      `A plugin's file may have ${limits.fileBytes} bytes, and ${name} has ${bytes.length}: make its head smaller.`,
    );
  const head = await unpack(bytes, name, limits);
  const { plugin, weights } = head;
  if (plugin.name !== name)
    throw new ClozeError(
      "invalid-plugin",
      `The file's plugin is named ${plugin.name}, not ${name}: use that name, or change plugin.json.`,
      { field: "name" },
    );
  if (JSON.stringify(plugin).length > DESCRIPTION_CHARACTERS)
    throw new ClozeError(
      "invalid-plugin",
      `The description of ${name} is longer than ${DESCRIPTION_CHARACTERS} characters: give it fewer labels or examples.`,
    );
  checkEncoder(head, encoder); // first of what may not fit: the reason of the others
  checkPlugin(plugin);
  if (plugin.maxLength !== undefined && plugin.maxLength > config.maxPositions)
    throw new ClozeError(
      "invalid-plugin",
      `The plugin ${name} reads ${plugin.maxLength} tokens, and the encoder ${config.maxPositions}: make it again.`,
      { field: "maxLength" },
    );
  for (const [tensor, { data }] of weights)
    if (!data.every((x) => Math.abs(x) < LARGEST))
      throw new ClozeError(
        "invalid-plugin",
        `The weights ${tensor} of ${name} hold numbers that are not finite, or not within reason: train it again.`,
      );
  void new AttachedSession(nowhere, config, head); // refuses weights of another size
  return head;
}

/** What is wrong with a file is the plugin's fault, whoever finds it. */
async function unpack(bytes: Uint8Array, name: string, limits: PluginLimits): Promise<HeadWeights> {
  try {
    const { unpackedBytes, entries } = limits;
    return await readPlugin(await openZip(bytes, name, { bytes: unpackedBytes, entries }));
  } catch (cause) {
    if (!(cause instanceof ClozeError) || cause.code === "invalid-plugin") throw cause;
    throw new ClozeError("invalid-plugin", cause.message, { cause });
  }
}

/**
 * Refuses a plugin that was made for another encoder: it would answer nonsense without a word.
 *
 * @throws ClozeError `encoder-mismatch`, `invalid-plugin` for one that names none, `unsupported` where this service does
 *   not know its own.
 */
export function checkEncoder({ plugin }: Pick<HeadWeights, "plugin">, encoder: Encoder | undefined): void {
  if (!encoder)
    throw new ClozeError(
      "unsupported",
      "This service does not know its encoder's hash, so no plugin can be told to fit: give createApp model.encoder.",
    );
  if (!plugin.encoder)
    throw new ClozeError(
      "invalid-plugin",
      `The plugin ${plugin.name} does not say which encoder it was made for: add encoder { name, sha256 } to its plugin.json.`,
      { field: "encoder" },
    );
  if (plugin.encoder.sha256 !== encoder.sha256)
    throw new ClozeError(
      "encoder-mismatch",
      `The plugin ${plugin.name} was made for the encoder ${plugin.encoder.name} (${short(plugin.encoder.sha256)}), and this ` +
        `service runs ${encoder.name ?? "another"} (${short(encoder.sha256)}): train it on this one, or use it where its own runs.`,
    );
}

const short = (sha256: string): string => `${sha256.slice(0, 8)}…`;

/** A session that is only asked what it has. */
const nowhere: Session = {
  outputs: [],
  tokensPerRun: 0,
  paddedLength: (length) => length,
  run: () => Promise.reject(new ClozeError("internal", "A plugin that is only checked was run.")),
  async [Symbol.asyncDispose]() {},
};
