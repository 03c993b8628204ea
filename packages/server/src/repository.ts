/**
 * A folder of models that is watched: `<name>/`, a model's folder, or `<name>/<number>/`, one for each version. What
 * changes there is loaded and warmed up before what it takes the place of goes; what cannot be loaded changes nothing but
 * the index.
 *
 * Folders are compared every few seconds by their files' sizes and times, which works on every file system. What is found
 * changed has to stay as it is until the next look, so that no half-copied folder is loaded.
 */
import { ClozeError } from "@cloze/core";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Log } from "./log.ts";
import type { Models } from "./models.ts";
import { ServedModel } from "./served-model.ts";
import { LONGEST_MS } from "./timers.ts";
import type { LoadedModel, Serving } from "./served-model.ts";

export interface RepositoryOptions {
  readonly folder: string;
  /** Loads the model in a folder. */
  readonly load: (folder: string) => Promise<LoadedModel>;
  readonly models: Models;
  readonly serving: Serving;
  readonly log: Log;
}

/** A version's folder as it was found. */
interface Found {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** What its files are: another text, other files. */
  readonly print: string;
}

/** What the repository knows of a version from before. */
interface Known extends Found {
  /** The files that were loaded, or could not be. */
  tried: string | undefined;
  /** Whether it was looked for and not found. */
  missing: boolean;
}

