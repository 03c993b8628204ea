/**
 * A folder on this machine's disk.
 */
import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Files, Listing } from "./files.ts";

/**
 * The files of a folder on this machine's disk.
 *
 * @example
 * const { folders } = await new NodeFiles("models/starter").list();
 * folders; // ["plugins"]
 */
export class NodeFiles implements Files {
  readonly location: string;

  constructor(folder: string) {
    this.location = path.resolve(folder);
  }

  async list(below = ""): Promise<Listing> {
    const folder = path.join(this.location, below);
    const files = new Map<string, number>();
    const folders: string[] = [];
    try {
      for (const name of await readdir(folder)) {
        const found = await stat(path.join(folder, name)).catch(() => undefined); // follows links, as hubs' caches need
        if (found?.isFile()) files.set(name, found.size);
        else if (found?.isDirectory()) folders.push(name);
      }
    } catch (cause) {
      throw new ClozeError("not-found", `There is no model folder at ${folder}: ${reason(cause)}.`, {
        cause,
      });
    }
    return { files, folders };
  }

  async read(name: string, range?: { offset: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    try {
      await using file = await open(path.join(this.location, name));
      const bytes = new Uint8Array(range?.length ?? (await file.stat()).size);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, range?.offset ?? 0);
      return bytes.subarray(0, bytesRead);
    } catch (cause) {
      throw new ClozeError("not-found", `${this.location} has no readable file ${name}: ${reason(cause)}.`, {
        cause,
      });
    }
  }

  async hash(name: string): Promise<string> {
    const hash = createHash("sha256");
    const chunk = new Uint8Array(1 << 18); // one buffer for all of the file: a stream would leave a file's worth of them
    await using file = await open(path.join(this.location, name));
    for (;;) {
      const { bytesRead } = await file.read(chunk);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, bytesRead));
    }
  }
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "nothing is there";
  if (code === "ENOTDIR") return "it is a file, not a folder";
  if (code === "EACCES") return "it may not be read";
  return String(code ?? cause);
}
