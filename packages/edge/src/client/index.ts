/**
 * The service from afar, with types: one method a task. It takes nothing but `fetch`, so it runs in Node, in browsers and
 * in other Workers; what it takes and gives is said by the service's own routes.
 */
import { RequestError } from "./errors.ts";
import { inParts } from "./parts.ts";
import { expectResult, sendJson, sendLines } from "./send.ts";
import type { ClientOptions, Sent } from "./send.ts";
import type { Fields, Readiness, RemotePlugins, RequestOptions, Tasks } from "./types.ts";

export { RequestError };
export type { RequestErrorDetails } from "./errors.ts";
export type { ClientOptions } from "./send.ts";
export type {
  Fields,
  PluginInfo,
  PluginInfos,
  Readiness,
  RemotePlugins,
  RemoteTask,
  RequestOptions,
  StreamOption,
  Tasks,
} from "./types.ts";

/** A service's tasks and plugins. */
export interface Client extends Tasks {
  readonly plugins: RemotePlugins;
  /** Whether the service and its inference servers are well; throws where it is not ready. */
  ready(options?: RequestOptions): Promise<Readiness>;
}

/** The tasks' names, which are the routes'. */
export const taskNames = [
  "classify",
  "answer",
  "tag",
  "fill",
  "next",
  "choose",
  "embed",
  "tokenize",
] as const;

/**
 * Makes a client. What fails throws RequestError, with the service's code, and what the request was called.
 *
 * @example
 * const client = createClient({ url: "https://cloze.example.com", fetch: app.request }); // an app's own, in a test
 * const { label } = await client.classify("a warm , funny film"); // "positive"
 * const found = await client.answer([{ question: "Who wrote it?", context: "Chekhov wrote it in 1896." }]);
 * found[0].answer; // "Chekhov"
 * for await (const { entities } of client.tag(["Anton Chekhov", "Taganrog"], { stream: true })) console.log(entities);
 */
export function createClient(options: ClientOptions): Client {
  const batch = Math.max(1, Math.floor(options.batch ?? 64) || 1);

  const json = (request: Sent, body?: object): Promise<unknown> =>
    sendJson(options, { ...request, ...(body && { body: JSON.stringify(body) }) });

  /** A route as a method. */
  function method(path: string) {
    return (input: unknown, { signal, timeoutMs, stream, ...others }: Options = {}): unknown => {
      const request = { path, signal, timeoutMs };
      if (isStream(input)) return streamed(request, input, others);
      if (!Array.isArray(input)) return json(request, { ...asInput(input), ...others });
      return stream ? streamed(request, input, others) : all(request, input, others);
    };
  }

  async function all(request: Sent, inputs: readonly unknown[], others: object): Promise<object[]> {
    const answered: object[] = [];
    for await (const part of inParts(inputs, batch)) {
      const { results } = (await json(request, { inputs: part.map(asInput), ...others })) as {
        results: object[];
      };
      for (const result of results) answered.push(expectResult(result, answered.length));
    }
    return answered;
  }

  async function* streamed(request: Sent, inputs: Inputs, others: object): AsyncGenerator<object, void> {
    let answered = 0;
    let sent = 0;
    for await (const part of inParts(inputs, batch)) {
      sent += part.length;
      const body = JSON.stringify({ inputs: part.map(asInput), ...others });
      for await (const line of sendLines(options, { ...request, body })) yield expectResult(line, answered++);
      if (answered < sent) throw new RequestError("server-error", "The answer ended before its time.");
    }
  }

  const plugins = {
    list: async (request?: RequestOptions) =>
      ((await json({ ...request, method: "GET", path: "v1/plugins" })) as { plugins: unknown }).plugins,
    get: (name: string, request?: RequestOptions) => json({ ...request, method: "GET", path: placeOf(name) }),
    run: (name: string, input: unknown, given?: Options) => method(placeOf(name))(input, given),
    install: (name: string, body: BodyInit, request?: RequestOptions) =>
      json({ ...request, method: "PUT", path: placeOf(name), body, type: "application/zip" }),
    activate: (name: string, version: string, request?: RequestOptions) =>
      json({ ...request, method: "PUT", path: `${placeOf(name)}/version` }, { version }),
    remove: (name: string, request?: RequestOptions) =>
      json({ ...request, method: "DELETE", path: placeOf(name) }),
  };
  const ready = (request?: RequestOptions) => json({ ...request, method: "GET", path: "readyz" });
  const tasks = Object.fromEntries(taskNames.map((name) => [name, method(`v1/${name}`)]));
  return { ...tasks, plugins, ready } as unknown as Client; // the service keeps to its schemas
}

type Inputs = readonly unknown[] | AsyncIterable<unknown>;
type Options = Fields & RequestOptions & { readonly stream?: boolean };

function placeOf(plugin: string): string {
  return `v1/plugins/${encodeURIComponent(plugin)}`;
}

/** A text alone is short for { text }. */
function asInput(input: unknown): object {
  return typeof input === "string" ? { text: input } : (input as object);
}

function isStream(input: unknown): input is AsyncIterable<unknown> {
  return typeof input === "object" && input !== null && Symbol.asyncIterator in input;
}
