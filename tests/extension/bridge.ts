/**
 * The end of the bridge that lies in the test: hands functions to the extension host that Cloze is in, where the
 * extension in `bridge/` runs them with the real `vscode` API. What goes over is text and JSON.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type vscode from "vscode";

/** What a test lets run inside of VS Code. It is sent as text: it may use its two arguments and globals, no import. */
export type Work<A, R> = (api: typeof vscode, arg: A) => R | PromiseLike<R>;

interface Outcome {
  readonly job: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly stack?: string };
}

/** One extension host: a window has one, and another one after it is reloaded. */
export class Host {
  readonly kind: "node" | "worker";
  readonly #send: (host: Host, code: string, arg: unknown, timeout: number) => Promise<unknown>;
  /** Work that the host has not fetched yet, and its question for more, held until there is some. */
  readonly queue: string[] = [];
  asking: ServerResponse | undefined;

  constructor(
    kind: "node" | "worker",
    send: (host: Host, code: string, arg: unknown, timeout: number) => Promise<unknown>,
  ) {
    this.kind = kind;
    this.#send = send;
  }

  run<A, R>(work: Work<A, R>, arg: A, timeout = 60_000): Promise<R> {
    return this.#send(this, String(work), arg, timeout) as Promise<R>;
  }
}

export class Bridge implements AsyncDisposable {
  readonly #server: Server;
  readonly #hosts = new Map<string, Host>();
  #arrived: ((host: Host) => void) | undefined;
  readonly #jobs = new Map<number, (outcome: Outcome) => void>();
  #last = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<Bridge> {
    const bridge = new Bridge();
    await new Promise<void>((resolve) => bridge.#server.listen(0, "127.0.0.1", resolve));
    return bridge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next extension host that starts: ask before what starts it, one at a time. */
  nextHost(): Promise<Host> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    response.setHeader("access-control-allow-private-network", "true");
    const { pathname, searchParams } = new URL(request.url!, this.url);
    if (request.method === "OPTIONS") response.end();
    else if (pathname === "/done") {
      const outcome = JSON.parse(await text(request)) as Outcome;
      this.#jobs.get(outcome.job)?.(outcome);
      response.end();
    } else {
      const host = this.#host(searchParams.get("id")!, searchParams.get("kind") as "node" | "worker");
      host.asking = response;
      response.on("close", () => {
        if (host.asking === response) host.asking = undefined;
      });
      hand(host);
    }
  }

  #host(id: string, kind: "node" | "worker"): Host {
    const known = this.#hosts.get(id);
    if (known) return known;
    const host = new Host(kind, (...given) => this.#send(...given));
    this.#hosts.set(id, host);
    this.#arrived?.(host);
    this.#arrived = undefined;
    return host;
  }

  #send(host: Host, code: string, arg: unknown, timeout: number): Promise<unknown> {
    const job = ++this.#last;
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new Error(`VS Code did not answer within ${timeout} ms: ${code.slice(0, 300)}`));
      const timer = setTimeout(late, timeout);
      this.#jobs.set(job, ({ value, error }) => {
        clearTimeout(timer);
        this.#jobs.delete(job);
        if (error) reject(Object.assign(new Error(error.message), error));
        else resolve(value);
      });
      host.queue.push(JSON.stringify({ job, code, arg }));
      hand(host);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** Gives the host its next work, if it asks and there is some. */
function hand(host: Host): void {
  if (!host.asking || host.queue.length === 0) return;
  const response = host.asking;
  host.asking = undefined;
  response.end(host.queue.shift());
}
