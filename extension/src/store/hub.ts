/**
 * Models on the hub: one question tells a model's commit, licence and files with their sizes and hashes; then each file
 * is fetched of that commit. Nothing else is sent, no token among it, so gated and private models are out of reach.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";
import { chooseFiles } from "./model-files.ts";
import type { ModelFile } from "./model-files.ts";
import { lacking } from "./lacking.ts";
import { damaged } from "./models.ts";
import type { ModelSource } from "./models.ts";

/** What the hub answers of a model, as far as it is read: `GET /api/models/NAME/revision/main?blobs=true`. */
interface HubModel {
  readonly sha?: unknown;
  readonly gated?: unknown;
  readonly cardData?: { readonly license?: unknown } | null;
  readonly siblings: readonly {
    readonly rfilename: string;
    readonly size?: number;
    readonly lfs?: { readonly sha256?: string; readonly size?: number } | null;
  }[];
}

/**
 * Asks the hub for a model; none of its files is fetched yet.
 *
 * @param hub The hub's address.
 * @throws Failure `not-found`, `unsupported` for a model that cannot be run or is gated, `server-unavailable`,
 *   `server-error`, `aborted`.
 */
export async function findOnHub(
  hub: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ModelSource & { readonly host: string }> {
  const base = hub.replace(/\/+$/, "");
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base))
    throw new Failure(
      "invalid-option",
      vscode.l10n.t(
        "The setting cloze.hub should be an address such as https://huggingface.co, not {0}.",
        hub,
      ),
    );
  const { host } = new URL(base);
  const answer = await ask(`${base}/api/models/${name}/revision/main?blobs=true`, host, signal);
  if (answer.status === 401 || answer.status === 403 || answer.status === 404)
    throw new Failure(
      "not-found",
      vscode.l10n.t("{0} has no model {1}, or it is private: see whether its name is right.", host, name),
    );
  const model = await read(answer, host);
  if (model.gated)
    throw new Failure(
      "unsupported",
      vscode.l10n.t(
        "{0} is gated: accept its terms on {1}, download it there, and add its folder in Manage Models…",
        name,
        host,
      ),
    );
  const all = model.siblings.map(({ rfilename, size, lfs }): ModelFile => ({
    path: rfilename,
    size: lfs?.size ?? size ?? NaN,
    ...(lfs?.sha256 !== undefined && { sha256: lfs.sha256 }),
  }));
  const files = chooseFiles(all);
  if (typeof files === "string") throw lacking(files, name);
  if (files.some(({ size }) => !(Number.isSafeInteger(size) && size >= 0))) throw noHub(host);
  const licence = model.cardData?.license;
  return {
    host,
    source: `${base}/${name}/tree/${String(model.sha)}`,
    licence: typeof licence === "string" ? licence : undefined,
    files,
    async read(file, onBytes, abort) {
      const path = file.path.split("/").map(encodeURIComponent).join("/");
      const response = await ask(`${base}/${name}/resolve/${String(model.sha)}/${path}`, host, abort);
      if (!response.ok) throw refused(host, response.status);
      return receive(response, file, host, onBytes);
    },
  };
}

async function read(answer: Response, host: string): Promise<HubModel> {
  if (!answer.ok) throw refused(host, answer.status);
  const text = await answer.text().catch((cause: unknown) => Promise.reject(unreachable(host, cause)));
  try {
    const model = JSON.parse(text) as HubModel;
    if (/^[0-9a-f]{40}$/.test(String(model.sha)) && Array.isArray(model.siblings)) return model;
  } catch {
    // a sign-in page, say
  }
  throw noHub(host);
}

function noHub(host: string): Failure {
  return new Failure(
    "server-error",
    vscode.l10n.t(
      "{0} does not answer as a hub does: see the setting cloze.hub, and what stands between.",
      host,
    ),
  );
}

/** The bytes of an answer, no more than were told. */
async function receive(
  response: Response,
  file: ModelFile,
  host: string,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(file.size);
  let length = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { value } = await reader.read().catch((cause: unknown) => Promise.reject(unreachable(host, cause)));
    if (!value) return bytes.subarray(0, length);
    if (length + value.length > file.size) {
      void reader.cancel().catch(() => {});
      throw damaged(file);
    }
    bytes.set(value, length);
    length += value.length;
    onBytes(value.length);
  }
}

async function ask(url: string, host: string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, { credentials: "omit", ...(signal && { signal }) });
  } catch (cause) {
    throw unreachable(host, cause);
  }
}

function unreachable(host: string, cause: unknown): Failure {
  if (cause instanceof Error && cause.name === "AbortError") return Failure.cancelled();
  const message = vscode.l10n.t("{0} cannot be reached: see the network and the setting cloze.hub.", host);
  return new Failure("server-unavailable", message, cause);
}

function refused(host: string, status: number): Failure {
  return new Failure(
    "server-unavailable",
    vscode.l10n.t("{0} answered with status {1}: try again later.", host, status),
  );
}