/** The models of a folder, loaded, watched and unloaded. */
export class Repository {
  readonly #options: RepositoryOptions;
  readonly #known = new Map<string, Known>();
  /** Models that somebody unloaded: they stay away until somebody loads them. */
  readonly #unloaded = new Set<string>();
  readonly #retiring = new Set<Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: RepositoryOptions) {
    this.#options = options;
  }

  /** Looks every so often. */
  watch(everyMs: number): void {
    const lookAgain = async (): Promise<void> => {
      await this.#inTurn(() => this.#look(false)).catch((error: unknown) =>
        this.#options.log.error({ reason: messageOf(error) }, "the repository was not looked at"),
      );
      if (!this.#closed) this.watch(everyMs);
    };
    this.#timer = setTimeout(() => void lookAgain(), Math.min(everyMs, LONGEST_MS));
    this.#timer.unref();
  }

  /** Takes the folder as it is now: what is half-copied is at the caller's risk. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#look(true));
  }

  /**
   * Loads all versions of a model, again where they are loaded already.
   *
   * @throws ClozeError `not-found`; `invalid-input` with the reasons when one cannot be loaded.
   */
  load(name: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#unloaded.delete(name);
      const versions = (await this.#find()).filter((found) => found.name === name);
      if (versions.length === 0)
        throw new ClozeError("not-found", `There is no model named ${name} in the repository.`);
      for (const found of versions) {
        const known = this.#remember(found);
        await this.#serve(known);
      }
      const reasons = this.#options.models.index.filter((entry) => entry.name === name && entry.reason);
      if (reasons.length > 0)
        throw new ClozeError("invalid-input", reasons.map(({ reason }) => reason).join(" "));
    });
  }

  /**
   * Unloads all versions of a model. Who asked it before is answered.
   *
   * @throws ClozeError `not-found`.
   */
  unload(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const known = [...this.#known.values()].filter((one) => one.name === name);
      if (known.length === 0)
        throw new ClozeError("not-found", `There is no model named ${name} in the repository.`);
      this.#unloaded.add(name);
      for (const one of known) {
        one.tried = undefined;
        this.#withdraw(one);
        this.#options.models.note(name, one.version, { state: "UNAVAILABLE", reason: "It was unloaded." });
      }
    });
  }

  /** Looks no more, answers who asked before, and gives the memory back. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn.catch(() => {});
    for (const known of this.#known.values()) this.#withdraw(known);
    await Promise.all(this.#retiring);
  }

  /** One thing at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #look(now: boolean): Promise<void> {
    const { models, log, folder } = this.#options;
    let found: readonly Found[];
    try {
      found = await this.#find();
    } catch (error) {
      if (now) throw error;
      log.warn({ folder, reason: messageOf(error) }, "the repository cannot be read; what is loaded stays");
      return;
    }
    const present = new Set(found.map(keyOf));
    for (const one of found) {
      if (this.#closed) return;
      const settled = this.#known.get(keyOf(one))?.print === one.print;
      const known = this.#remember(one);
      if (known.tried === known.print || this.#unloaded.has(one.name)) continue;
      if (now || settled) await this.#serve(known);
    }
    for (const [key, known] of this.#known) {
      if (present.has(key)) continue;
      if (now || known.missing) {
        this.#known.delete(key);
        this.#withdraw(known);
        models.note(known.name, known.version, undefined);
      }
      known.missing = true;
    }
  }

  #remember(found: Found): Known {
    const { tried } = this.#known.get(keyOf(found)) ?? { tried: undefined };
    const known = { ...found, tried, missing: false };
    this.#known.set(keyOf(found), known);
    return known;
  }

  /** Loads a version, warms it up, and only then lets it take the place of the one before. */
  async #serve(known: Known): Promise<void> {
    const { models, log, load, serving } = this.#options;
    const { name, version, folder, print } = known;
    const start = performance.now();
    known.tried = print;
    models.note(name, version, { state: "LOADING", reason: "" });
    let loaded: LoadedModel | undefined;
    try {
      loaded = await load(folder);
      const served = await ServedModel.open(name, version, loaded, serving);
      this.#retire(models.publish(served));
      const { warmedUp } = served;
      log.info({ model: name, version, ms: Math.round(performance.now() - start), warmedUp }, "model loaded");
    } catch (error) {
      await loaded?.[Symbol.asyncDispose]();
      const reason = messageOf(error);
      models.note(name, version, { state: "UNAVAILABLE", reason });
      log.error({ model: name, version, folder, reason }, "model not loaded");
    }
  }

  #withdraw({ name, version }: Found): void {
    const former = this.#options.models.withdraw(name, version);
    if (former) this.#options.log.info({ model: name, version }, "model unloaded");
    this.#retire(former);
  }

  #retire(model: ServedModel | undefined): void {
    if (!model) return;
    const { log } = this.#options;
    const retired = model
      .retire()
      .catch((error: unknown) => log.error({ model: model.name, reason: messageOf(error) }, "not closed"))
      .finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
  }

  /** The versions that lie in the folder now. */
  async #find(): Promise<Found[]> {
    const { folder } = this.#options;
    const found: Found[] = [];
    const names = await foldersIn(folder).catch((cause: unknown) => {
      throw new ClozeError(
        "invalid-option",
        `The repository cannot be read: give a folder with a model in each of its folders (${messageOf(cause)}).`,
        { cause },
      );
    });
    for (const name of names) {
      if (!NAME.test(name)) continue; // it could not stand in a URL, or is hidden on purpose
      const home = path.join(folder, name);
      const versions = (await foldersIn(home)).filter((inner) => /^[1-9]\d{0,8}$/.test(inner));
      const places =
        versions.length > 0
          ? versions.map((version) => ({ version, folder: path.join(home, version) }))
          : [{ version: "1", folder: home }];
      for (const place of places) found.push({ name, ...place, print: await printOf(place.folder) });
    }
    return found;
  }
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

function keyOf({ name, version }: Pick<Found, "name" | "version">): string {
  return `${name}/${version}`;
}

async function foldersIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const found = await stat(path.join(folder, name)).catch(() => undefined); // it may just have gone
    if (found?.isDirectory()) names.push(name);
  }
  return names;
}

/** The sizes and times of a folder's files, through links; one that leads back to where it lies is not followed. */
async function printOf(folder: string, above: readonly string[] = []): Promise<string> {
  const place = await realpath(folder).catch(() => folder);
  if (above.includes(place)) return "";
  const names = await readdir(folder).catch(() => []);
  const lines = await Promise.all(
    names.map(async (name) => {
      const inner = path.join(folder, name);
      const found = await stat(inner).catch(() => undefined);
      if (found?.isDirectory()) return `${name}/ ${await printOf(inner, [...above, place])}`;
      return found?.isFile() ? `${name} ${found.size} ${found.mtimeMs} ${found.ino}` : name;
    }),
  );
  return lines.toSorted((a, b) => (a < b ? -1 : 1)).join("\n");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
