/**
 * A model folder behind HTTP. Whole files are kept in the browser's cache; parts of files are asked for by range.
 */
import { aborted, ClozeError, throwIfAborted } from "@cloze/core";
import { listFolder, sha256 } from "../files/files.ts";
import type { Files, Listing } from "../files/files.ts";
import { DownloadCache } from "./cache.ts";
import { MANIFEST, parseManifest, usualNames } from "./manifest.ts";
import type { FileEntry } from "./manifest.ts";

/** How far the download of one file has got. */
export interface DownloadProgress {
  /** The file's path in the model. */
  readonly file: string;
  /** Bytes. */
  readonly loaded: number;
  readonly total: number;
}

/** How a folder is downloaded. */
export interface FetchFilesOptions {
  /** The paths of the folder's files, where it has no `files.json` and more than the usual ones, such as plugins. */
  readonly files?: readonly string[] | undefined;
  /** Whether files are kept in the browser's Cache API, where it has one: true by default. */
  readonly cache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Fetches in the place of the host's `fetch`: for files that come by another way, such as a port. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** A file, and what tells this version of it from others, where anything does. */
interface Found extends FileEntry {
  readonly version?: string | undefined;
}

/**
 * The files of a folder behind HTTP. What is in it is read from its `files.json`; where there is none, the names that
 * models have are tried, or those that are given.
 *
 * @example no-run
 * const files = new FetchFiles("/models/starter");
 * const { folders } = await files.list();
 * folders; // ["plugins"]
 */
export class FetchFiles implements Files {
  /** Its address, without what may be a secret: a query, such as a signature. */
  readonly location: string;
  readonly #url: URL;
  readonly #options: FetchFilesOptions;
  readonly #cache: DownloadCache | undefined;
  #found: Promise<ReadonlyMap<string, Found>> | undefined;

  /** @throws ClozeError `invalid-option` for an address that is none. */
  constructor(url: string | URL, options: FetchFilesOptions = {}) {
    const base = globalThis.location?.href;
    if (!URL.canParse(String(url), base))
      throw new ClozeError("invalid-option", `${String(url)} is not the address of a model folder.`, {
        field: "url",
      });
    this.#url = new URL(url, base);
    this.#url.pathname = this.#url.pathname.replace(/\/+$/, "");
    this.location = this.#url.href.replace(/[?#].*/s, "").replace(/\/$/, "");
    this.#options = options;
    this.#cache = (options.cache ?? true) ? new DownloadCache() : undefined;
  }

  /** Whether what was read once is at hand: in the browser's cache, or wherever the caller's own fetch has it. */
  get keeps(): boolean {
    return this.#options.fetch !== undefined || (this.#cache?.isThere ?? false);
  }

