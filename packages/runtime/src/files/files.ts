/**
 * The port through which model folders are read: a flat view of one folder, wherever it lies.
 */

/** A folder that files are read from. */
export interface Files {
  /** Where the files are, for messages to people. */
  readonly location: string;
  /**
   * What is directly in the folder, or in one below it: files with their sizes in bytes, and folders, by name. What
   * cannot be read is left out.
   *
   * @throws ClozeError `not-found` when the folder is not there.
   */
  list(below?: string): Promise<Listing>;
  /**
   * A file, or `length` bytes of it from `offset` on.
   *
   * @throws ClozeError `not-found`.
   */
  read(
    path: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** The SHA-256 of a file, in hexadecimal digits. */
  hash(path: string): Promise<string>;
}

/** What is in a folder. */
export interface Listing {
  readonly files: ReadonlyMap<string, number>;
  readonly folders: readonly string[];
}

/** A text file; a byte order mark is not part of it. */
export async function readText(files: Files, path: string): Promise<string> {
  return new TextDecoder().decode(await files.read(path));
}

/** What is directly in a folder, or in one below it, of files that are known by path. */
export function listFolder<T>(
  all: ReadonlyMap<string, T>,
  below: string,
  sizeOf: (file: T) => number,
): Listing {
  const prefix = below === "" ? "" : `${below}/`;
  const files = new Map<string, number>();
  const folders = new Set<string>();
  for (const [path, file] of all) {
    if (!path.startsWith(prefix)) continue;
    const [name, ...rest] = path.slice(prefix.length).split("/");
    if (rest.length === 0) files.set(name, sizeOf(file));
    else folders.add(name);
  }
  return { files, folders: [...folders] };
}

/**
 * The SHA-256 of bytes, in hexadecimal digits.
 *
 * @example
 * (await sha256(new Uint8Array(0))).slice(0, 8); // "e3b0c442"
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
