/**
 * Plugins that are installed while the service runs. A file is checked whole, put under its hash, and one write of the
 * plugin's pointer makes it live: whatever fails before, nothing has changed; whatever fails after, it has.
 *
 * Requests share plain data only, no promises: workerd forbids that one waits on what another began. What two requests
 * want at once is read twice.
 */
import { ClozeError, OWN_HEAD } from "@cloze/core";
import type { BertConfig, HeadWeights } from "@cloze/core";
import { sha256 as hashOf } from "@cloze/runtime/plugin";
import type { Blobs } from "./blobs.ts";
import { checkEncoder, readHead, usualPluginLimits } from "./check.ts";
import type { Encoder, Fit, PluginLimits } from "./check.ts";
import { HeadCache } from "./head-cache.ts";
import {
  PLUGIN_NAME,
  decodePointer,
  encodePointer,
  fileKey,
  pointerKey,
  pointerName,
  pointerPrefix,
} from "./pointer.ts";
import type { InstalledPlugin, InstalledVersion } from "./pointer.ts";

/** What a store is made of. */
export interface PluginStoreOptions {
  readonly blobs: Blobs;
  /** The encoder of the model that the plugins are for. Without it none is known to fit, and none can be installed. */
  readonly encoder: Encoder | undefined;
  readonly config: BertConfig;
  /** Names that are taken: of the plugins that came with the model, or are code. */
  readonly reserved?: readonly string[];
  readonly limits?: Partial<PluginLimits>;
  /** For how long a pointer that was read is believed, in milliseconds: 2000 by default. */
  readonly ttlMs?: number;
  readonly now?: () => number;
}

/** A plugin that cannot run: to be installed again, or removed. */
export interface DamagedPlugin {
  readonly name: string;
  readonly error: ClozeError;
}

/** Files of a plugin that are kept. */
const KEPT = 10;

/** The longest that blobs are waited for, in milliseconds. */
const WAIT_MS = 10_000;

interface Known<T> {
  readonly value: T;
  readonly at: number;
}

/**
 * Plugins by name, over blobs.
 *
 * @example
 * const store = new PluginStore({ blobs: memoryBlobs(), encoder, config });
 * await store.install("moods", pluginFile);
 * const head = await store.find("moods");
 * head?.plugin.labels; // ["negative", "positive"]
 */
export class PluginStore {
  readonly #blobs: Blobs;
  readonly #fit: Fit;
  readonly #reserved: ReadonlySet<string>;
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #pointers = new Map<string, Known<InstalledPlugin>>();
  readonly #heads = new HeadCache();

