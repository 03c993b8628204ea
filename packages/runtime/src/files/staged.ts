/**
 * A folder in the making: its files are written beside the place where they shall be, and moved there when the last
 * is whole. Whoever looks sees what was there before, or all of what is new.
 */
import { rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";

export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

export class StagedFolder implements AsyncDisposable {
  /** Where the files are for now. */
  readonly location: string;
  readonly #to: string;
  readonly #names = new Set<string>();

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    rmSync(this.location, { recursive: true, force: true });
    process.kill(process.pid, signal); // to no listener now, which ends the program as if there had been none
  };

  private constructor(to: string, location: string) {
    this.#to = to;
    this.location = location;
    for (const signal of signals) process.once(signal, this.#onSignal);
  }

  /**
   * Begins a folder.
   *
   * @throws ClozeError `invalid-option` when nothing can be written there.
   */
  static async create(to: string): Promise<StagedFolder> {
    const folder = path.resolve(to);
    try {
      await mkdir(path.dirname(folder), { recursive: true });
      return new StagedFolder(
        folder,
        await mkdtemp(path.join(path.dirname(folder), `.${path.basename(folder)}.partial-`)),
      );
    } catch (cause) {
      const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "it fails";
      throw new ClozeError("invalid-option", `${to} cannot be written (${reason}): choose another folder.`, {
        cause,
        field: "out",
      });
    }
  }

  /** Writes a file, by its path in the folder. */
  async write(name: string, content: Content): Promise<void> {
    const file = path.join(this.location, name);
    await mkdir(path.dirname(file), { recursive: true });
    await using handle = await open(file, "w");
    if (typeof content === "string" || content instanceof Uint8Array) await handle.writeFile(content);
    else for await (const chunk of content) await handle.writeFile(chunk);
    await handle.sync();
    this.#names.add(name);
  }

  /**
   * Puts the folder in its place. If nothing is there, at once; otherwise file by file, over those of the same name.
   *
   * @param last Files that come after all others: while they are missing, nobody takes the folder for whole.
   * @param obsolete Files of the folder that go before the new ones come.
   */
  async commit(last: readonly string[] = [], obsolete: readonly string[] = []): Promise<void> {
    if (await isUnused(this.#to)) {
      await rmdir(this.#to).catch(() => {}); // an empty folder is in the way on some systems
      await chmod(this.location, 0o777 & ~process.umask()); // a temporary folder is its owner's alone
      await rename(this.location, this.#to);
      return;
    }
    for (const name of [...obsolete, ...last]) await rm(path.join(this.#to, name), { force: true });
    for (const name of obsolete) await rmdir(path.join(this.#to, path.dirname(name))).catch(() => {}); // if empty
    for (const name of [...[...this.#names].filter((one) => !last.includes(one)), ...last]) {
      const file = path.join(this.#to, name);
      await mkdir(path.dirname(file), { recursive: true });
      await rename(path.join(this.location, name), file);
    }
  }

  /** Takes away what was not put in its place. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const signal of signals) process.off(signal, this.#onSignal);
    await rm(this.location, { recursive: true, force: true });
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Whether nothing is at a path, or an empty folder.
 *
 * @throws ClozeError `invalid-option` when a file is there.
 */
export async function isUnused(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return true;
    throw new ClozeError("invalid-option", `${folder} is not a folder: choose another.`, {
      cause,
      field: "out",
    });
  }
}
