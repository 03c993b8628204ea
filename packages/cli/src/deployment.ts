/**
 * A Cloze service somewhere else, as who changes its plugins sees it. One request each, and none is tried again: whoever
 * asks sees what became of it.
 */
import { readFile, stat } from "node:fs/promises";
import { ClozeError } from "@cloze/core";
import type { Plugin } from "@cloze/core";

/** How long a service may take for one answer. */
const TIMEOUT_MS = 60_000;

/** The files of a plugin's folder that are its own; what a training leaves beside them stays. */
const PARTS = ["plugin.json", "head.safetensors", "README.md"] as const;

/** What a service tells of a plugin. */
export interface DeployedPlugin {
  readonly name: string;
  readonly version: string;
  readonly source: "bundled" | "code" | "installed";
  readonly kind?: string;
  readonly labels?: readonly string[];
  readonly sha256?: string;
  readonly versions?: readonly {
    readonly version: string;
    readonly sha256: string;
    readonly installedAt: string;
  }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** A plugin that is ready to be sent. */
export interface PackedPlugin {
  readonly plugin: Plugin;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a plugin's folder or `.cloze` file, as one file.
 *
 * @throws ClozeError as `openPlugin` does.
 */
export async function packPlugin(place: string): Promise<PackedPlugin> {
  const { NodeFiles, openPlugin } = await import("@cloze/runtime/node");
  const { packZip } = await import("@cloze/runtime/plugin");
  const { plugin } = await openPlugin(place);
  if ((await stat(place)).isFile()) return { plugin, bytes: new Uint8Array(await readFile(place)) };
  const folder = new NodeFiles(place);
  const { files } = await folder.list();
  const parts = new Map<string, Uint8Array>();
  for (const name of PARTS) if (files.has(name)) parts.set(name, await folder.read(name));
  return { plugin, bytes: packZip(parts) };
}

export class Deployment {
  readonly url: string;
  readonly #key: string | undefined;

  /** @throws ClozeError `invalid-option` for an address that is none. */
  constructor(url: string, key: string | undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new ClozeError("invalid-option", `${url} is not an address: write it as https://host.`, {
        field: "to",
      });
    this.url = url.replace(/\/+$/, "");
    this.#key = key;
  }

  /** Where a plugin is run. */
  routeOf(name: string): string {
    return `${this.url}/v1/plugins/${encodeURIComponent(name)}`;
  }

  async list(): Promise<readonly DeployedPlugin[]> {
    const { plugins } = (await this.#ask("GET", `${this.url}/v1/plugins`)) as {
      plugins: readonly DeployedPlugin[];
    };
    return plugins;
  }

  async find(name: string): Promise<DeployedPlugin> {
    return (await this.#ask("GET", this.routeOf(name))) as DeployedPlugin;
  }

  async put({ plugin, bytes }: PackedPlugin): Promise<DeployedPlugin> {
    return (await this.#ask("PUT", this.routeOf(plugin.name), bytes, "application/zip")) as DeployedPlugin;
  }

  async activate(name: string, version: string): Promise<DeployedPlugin> {
    const body = JSON.stringify({ version });
    return (await this.#ask(
      "PUT",
      `${this.routeOf(name)}/version`,
      body,
      "application/json",
    )) as DeployedPlugin;
  }

  async remove(name: string): Promise<void> {
    await this.#ask("DELETE", this.routeOf(name));
  }

  async run(name: string, input: object): Promise<unknown> {
    return this.#ask("POST", this.routeOf(name), JSON.stringify(input), "application/json");
  }

  /** @throws ClozeError that says in one sentence what the service said, or that it is not there. */
  async #ask(
    method: string,
    address: string,
    body?: string | Uint8Array<ArrayBuffer>,
    type?: string,
  ): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...(type !== undefined && { "content-type": type }),
          ...(this.#key !== undefined && { authorization: `Bearer ${this.#key}` }),
        },
        ...(body !== undefined && { body }),
      });
      text = await response.text();
    } catch (cause) {
      throw new ClozeError(
        "server-unavailable",
        `${this.url} cannot be reached: see that the service runs, and at this address.`,
        { cause },
      );
    }
    if (response.status === 204) return undefined;
    const json = parse(text);
    if (response.ok && json) return json;
    throw this.#refused(response.status, json);
  }

  #refused(status: number, json: Readonly<Record<string, unknown>> | undefined): ClozeError {
    const { code, detail, field } = json ?? {};
    if (typeof code !== "string" || typeof detail !== "string")
      return new ClozeError(
        "server-error",
        `${this.url} is not a Cloze service, or hides one: it answered status ${status}.`,
      );
    if (status === 401)
      return new ClozeError("invalid-option", `${this.url} wants a key: give --key, or set CLOZE_KEY.`, {
        field: "key",
      });
    const details = typeof field === "string" ? { field } : {};
    if (status === 403) return new ClozeError("invalid-option", detail, { field: "key" });
    if (status === 413) return new ClozeError("invalid-plugin", detail);
    const own = known.find((one) => one === code);
    return new ClozeError(own ?? "server-error", detail, details);
  }
}

/** What a service says in the words that errors have here. */
const known = [
  "invalid-plugin",
  "encoder-mismatch",
  "unsupported",
  "not-found",
  "invalid-input",
  "server-unavailable",
  "timeout",
] as const;

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json as Readonly<Record<string, unknown>>;
  } catch {
    // Not JSON: the status says enough.
  }
  return undefined;
}
