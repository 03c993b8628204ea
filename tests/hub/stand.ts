/**
 * What the tests of the hub share: a server, an empty cache, and fetching from the one into the other.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ClozeError } from "@cloze/core";
import { fetchModel } from "@cloze/runtime/node";
import type { FetchOptions } from "@cloze/runtime/node";
import { fixturePath } from "../reference/fixtures.ts";
import { HubServer } from "./hub-server.ts";

export const NAME = "org/tiny-bert";

export const checkpoint = (name: string): string => fixturePath(`checkpoints/${name}`);

/** A model's files, not to be loaded. */
export const small = { "config.json": "{}", "vocab.txt": "[PAD]\n", "model.safetensors": "weights" };

/** The same with weights of megabytes, no two bytes alike for long. */
export function largeModel(megabytes: number, seed = 1): Record<string, Uint8Array | string> {
  const weights = new Uint32Array(megabytes * 250_000);
  let state = seed;
  for (let i = 0; i < weights.length; i++)
    weights[i] = state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return { ...small, "model.safetensors": new Uint8Array(weights.buffer) };
}

export class Stand implements AsyncDisposable {
  readonly hub: HubServer;
  readonly root = mkdtempSync(path.join(tmpdir(), "cloze-hub-"));
  readonly cacheDir = path.join(this.root, "hub");

  private constructor(hub: HubServer) {
    this.hub = hub;
  }

  static async open(): Promise<Stand> {
    return new Stand(await HubServer.start());
  }

  fetch(name: string, options: FetchOptions = {}): Promise<string> {
    const { endpoint } = this.hub;
    return fetchModel(name, { endpoint, cacheDir: this.cacheDir, token: "", offline: false, ...options });
  }

  /** The error that fetching ends with. */
  async refusal(name: string, options?: FetchOptions): Promise<ClozeError> {
    return this.fetch(name, options).then(
      (folder) => {
        throw new Error(`${name} was fetched to ${folder}`);
      },
      (error: ClozeError) => error,
    );
  }

  /** The environment in which a program uses this hub and this cache, and nothing of the machine's own. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(HF_|HUGGINGFACE_|TRANSFORMERS_)/.test(name),
    );
    return {
      ...Object.fromEntries(own),
      HOME: this.root,
      HF_HOME: this.root,
      HF_ENDPOINT: this.hub.endpoint,
    };
  }

  /** The files of a folder of the model in the cache, below it. */
  files(below: string, name = NAME): string[] {
    const folder = path.join(this.cacheDir, `models--${name.replace("/", "--")}`, below);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => !statSync(path.join(folder, file)).isDirectory())
      .sort();
  }

  read(file: string, name = NAME): string {
    return readFileSync(path.join(this.cacheDir, `models--${name.replace("/", "--")}`, file), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub[Symbol.asyncDispose]();
    rmSync(this.root, { recursive: true });
  }
}
