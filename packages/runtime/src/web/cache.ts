/**
 * What was downloaded, kept in the browser's Cache API by address and version, so that the next visit downloads
 * nothing. A cache is a convenience: where there is none, or it is full, all is as without it.
 */

const NAME = "cloze-models";

export class DownloadCache {
  #opened: Promise<Cache | undefined> | undefined;

  /** Whether the browser has one: where an origin may have no storage, the mere name throws. */
  get isThere(): boolean {
    try {
      return globalThis.caches !== undefined;
    } catch {
      return false;
    }
  }

  async get(url: string, version: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = await quietly(async () => (await this.#open())?.match(keyOf(url, version)));
    return found && quietly(async () => new Uint8Array(await found.arrayBuffer()));
  }

  /** Keeps a file; what was kept of earlier versions goes. */
  async put(url: string, version: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await quietly(async () => {
      const cache = await this.#open();
      await cache?.delete(url, { ignoreSearch: true });
      await cache?.put(keyOf(url, version), new Response(bytes));
    });
  }

  #open(): Promise<Cache | undefined> {
    return (this.#opened ??= quietly(async () => globalThis.caches?.open(NAME)));
  }
}

function keyOf(url: string, version: string): string {
  const key = new URL(url);
  key.search = new URLSearchParams({ cloze: version }).toString();
  return key.href;
}

/** Does what is a convenience, and nothing where it cannot be done. */
export async function quietly<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined; // no room, no permission, an origin without storage
  }
}
