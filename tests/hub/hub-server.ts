/**
 * A hub over HTTP on this machine that speaks as huggingface.co does: the API of models and trees, `resolve` with its
 * headers and redirects, a content network at another address, and the ways in which each can fail.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface HubRequest {
  /** The hub itself, or its content network. */
  readonly at: "hub" | "cdn";
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What goes wrong with the bytes of a file. */
export interface Fault {
  /** The connection is cut after so many bytes. */
  readonly cutAfter?: number;
  /** One bit of the answer is another. */
  readonly damaged?: boolean;
  /** Ranges are not known: all of the file comes, with status 200. */
  readonly noRanges?: boolean;
  readonly status?: number;
  /** Milliseconds after each 64 KiB. */
  readonly pause?: number;
}

interface Model {
  readonly revisions: Map<string, string>;
  readonly commits: Map<string, ReadonlyMap<string, Uint8Array>>;
  readonly access: "open" | "gated" | "private";
}

const PAGE = 3; // files in one answer of the tree: the real one gives 1000
const CHUNK = 65_536;

export class HubServer implements AsyncDisposable {
  readonly requests: HubRequest[] = [];
  /** The bytes of files that went out. */
  sent = 0;
  /** The token that gated and private models are open to. */
  readonly token = "hf_goodGoodGood";
  /** What goes wrong with this answer, by the file and the byte it begins with. */
  fault: (file: string, from: number) => Fault | undefined = () => undefined;
  /** The size that the tree gives a file, whatever it is. */
  claim: { readonly file: string; readonly size: number } | undefined;
  /** The status with which every request to the hub fails. */
  down: number | undefined;
  readonly #models = new Map<string, Model>();
  readonly #moved = new Map<string, string>();
  readonly #hub = createServer((request, response) => void this.#answer(request, response));
  readonly #cdn = createServer((request, response) => void this.#content(request, response));

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const one of [server.#hub, server.#cdn]) await once(one.listen(0, "127.0.0.1"), "listening");
    return server;
  }