  async list(below = ""): Promise<Listing> {
    return listFolder(await this.#list(), below, ({ size }) => size);
  }

  async read(path: string, range?: { offset: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    const found = (await this.#list()).get(path);
    if (!found) throw new ClozeError("not-found", `${this.location} has no file ${path}.`);
    if (!range) return this.#whole(path, found);
    const { offset, length } = range;
    if (found.parts) return (await this.#whole(path, found)).slice(offset, offset + length);
    const response = await this.#fetch(path, {
      headers: { range: `bytes=${offset}-${offset + length - 1}` },
    });
    const bytes = await this.#bytes(path, response);
    const part = response.status === 206 ? bytes : bytes.slice(offset, offset + length); // some servers know no ranges
    if (part.length !== length) throw this.#changed(path);
    return part;
  }

  async hash(path: string): Promise<string> {
    const known = (await this.#list()).get(path)?.sha256; // the download was checked against it
    return known ?? sha256(await this.read(path));
  }

  async #whole(path: string, found: Found): Promise<Uint8Array<ArrayBuffer>> {
    const { version, size, parts = [path] } = found;
    const { onProgress } = this.#options;
    const place = `${this.location}/${path}`;
    const kept = version === undefined ? undefined : await this.#cache?.get(place, version);
    if (kept?.length === size) {
      onProgress?.({ file: path, loaded: size, total: size });
      return kept;
    }
    const bytes = new Uint8Array(size);
    let loaded = 0;
    for (const part of parts) {
      const reader = (await this.#fetch(part)).body?.getReader(); // not every browser iterates over streams
      for (;;) {
        const next = await reader
          ?.read()
          .catch((cause: unknown) => Promise.reject(this.#broken(part, cause)));
        if (next?.value === undefined) break;
        if (loaded + next.value.length > size) {
          void reader?.cancel().catch(() => {}); // else the rest would still be downloaded
          throw this.#changed(path);
        }
        bytes.set(next.value, loaded);
        loaded += next.value.length;
        onProgress?.({ file: path, loaded, total: size });
      }
    }
    const right = found.sha256 === undefined || globalThis.crypto?.subtle === undefined;
    if (loaded !== size || !(right || (await sha256(bytes)) === found.sha256)) throw this.#changed(path);
    if (version !== undefined) await this.#cache?.put(place, version, bytes);
    return bytes;
  }

  /** What the folder holds; asked once, and again if that failed. */
  async #list(): Promise<ReadonlyMap<string, Found>> {
    this.#found ??= this.#readManifest().then((manifest) => manifest ?? this.#tryNames());
    try {
      return await this.#found;
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }

  async #readManifest(): Promise<ReadonlyMap<string, Found> | undefined> {
    if (this.#options.files) return undefined;
    const response = await this.#ask(MANIFEST) // it says what is new
      .catch(() => this.#ask(MANIFEST, { cache: "force-cache" })); // or, without a network, what was
    if (!this.#isThere(MANIFEST, response)) return undefined;
    const text = new TextDecoder().decode(await this.#bytes(MANIFEST, response));
    const entries = parseManifest(text, this.location);
    return new Map(Array.from(entries, ([path, entry]) => [path, { ...entry, version: entry.sha256 }]));
  }

  async #tryNames(): Promise<ReadonlyMap<string, Found>> {
    const names = this.#options.files ?? usualNames;
    const found = await Promise.all(names.map(async (name) => [name, await this.#head(name)] as const));
    const all = new Map<string, Found>();
    for (const [name, file] of found) if (file) all.set(name, file);
    if (all.has("model.safetensors") || !all.has("model.safetensors.index.json") || this.#options.files)
      return all;
    this.#found = Promise.resolve(all);
    const index = new TextDecoder().decode(await this.read("model.safetensors.index.json"));
    for (const shard of new Set(index.match(/[\w.-]+\.safetensors(?=")/g))) {
      const file = await this.#head(shard);
      if (file) all.set(shard, file);
    }
    return all;
  }

  async #head(path: string): Promise<Found | undefined> {
    const response = await this.#ask(path, { method: "HEAD" });
    if (!this.#isThere(path, response)) return undefined;
    const { headers } = response;
    const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
    const size = length === null ? (await this.#bytes(path, await this.#fetch(path))).length : Number(length);
    return { size, version: headers.get("etag") ?? headers.get("last-modified") ?? undefined };
  }

  /** @throws ClozeError `not-found`, `server-error` for what is not answered as wanted, and what `#ask` throws. */
  async #fetch(path: string, init?: RequestInit): Promise<Response> {
    const response = await this.#ask(path, init);
    if (response.ok) return response;
    if (response.status === 404 || response.status === 410)
      throw new ClozeError("not-found", `${this.location} has no file ${path}.`);
    throw this.#refused(path, response);
  }

  /**
   * Whether a file is there. Servers of single-page apps answer what is not with their page.
   *
   * @throws ClozeError `server-error` of a server that is in no state to tell.
   */
  #isThere(path: string, response: Response): boolean {
    if (response.status >= 500 || response.status === 429) throw this.#refused(path, response);
    return response.ok && !response.headers.get("content-type")?.startsWith("text/html");
  }

  /** @throws ClozeError `server-unavailable`, `aborted`. */
  async #bytes(path: string, response: Response): Promise<Uint8Array<ArrayBuffer>> {
    const read = response.arrayBuffer().catch((cause: unknown) => Promise.reject(this.#broken(path, cause)));
    return new Uint8Array(await read);
  }

  /**
   * What the server has now: what the browser's HTTP cache has may be of another version than the list.
   *
   * @throws ClozeError `server-unavailable`, `aborted`.
   */
  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const { signal, fetch = globalThis.fetch } = this.#options;
    throwIfAborted(signal);
    try {
      return await fetch(this.#urlOf(path), { cache: "no-cache", ...init, ...(signal && { signal }) });
    } catch (cause) {
      throw this.#broken(path, cause);
    }
  }

  #urlOf(path: string): string {
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/*$/, `/${path}`);
    return url.href;
  }

  #broken(path: string, cause: unknown): ClozeError {
    const { signal } = this.#options;
    if (signal?.aborted) return aborted(signal);
    return new ClozeError(
      "server-unavailable",
      `${this.location}/${path} cannot be read: see the network, and whether that server lets this page read it (CORS).`,
      { cause },
    );
  }

  #refused(path: string, { status }: Response): ClozeError {
    return new ClozeError(
      "server-error",
      `${this.location}/${path} was answered with status ${status}: see whether it may be read from here.`,
    );
  }

  #changed(path: string): ClozeError {
    return new ClozeError(
      "invalid-model",
      `${path} at ${this.location} is not of the size or the hash that is told of it: make its ${MANIFEST} again, or reload.`,
    );
  }
}
