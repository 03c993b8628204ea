/**
 * One model as the hub has it: which commit a revision is, what the commit holds, the bytes of a file. Every way in
 * which the hub can refuse becomes a sentence here.
 */
import { ClozeError } from "@cloze/core";
import { hubFile } from "./listing.ts";
import type { HubFile } from "./listing.ts";
import { isCommit } from "./name.ts";
import type { Hub } from "./settings.ts";

/** How long the hub may take to answer a question. Bytes of a file have their own clock. */
const ANSWER_MS = 10_000;

export class Remote {
  readonly #hub: Hub;
  readonly #name: string;
  readonly #revision: string;
  readonly #signal: AbortSignal | undefined;

  constructor(hub: Hub, name: string, revision: string, signal?: AbortSignal) {
    this.#hub = hub;
    this.#name = name;
    this.#revision = revision;
    this.#signal = signal;
  }

  /** The commit that the revision is now. */
  async commit(): Promise<string> {
    if (isCommit(this.#revision)) return this.#revision;
    const { modelInfo } = await import("@huggingface/hub");
    const [name, revision, hubUrl] = [this.#name, this.#revision, this.#hub.endpoint];
    const { sha } = await this.#answer(() =>
      modelInfo({ name, revision, hubUrl, additionalFields: ["sha"], fetch: this.#fetch }),
    );
    if (typeof sha !== "string" || !isCommit(sha)) throw this.#nonsense();
    return sha;
  }

  /** The files of a commit. */
  async list(commit: string): Promise<HubFile[]> {
    const { listFiles } = await import("@huggingface/hub");
    const [repo, revision, hubUrl] = [this.#name, commit, this.#hub.endpoint];
    return this.#answer(async () => {
      const files: HubFile[] = [];
      for await (const entry of listFiles({ repo, revision, hubUrl, recursive: true, fetch: this.#fetch }))
        if (entry.type === "file")
          files.push(
            ...hubFile(entry.path, entry.lfs?.size ?? entry.size, entry.lfs?.oid ?? entry.oid ?? ""),
          );
      return files;
    });
  }

  /** A file's bytes from `from` on; a server that knows no ranges gives all of them, with status 200. */
  async get(commit: string, path: string, from: number, signal: AbortSignal): Promise<Response> {
    const file = path.split("/").map(encodeURIComponent).join("/");
    return this.#fetch(`${this.#hub.endpoint}/${this.#name}/resolve/${commit}/${file}`, {
      headers: { "accept-encoding": "identity", ...(from > 0 && { range: `bytes=${from}-` }) }, // a range of packed bytes is none of the file's
      signal,
    });
  }

  /** The error of a connection that was not made, or broke. */
  unreachable(cause: unknown): ClozeError {
    if (this.#signal?.aborted) return stopped(this.#name, this.#signal);
    const { endpoint, cacheDir } = this.#hub;
    return new ClozeError(
      "server-unavailable",
      `${new URL(endpoint).host} cannot be reached (${reason(cause)}) to fetch ${this.#name} into ${cacheDir}: ` +
        `try again, or run "${pullCommand(this.#name, this.#revision)}" on a machine with a network and copy its folder, ` +
        "or give the path of a model folder.",
      { cause },
    );
  }

  readonly #fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    // The hub's own addresses only: a redirect to a content network has to go without, and fetch sees to it.
    if (this.#hub.token !== undefined && url.origin === new URL(this.#hub.endpoint).origin)
      headers.set("authorization", `Bearer ${this.#hub.token}`);
    const signals = [init.signal ?? AbortSignal.timeout(ANSWER_MS), this.#signal];
    const signal = AbortSignal.any(signals.filter((one) => one != null));
    const response = await fetch(url, { ...init, headers, signal }).catch((cause: unknown) => {
      throw this.unreachable(cause);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.#refusal(response);
  };

  /** What the library makes of an answer; it fails on JSON that is none, as a hotel's sign-in page. */
  async #answer<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ClozeError) throw error;
      const broke =
        error instanceof DOMException || (error instanceof TypeError && error.cause !== undefined);
      throw broke ? this.unreachable(error) : this.#nonsense(error);
    }
  }

  #nonsense(cause?: unknown): ClozeError {
    return new ClozeError(
      "server-error",
      `${this.#hub.endpoint} does not answer as a hub does: see whether HF_ENDPOINT is right and what stands between.`,
      { cause },
    );
  }

  #refusal({ status, headers }: Response): ClozeError {
    const { endpoint, token } = this.#hub;
    const { host } = new URL(endpoint);
    const [name, page] = [this.#name, `${endpoint}/${this.#name}`];
    const why = headers.get("x-error-code");
    if (why === "GatedRepo")
      return badToken(
        `${name} is gated: accept its terms at ${page}, and set HF_TOKEN to a token of the account that did.`,
      );
    if (why === "RevisionNotFound")
      return new ClozeError(
        "not-found",
        `${name} has no revision ${this.#revision}: its branches and tags are at ${page}/tree/main.`,
      );
    if (status === 401 && token !== undefined && why !== "RepoNotFound")
      return badToken(
        `${host} does not accept the token: set HF_TOKEN to one of ${endpoint}/settings/tokens.`,
      );
    if (why === "RepoNotFound" || status === 401 || status === 404)
      return new ClozeError(
        "not-found",
        `${host} has no model ${name}, or it is private: see whether the name is right, or set HF_TOKEN to a token that may read it.`,
      );
    if (status === 403) return badToken(`The token may not read ${name}: set HF_TOKEN to one that may.`);
    if (status === 408 || status === 429 || status >= 500)
      return new ClozeError(
        "server-unavailable",
        `${host} is busy or down (HTTP ${status}): try again later.`,
      );
    const said = headers.get("x-error-message");
    return new ClozeError(
      "server-error",
      `${host} does not give ${name}: HTTP ${status}${said ? `, "${said}"` : ""}.`,
    );
  }
}

function badToken(message: string): ClozeError {
  return new ClozeError("invalid-option", message, { field: "token" });
}

export function pullCommand(name: string, revision: string): string {
  return `cloze pull ${name}${revision === "main" ? "" : ` --revision ${revision}`}`;
}

export function stopped(name: string, { reason: cause }: AbortSignal): ClozeError {
  return new ClozeError(
    "aborted",
    `Fetching ${name} was stopped: fetch it again, and it goes on from there.`,
    { cause },
  );
}

/** What undici says underneath its "fetch failed": ENOTFOUND, ECONNREFUSED, UND_ERR_SOCKET. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.message : reason(error.cause);
}
