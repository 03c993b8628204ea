/**
 * A folder in the making: its files are written beside the place where they shall be, and moved there when the last
 * is whole. Whoever looks sees what was there before, or all of what is new.
 */
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { chmod, mkdir, open, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";

export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

export class StagedFolder implements AsyncDisposable {
  /** Where the files are for now. */
  readonly location: string;
  readonly #to: string;
  readonly #names = new Set<string>();
  #removed = false;

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#removed = true;
    rmSync(this.location, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }); // a write may be on its way
    // To no listener now: the program ends as if there had been none. One that listens itself decides for itself.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
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
    const folder = await realpath(to).catch(() => path.resolve(to)); // a link stays one
    try {
      await mkdir(path.dirname(folder), { recursive: true });
      // At once, so that no signal comes between a folder and whoever takes it away.
      return new StagedFolder(
        folder,
        mkdtempSync(path.join(path.dirname(folder), `.${path.basename(folder)}.partial-`)),
      );
    } catch (cause) {
      throw unwritable(to, cause);
    }
  }

  /** Writes a file, by its path in the folder. */
  async write(name: string, content: Content): Promise<void> {
    const file = path.join(this.location, name);
    const put = async <T>(work: Promise<T>): Promise<T> =>
      work.catch((cause: unknown) => Promise.reject(unwritable(path.join(this.#to, name), cause)));
    await put((async () => mkdirSync(path.dirname(file), { recursive: true }))()); // at once: see create
    await using handle = await put(open(file, "w"));
    if (typeof content === "string" || content instanceof Uint8Array) await put(handle.writeFile(content));
    else for await (const chunk of content) await put(handle.writeFile(chunk));
    await put(handle.sync());
    this.#names.add(name);
  }

  /**
   * Puts the folder in its place. If nothing is there, at once; otherwise file by file, in the place of those of the
   * same name, and if that fails everything is as it was.
   *
   * @param last Files that come after all others: while they are missing, nobody takes the folder for whole.
   * @param obsolete Files of the folder that go before the new ones come.
   * @throws ClozeError `invalid-option` where a file cannot be put; `aborted` where a signal took the files away.
   */
  async commit(last: readonly string[] = [], obsolete: readonly string[] = []): Promise<void> {
    if (this.#removed)
      throw new ClozeError("aborted", `A signal came while ${this.#to} was written: write it again.`);
    if (await isUnused(this.#to)) {
      await rmdir(this.#to).catch(() => {}); // an empty folder is in the way on some systems
      await chmod(this.location, 0o777 & ~process.umask()); // a temporary folder is its owner's alone
      await rename(this.location, this.#to).catch((cause: unknown) => {
        throw unwritable(this.#to, cause);
      });
      return;
    }
    this.#replace(last, obsolete);
  }

  /** All at once, as far as this program goes: nothing waits, so no signal is heard in the middle. */
  #replace(last: readonly string[], obsolete: readonly string[]): void {
    const before = `${this.location}-before`;
    const undo: (() => void)[] = [];
    const move = (from: string, to: string): void => {
      mkdirSync(path.dirname(to), { recursive: true });
      renameSync(from, to);
      undo.push(() => renameSync(to, from));
    };
    try {
      for (const name of new Set([...obsolete, ...last, ...this.#names])) {
        const there = statSync(path.join(this.#to, name), { throwIfNoEntry: false });
        if (there?.isDirectory()) throw new Error("a folder is there");
        if (there) move(path.join(this.#to, name), path.join(before, name));
      }
      for (const name of [...[...this.#names].filter((one) => !last.includes(one)), ...last])
        move(path.join(this.location, name), path.join(this.#to, name));
    } catch (cause) {
      for (const back of undo.toReversed()) back();
      rmSync(before, { recursive: true, force: true });
      throw unwritable(this.#to, cause);
    }
    rmSync(before, { recursive: true, force: true });
    for (const folder of new Set(obsolete.map((name) => path.join(this.#to, path.dirname(name))))) {
      try {
        rmdirSync(folder);
      } catch {
        // It is not empty.
      }
    }
  }

  /** Takes away what was not put in its place. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.location, { recursive: true, force: true });
    for (const signal of signals) process.off(signal, this.#onSignal); // not before: one may come while it is removed
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

function unwritable(place: string, cause: unknown): ClozeError {
  const reason =
    cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : String(cause);
  return new ClozeError(
    "invalid-option",
    `${place} cannot be written (${reason}): choose another folder, or make room.`,
    { cause, field: "out" },
  );
}
