/** The models of a server by name and version, and what is to be said of those that are not there. */
import { ClozeError } from "@cloze/core";
import type { ServedModel } from "./served-model.ts";

/** One line of the repository's index, as Triton has it. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "LOADING" | "UNLOADING" | "UNAVAILABLE";
  /** Why it is not ready or, of one that is, why newer files are not served. */
  readonly reason: string;
}

type Note = Pick<IndexEntry, "state" | "reason">;

/**
 * The models.
 *
 * @example
 * const models = new Models();
 * models.note("moods", "1", { state: "UNAVAILABLE", reason: "Its config.json is damaged." });
 * models.index[0].state; // "UNAVAILABLE"
 */
export class Models {
  readonly #served = new Map<string, Map<string, ServedModel>>();
  readonly #notes = new Map<string, Map<string, Note>>();

  /**
   * A version that is served; without one, the highest.
   *
   * @throws ClozeError `not-found`; `server-unavailable` for a model that is known but cannot be asked now.
   */
  get(name: string, version?: string): ServedModel {
    const versions = this.#served.get(name);
    const found = versions?.get(version ?? highest(versions.keys()));
    if (found) return found;
    const notes = this.#notes.get(name);
    const note = notes?.get(version ?? highest(notes.keys()));
    if (note)
      throw new ClozeError(
        "server-unavailable",
        `The model ${name} cannot be asked now: ${note.reason || note.state.toLowerCase()}`,
      );
    const names = [...new Set([...this.#served.keys(), ...this.#notes.keys()])].sort();
    throw new ClozeError(
      "not-found",
      versions
        ? `There is no version ${version} of ${name}: this server has ${this.versions(name)
            .map((one) => one.version)
            .join(", ")}.`
        : `There is no model named ${name}: this server has ${names.join(", ") || "none"}.`,
    );
  }

  /** All that are served. */
  get all(): ServedModel[] {
    return [...this.#served.values()].flatMap((versions) => [...versions.values()]);
  }

  /** The versions of a model that are served, the lowest first. */
  versions(name: string): ServedModel[] {
    return [...(this.#served.get(name)?.values() ?? [])].sort((a, b) => byNumber(a.version, b.version));
  }

  /** Serves a version from now on. The one that it takes the place of still has to be retired. */
  publish(model: ServedModel): ServedModel | undefined {
    const { name, version } = model;
    const former = this.#served.get(name)?.get(version);
    put(this.#served, name, version, model);
    this.note(name, version, undefined);
    return former;
  }

  /** Serves a version no longer. It still has to be retired. */
  withdraw(name: string, version: string): ServedModel | undefined {
    const former = this.#served.get(name)?.get(version);
    drop(this.#served, name, version);
    return former;
  }

  /** Says of a version why it, or its newest files, are not served; `undefined` takes that back. */
  note(name: string, version: string, note: Note | undefined): void {
    if (note) put(this.#notes, name, version, note);
    else drop(this.#notes, name, version);
  }

  get index(): IndexEntry[] {
    const entries = new Map<string, IndexEntry>();
    for (const [name, notes] of this.#notes)
      for (const [version, note] of notes) entries.set(`${name}/${version}`, { name, version, ...note });
    for (const { name, version } of this.all) {
      const reason = entries.get(`${name}/${version}`)?.reason ?? "";
      entries.set(`${name}/${version}`, { name, version, state: "READY", reason });
    }
    return [...entries.values()].sort(
      (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || byNumber(a.version, b.version),
    );
  }
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

function highest(versions: Iterable<string>): string {
  return [...versions].sort(byNumber).at(-1) ?? "";
}

function put<T>(all: Map<string, Map<string, T>>, name: string, version: string, value: T): void {
  const versions = all.get(name) ?? new Map<string, T>();
  all.set(name, versions);
  versions.set(version, value);
}

function drop<T>(all: Map<string, Map<string, T>>, name: string, version: string): void {
  const versions = all.get(name);
  versions?.delete(version);
  if (versions?.size === 0) all.delete(name);
}
