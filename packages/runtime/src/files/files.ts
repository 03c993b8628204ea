/**
 * The port through which model folders are read: a flat view of one folder, wherever it lies.
 */

export interface Files {
  /** Where the files are, for messages to people. */
  readonly location: string;
  /** Every file below the folder by its path with forward slashes, and its size in bytes. */
  list(): Promise<ReadonlyMap<string, number>>;
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

/** A text file; a byte order mark is not part of it. */
export async function readText(files: Files, path: string): Promise<string> {
  return new TextDecoder().decode(await files.read(path));
}
