/**
 * Where the hub and its cache are and who asks: options first, then the environment as Python's huggingface_hub
 * reads it, so that one setting serves both.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { ClozeError } from "@cloze/core";

/** Where the hub and its cache are, and who asks. */
export interface HubOptions {
  /** Who asks, for gated and private models; by default `HF_TOKEN`, then the file that `hf auth login` wrote. */
  readonly token?: string | undefined;
  /** By default `HF_HUB_CACHE`, then `HF_HOME/hub`, then `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string | undefined;
  /** By default `HF_ENDPOINT`, then `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /** Whether to do without the network; by default whether `HF_HUB_OFFLINE` is set. */
  readonly offline?: boolean | undefined;
}

export interface Hub {
  /** An address without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly cacheDir: string;
  readonly offline: boolean;
  /** Whether links may be made; without them files are copied. */
  readonly links: boolean;
}

/**
 * @throws ClozeError `invalid-option` for an endpoint that is no address or a token that cannot be one.
 */
export async function readSettings(options: HubOptions = {}): Promise<Hub> {
  const endpoint = (options.endpoint ?? variable("HF_ENDPOINT") ?? "https://huggingface.co").replace(
    /\/+$/,
    "",
  );
  if (/\/\/.*@/.test(endpoint))
    throw new ClozeError(
      "invalid-option",
      "HF_ENDPOINT holds a name or a password, which fetch does not take in an address: leave it out, and set HF_TOKEN.",
      { field: "endpoint" },
    );
  if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint))
    throw new ClozeError(
      "invalid-option",
      `HF_ENDPOINT should be the hub's address, such as https://huggingface.co, but is ${endpoint}.`,
      { field: "endpoint" },
    );
  const token = (options.token ?? variable("HF_TOKEN") ?? (await storedToken()))?.trim();
  if (token !== undefined && !/^[!-~]*$/.test(token))
    throw new ClozeError(
      "invalid-option",
      "The token holds characters that no token has: set HF_TOKEN anew.",
      {
        field: "token",
      },
    );
  return {
    endpoint,
    token: token === "" ? undefined : token,
    cacheDir: cacheFolder(options.cacheDir),
    offline: options.offline ?? (isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE")),
    links: !isTrue("HF_HUB_DISABLE_SYMLINKS"),
  };
}

/**
 * The folder that holds what was fetched from the hub, by Cloze or by Python.
 *
 * @example
 * cacheFolder("~/models").endsWith("models"); // true
 */
export function cacheFolder(cacheDir?: string): string {
  return expand(
    cacheDir ?? variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") ?? path.join(home(), "hub"),
  );
}

async function storedToken(): Promise<string | undefined> {
  const file = expand(variable("HF_TOKEN_PATH") ?? path.join(home(), "token"));
  return readFile(file, "utf8").catch(() => undefined);
}

function home(): string {
  const caches = variable("XDG_CACHE_HOME") ?? path.join(homedir(), ".cache");
  return variable("HF_HOME") ?? path.join(caches, "huggingface");
}

function expand(folder: string): string {
  return path.resolve(folder.replace(/^~(?=$|[\\/])/, homedir()));
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

function isTrue(name: string): boolean {
  return /^(?:1|on|yes|true)$/i.test(variable(name) ?? "");
}
