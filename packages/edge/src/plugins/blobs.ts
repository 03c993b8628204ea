/** The port through which plugins are kept: bytes by key. Its implementations are in `blobs/`. */

/** Where bytes are kept by key. */
export interface Blobs {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Puts bytes whole, in the place of what was there. */
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** What is not there is no error. */
  delete(key: string): Promise<void>;
  /** All keys that begin so. */
  list(prefix: string): Promise<readonly string[]>;
}