  constructor({
    blobs,
    encoder,
    config,
    reserved = [],
    limits,
    ttlMs = 2000,
    now = Date.now,
  }: PluginStoreOptions) {
    this.#blobs = blobs;
    this.#fit = { encoder, config, limits: { ...usualPluginLimits, ...limits } };
    this.#reserved = new Set([OWN_HEAD, ...reserved]);
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /**
   * The head that is live under a name.
   *
   * @param deadline How long it may take, as Date.now() counts; 10 seconds at most.
   * @returns undefined where none is installed.
   * @throws ClozeError `invalid-plugin` where what is kept is damaged, `encoder-mismatch` where the service's encoder has
   *   changed since, `server-unavailable` or `timeout` where the blobs do not answer.
   */
  async find(name: string, deadline?: number): Promise<HeadWeights | undefined> {
    const installed = await this.get(name, deadline);
    if (!installed) return undefined;
    checkEncoder(installed, this.#fit.encoder);
    return this.#heads.get(installed.active) ?? (await this.#read(name, installed.active, deadline));
  }

  /**
   * What is installed under a name.
   *
   * @param deadline As in `find`.
   * @throws ClozeError `invalid-plugin` where its record is damaged, `server-unavailable`, `timeout`.
   */
  async get(name: string, deadline?: number): Promise<InstalledPlugin | undefined> {
    if (!this.#isFree(name)) return undefined;
    const known = this.#pointers.get(name);
    if (known && this.#now() - known.at < this.#ttlMs) return known.value;
    let found: InstalledPlugin | DamagedPlugin | undefined;
    try {
      found = await this.#readPointer(name, deadline);
    } catch (error) {
      if (known) return known.value; // what was live still answers while the blobs do not
      throw error;
    }
    if (found && "error" in found) throw found.error;
    if (this.#pointers.get(name) !== known) return found; // changed meanwhile: what was read is the older
    if (found) this.#pointers.set(name, { value: found, at: this.#now() });
    else this.#pointers.delete(name);
    return found;
  }

  /**
   * All that is installed, by name. What cannot run is told in its place: a record that cannot be read, a plugin of
   * another encoder.
   *
   * @throws ClozeError `server-unavailable`, `timeout`.
   */
  async list(): Promise<readonly (InstalledPlugin | DamagedPlugin)[]> {
    const keys = await io(this.#blobs.list(pointerPrefix));
    const names = keys.map(pointerName).filter((name) => this.#isFree(name));
    const found = await Promise.all(names.sort().map((name) => this.#readPointer(name)));
    return found.filter((one) => one !== undefined).map((one) => this.#expectFit(one));
  }

  #expectFit(found: InstalledPlugin | DamagedPlugin): InstalledPlugin | DamagedPlugin {
    if ("error" in found) return found;
    try {
      checkEncoder(found, this.#fit.encoder);
      return found;
    } catch (error) {
      return { name: found.plugin.name, error: error as ClozeError };
    }
  }

  /**
   * Installs a plugin, in the place of the one that has its name.
   *
   * @param bytes The plugin in one file.
   * @returns What is live now, and whether the name is new.
   * @throws ClozeError `invalid-plugin`, `encoder-mismatch`, `unsupported`; `server-unavailable` where it could not be
   *   written, and what was live still is; `timeout`, and nobody knows whether it was written.
   */
  async install(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<InstalledPlugin & { readonly created: boolean }> {
    if (!this.#isFree(name))
      throw new ClozeError(
        "invalid-plugin",
        `${name} is taken, or cannot be a plugin's name: choose another.`,
        {
          field: "name",
        },
      );
    const head = await readHead(bytes, name, this.#fit);
    const before = await this.#readPointer(name);
    const sha256 = await hashOf(bytes);
    const { version } = head.plugin;
    const installedAt = new Date(this.#now()).toISOString();
    const latest: InstalledVersion = { version, sha256, bytes: bytes.length, installedAt };
    const earlier = before && "versions" in before ? before.versions : []; // a damaged record is written anew
    const versions = [latest, ...earlier.filter((one) => one.sha256 !== sha256)];
    const installed = { plugin: head.plugin, active: sha256, versions: versions.slice(0, KEPT) };
    await io(this.#blobs.put(fileKey(sha256), bytes));
    await this.#makeLive(installed);
    this.#heads.set(sha256, head);
    await this.#forget(versions.slice(KEPT));
    return { ...installed, created: before === undefined };
  }

  /**
   * Makes a file live that was installed before.
   *
   * @param version Its version, of which the one installed last counts, or its hash.
   * @throws ClozeError `not-found`; `invalid-plugin`, `encoder-mismatch` where it does not run any more.
   */
  async activate(name: string, version: string): Promise<InstalledPlugin> {
    const before = await this.#expect(name);
    const chosen =
      before.versions.find(({ sha256 }) => sha256 === version) ??
      before.versions.find((one) => one.version === version);
    if (!chosen) {
      const known = before.versions.map((one) => one.version).join(", ");
      throw new ClozeError("not-found", `The plugin ${name} has no version ${version}; it has: ${known}.`, {
        field: "version",
      });
    }
    const { plugin } = await this.#read(name, chosen.sha256);
    const installed = { ...before, plugin, active: chosen.sha256 };
    await this.#makeLive(installed);
    return installed;
  }

  /**
   * Removes a plugin with all its files.
   *
   * @throws ClozeError `not-found`, `server-unavailable`, `timeout`.
   */
  async remove(name: string): Promise<void> {
    const before = this.#isFree(name) ? await this.#readPointer(name) : undefined;
    if (!before) throw nothingNamed(name);
    await io(this.#blobs.delete(pointerKey(name)));
    this.#pointers.delete(name);
    if ("versions" in before) await this.#forget(before.versions);
  }

  /** Whether something may be installed under a name. */
  #isFree(name: string): boolean {
    return PLUGIN_NAME.test(name) && !this.#reserved.has(name);
  }

  async #expect(name: string): Promise<InstalledPlugin> {
    const found = this.#isFree(name) ? await this.#readPointer(name) : undefined;
    if (!found) throw nothingNamed(name);
    if ("error" in found) throw found.error;
    return found;
  }

  async #readPointer(name: string, deadline?: number): Promise<InstalledPlugin | DamagedPlugin | undefined> {
    const bytes = await io(this.#blobs.get(pointerKey(name)), deadline);
    if (!bytes) return undefined;
    const installed = decodePointer(bytes);
    return installed?.plugin.name === name ? installed : { name, error: damaged(name, "record") };
  }

  /** Reads a file that is kept, and checks it as if it came from a stranger. */
  async #read(name: string, sha256: string, deadline?: number): Promise<HeadWeights> {
    const bytes = await io(this.#blobs.get(fileKey(sha256)), deadline);
    // In KV another place may see the pointer before the file.
    if (!bytes)
      throw new ClozeError(
        "server-unavailable",
        `The file of the plugin ${name} is not here (yet): try again in a minute, or install it again.`,
      );
    if ((await hashOf(bytes)) !== sha256) throw damaged(name, "file");
    const head = await readHead(bytes, name, this.#fit);
    this.#heads.set(sha256, head);
    return head;
  }

  async #makeLive(installed: InstalledPlugin): Promise<void> {
    const { name } = installed.plugin;
    this.#pointers.delete(name); // if it fails, nobody knows whether it was written
    await io(this.#blobs.put(pointerKey(name), encodePointer(installed)));
    this.#pointers.set(name, { value: installed, at: this.#now() });
  }

  /** Nothing points to these files any more. One that stays is in nobody's way. */
  async #forget(versions: readonly InstalledVersion[]): Promise<void> {
    await Promise.allSettled(versions.map(({ sha256 }) => io(this.#blobs.delete(fileKey(sha256)))));
  }
}

/** What fails in the blobs, or takes too long, is a fault of the moment. */
async function io<T>(work: Promise<T>, deadline = Infinity): Promise<T> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ClozeError(
      "timeout",
      "Where plugins are kept did not answer in time: try again in a moment.",
    );
    clock = setTimeout(() => reject(error), Math.min(WAIT_MS, deadline - Date.now()));
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    if (cause instanceof ClozeError) throw cause;
    throw new ClozeError(
      "server-unavailable",
      "Where plugins are kept does not answer: try again in a moment.",
      {
        cause,
      },
    );
  } finally {
    clearTimeout(clock);
  }
}

function nothingNamed(name: string): ClozeError {
  return new ClozeError(
    "not-found",
    `No plugin named ${name} is installed: GET /v1/plugins lists those that are.`,
  );
}

function damaged(name: string, what: "file" | "record"): ClozeError {
  return new ClozeError(
    "invalid-plugin",
    `The ${what} of the plugin ${name} is damaged where it is kept: install it again, roll it back, or remove it.`,
  );
}