  get endpoint(): string {
    return address(this.#hub);
  }

  /** Puts a model there: a folder's files, or what is given. Returns its commit. */
  publish(
    name: string,
    content: string | Readonly<Record<string, Uint8Array | string>>,
    { revision = "main", access = "open" }: { revision?: string; access?: Model["access"] } = {},
  ): string {
    const files = new Map(
      typeof content === "string"
        ? filesOf(content)
        : Object.entries(content).map(([file, bytes]) => [file, Buffer.from(bytes)] as const),
    );
    const commit = createHash("sha1");
    for (const [file, bytes] of files) commit.update(file).update(bytes);
    const id = commit.digest("hex");
    const model = this.#models.get(name) ?? { revisions: new Map(), commits: new Map(), access };
    this.#models.set(name, model);
    model.revisions.set(revision, id);
    model.commits.set(id, files);
    return id;
  }

  /** Lets an old name lead to a new one. */
  rename(from: string, to: string): void {
    this.#moved.set(from, to);
  }

  /** The files whose bytes were asked for. */
  fetched(): string[] {
    return this.requests.flatMap(({ at, path: asked }) => {
      const file = /\/resolve\/[^/]+\/(.*)$/.exec(asked)?.[1];
      return at === "hub" && file !== undefined ? [file] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      if (server.listening) await once(server.close(), "close");
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#note("hub", request);
    const url = new URL(request.url ?? "", this.endpoint);
    if (this.down !== undefined) return refuse(response, this.down, "", "Service Unavailable");
    const found =
      /^\/(api\/models\/)?((?:[^/]+\/)??[^/]+)\/(revision|tree|resolve)\/([^/]+)(?:\/(.*))?$/.exec(
        url.pathname,
      );
    if (!found) return refuse(response, 404, "", "Not Found");
    const [, api, name, route, revision, file = ""] = found;
    const moved = this.#moved.get(name);
    if (moved !== undefined)
      return void response.writeHead(307, { location: request.url?.replace(name, moved) }).end();
    const model = this.#models.get(name);
    const token = request.headers.authorization?.replace(/^Bearer /, "");
    if (token !== undefined && !token.startsWith("hf_good"))
      return refuse(response, 401, "", "Invalid credentials in Authorization header");
    const readable = token === this.token;
    if (!model || (model.access === "private" && !readable)) {
      if (token !== undefined) return refuse(response, 404, "RepoNotFound", "Repository not found");
      return refuse(response, 401, api ? "" : "RepoNotFound", "Invalid username or password.");
    }
    const wanted = decodeURIComponent(revision);
    const commit = model.commits.has(wanted) ? wanted : model.revisions.get(wanted);
    const files = model.commits.get(commit ?? "");
    if (commit === undefined || !files)
      return refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${wanted}`);
    if (route === "revision")
      return json(response, { ...about(name, commit, files), gated: model.access === "gated" });
    if (route === "tree") return this.#tree(response, url, files);
    if (model.access === "gated" && !readable)
      return refuse(
        response,
        token === undefined ? 401 : 403,
        "GatedRepo",
        `Access to model ${name} is restricted.`,
      );
    const bytes = files.get(decodeURIComponent(file));
    if (!bytes) return refuse(response, 404, "EntryNotFound", "Entry not found");
    response.setHeader("x-repo-commit", commit);
    if (!isLarge(file)) {
      response.setHeader("etag", `"${gitHash(bytes)}"`);
      return this.#send(request, response, file, bytes);
    }
    const location = `${address(this.#cdn)}/${sha256(bytes)}?model=${encodeURIComponent(name)}&commit=${commit}&file=${encodeURIComponent(file)}`;
    response.setHeader("x-linked-size", bytes.length).setHeader("x-linked-etag", `"${sha256(bytes)}"`);
    response
      .writeHead(302, { location, etag: `"${gitHash(Buffer.from(pointer(bytes)))}"` })
      .end(`Found. Redirecting to ${location}`);
  }

  #tree(response: ServerResponse, url: URL, files: ReadonlyMap<string, Uint8Array>): void {
    const folders = new Set(
      [...files.keys()].flatMap((file) => (file.includes("/") ? [path.posix.dirname(file)] : [])),
    );
    const entries = [
      ...[...folders].map((folder) => ({
        type: "directory",
        oid: gitHash(Buffer.from(folder)),
        size: 0,
        path: folder,
      })),
      ...Array.from(files, ([file, bytes]) =>
        entry(file, bytes, this.claim?.file === file ? this.claim.size : bytes.length),
      ),
    ];
    const from = Number(url.searchParams.get("cursor") ?? 0);
    if (from + PAGE < entries.length) {
      url.searchParams.set("cursor", String(from + PAGE));
      response.setHeader("link", `<${url.href}>; rel="next"`);
    }
    json(response, entries.slice(from, from + PAGE));
  }

  async #content(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#note("cdn", request);
    const { searchParams } = new URL(request.url ?? "", this.endpoint);
    const [model, commit, file] = ["model", "commit", "file"].map((key) => searchParams.get(key) ?? "");
    const bytes = this.#models.get(model)?.commits.get(commit)?.get(file);
    if (!bytes) return refuse(response, 403, "", "Forbidden");
    response.setHeader("etag", `"${createHash("md5").update(bytes).digest("hex")}"`); // not the hub's
    return this.#send(request, response, file, bytes);
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    file: string,
    bytes: Uint8Array,
  ): Promise<void> {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const { cutAfter = Infinity, damaged, noRanges, status, pause } = this.fault(file, from) ?? {};
    if (status !== undefined) return refuse(response, status, "", "");
    const start = noRanges ? 0 : from;
    if (start > 0 && start >= bytes.length) return refuse(response, 416, "", "");
    const part = Buffer.from(bytes.subarray(start));
    if (damaged) part[part.length - 1] ^= 1;
    if (start > 0) response.setHeader("content-range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    response.setHeader("accept-ranges", "bytes").setHeader("content-length", part.length);
    response.writeHead(start > 0 ? 206 : 200);
    if (request.method === "HEAD") return void response.end();
    for (let at = 0; at < part.length && !response.destroyed; at += CHUNK) {
      const chunk = part.subarray(at, Math.min(at + CHUNK, cutAfter));
      this.sent += chunk.length;
      await new Promise((resolve) => response.write(chunk, resolve));
      if (at + CHUNK >= cutAfter) return void response.socket?.end(); // what was sent arrives first
      if (pause !== undefined) await delay(pause);
    }
    response.end();
  }

  #note(at: HubRequest["at"], { method = "", url = "", headers }: IncomingMessage): void {
    this.requests.push({ at, method, path: url, range: headers.range, authorization: headers.authorization });
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function gitHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** What the hub keeps in LFS. */
function isLarge(file: string): boolean {
  return /\.(safetensors|bin|onnx|onnx_data)$/.test(file);
}

function entry(file: string, bytes: Uint8Array, size: number): object {
  if (!isLarge(file)) return { type: "file", oid: gitHash(bytes), size, path: file };
  const text = pointer(bytes);
  const lfs = { oid: sha256(bytes), size, pointerSize: text.length };
  return { type: "file", oid: gitHash(Buffer.from(text)), size, lfs, path: file };
}

function pointer(bytes: Uint8Array): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`;
}

function about(name: string, sha: string, files: ReadonlyMap<string, Uint8Array>): object {
  const siblings = Array.from(files.keys(), (rfilename) => ({ rfilename }));
  return {
    _id: sha.slice(0, 24),
    id: name,
    modelId: name,
    sha,
    private: false,
    lastModified: "2026-01-01T00:00:00.000Z",
    tags: [],
    downloads: 0,
    likes: 0,
    siblings,
  };
}

function filesOf(folder: string): (readonly [string, Uint8Array])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((found) => {
    if (found.isDirectory()) return [];
    const file = path.join(found.parentPath, found.name);
    return [[path.relative(folder, file).split(path.sep).join("/"), readFileSync(file)] as const];
  });
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, code: string, error: string): void {
  if (code !== "") response.setHeader("x-error-code", code);
  if (error !== "") response.setHeader("x-error-message", error);
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8" })
    .end(JSON.stringify({ error }));
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
