/**
 * A hub on this machine, as far as a page may ask one: what a model is (`/api/models/NAME/revision/main?blobs=true`, in
 * huggingface.co's form), and its files, all readable from other origins.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What a model is on the hub. */
export interface HubModel {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly licence?: string;
  readonly gated?: boolean;
  /** The file that comes with one bit changed. */
  readonly damaged?: string;
  /** Milliseconds between the quarters of a file. */
  readonly pause?: number;
}

const COMMIT = "c0ffee".repeat(7).slice(0, 40);

export class Hub implements AsyncDisposable {
  /** The files that were asked for. */
  readonly fetched: string[] = [];
  readonly #models: Readonly<Record<string, HubModel>>;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(models: Readonly<Record<string, HubModel>>) {
    this.#models = models;
  }

  static async start(models: Readonly<Record<string, HubModel>>): Promise<Hub> {
    const hub = new Hub(models);
    await once(hub.#server.listen(0, "127.0.0.1"), "listening");
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("access-control-allow-origin", "*");
    const { pathname } = new URL(request.url!, this.url);
    const asked = /^\/api\/models\/(.+)\/revision\/main$/.exec(pathname)?.[1];
    const [, name = "", commit, file = ""] = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    if (asked !== undefined && asked in this.#models) response.end(JSON.stringify(tell(this.#models[asked])));
    else if (commit === COMMIT && file in (this.#models[name]?.files ?? {})) {
      this.fetched.push(file);
      await send(response, this.#models[name], file);
    } else response.writeHead(asked === undefined ? 404 : 401).end('{"error":"Repository not found"}');
  }
}

function tell({ files, licence, gated = false }: HubModel): object {
  const siblings = Object.entries(files).map(([rfilename, content]) => {
    const bytes = Buffer.from(content);
    const lfs = { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length };
    return { rfilename, size: bytes.length, ...(rfilename.endsWith(".safetensors") && { lfs }) };
  });
  return { sha: COMMIT, gated: gated && "manual", cardData: licence && { license: licence }, siblings };
}

async function send(response: ServerResponse, model: HubModel, file: string): Promise<void> {
  const bytes = Buffer.from(model.files[file]);
  if (model.damaged === file) bytes[bytes.length - 1] ^= 1;
  response.writeHead(200, { "content-length": bytes.length });
  const quarter = Math.ceil(bytes.length / 4);
  for (let at = 0; at < bytes.length && !response.destroyed; at += quarter) {
    response.write(bytes.subarray(at, at + quarter));
    if (model.pause !== undefined) await delay(model.pause);
  }
  response.end();
}
