/** One request of a client and its answer: as a response, as JSON, as lines. What fails is a RequestError. */
import { RequestError } from "./errors.ts";
import type { RequestOptions } from "./types.ts";

/** Where a service is, and how it is asked. */
export interface ClientOptions {
  /** The service's address, such as `https://cloze.example.workers.dev`. */
  readonly url: string;
  /** A key of the service, if it asks for one. */
  readonly key?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a request may take; the service's own limit by default. */
  readonly timeoutMs?: number | undefined;
  /** The most inputs of one request: longer arrays are sent in parts. 64 by default, which a service usually takes. */
  readonly batch?: number | undefined;
  /** In place of the host's `fetch`: a service binding's, for example. */
  readonly fetch?: ((url: string, init: RequestInit) => Response | Promise<Response>) | undefined;
}

/** The longest that a timer waits: beyond it one would ring at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** A request. */
export interface Sent extends RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: BodyInit;
  readonly type?: string;
  readonly accept?: string;
}

/** A problem as the service answers it, and an error as it stands among results. */
interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly message?: string;
  readonly field?: string;
  readonly requestId?: string;
}

/** Sends a request, and reads the JSON of its answer. */
export async function sendJson(client: ClientOptions, request: Sent): Promise<unknown> {
  const { response, failure, end } = await send(client, request);
  try {
    const text = await response.text().catch((cause: unknown) => {
      throw failure(cause);
    });
    return response.status === 204 ? undefined : parse(text, response);
  } finally {
    end();
  }
}

/** Sends a request, and reads the objects of its answer one by one, each from a line of its own. */
export async function* sendLines(
  client: ClientOptions,
  request: Sent,
): AsyncGenerator<object, void, undefined> {
  const { response, failure, end } = await send(client, { ...request, accept: "application/x-ndjson" });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  const read = () =>
    reader.read().catch((cause: unknown) => {
      throw failure(cause);
    });
  try {
    for (;;) {
      const { done, value } = await read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield parse(line, response);
    }
  } finally {
    end();
    reader.cancel().catch(() => {}); // who reads no further wants no more
  }
}

interface Answered {
  readonly response: Response;
  /** What it means that the answer broke off. */
  readonly failure: (cause: unknown) => RequestError;
  /** Stops the clock. */
  readonly end: () => void;
}

async function send(client: ClientOptions, request: Sent): Promise<Answered> {
  const { signal, method = "POST", path, body, type = "application/json", accept } = request;
  const asked = request.timeoutMs ?? client.timeoutMs;
  const timeoutMs = asked === undefined ? undefined : Math.min(Math.max(1, Math.ceil(asked)), LONGEST_MS);
  const base = client.url.endsWith("/") ? client.url : `${client.url}/`;
  const own = Object.entries(client.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const headers = {
    ...(Object.fromEntries(own) as Record<string, string>),
    ...(client.key && { authorization: `Bearer ${client.key}` }),
    ...(timeoutMs !== undefined && { "x-request-timeout": String(timeoutMs) }),
    ...(body !== undefined && { "content-type": type }),
    ...(accept && { accept }),
  };
  // Not AbortSignal.timeout, which lets Node end while somebody waits.
  const late = new AbortController();
  const clock = timeoutMs === undefined ? undefined : setTimeout(() => late.abort(), timeoutMs);
  const end = () => clearTimeout(clock);
  const signals = signal ? [signal, late.signal] : [late.signal];
  const init = { method, headers, ...(body !== undefined && { body }), signal: AbortSignal.any(signals) };

  const failure = (cause: unknown): RequestError => {
    if (signal?.aborted) return new RequestError("aborted", "The request was aborted.", { cause });
    if (late.signal.aborted)
      return new RequestError("timeout", `There was no answer within ${timeoutMs} ms.`, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    return new RequestError("server-unavailable", `${base} cannot be reached, or broke off: ${why}.`, {
      cause,
    });
  };
  let response: Response;
  let told: string;
  try {
    response = await (client.fetch ?? fetch)(new URL(path, base).href, init);
    if (response.ok) return { response, failure, end };
    told = await response.text();
    end();
  } catch (cause) {
    end();
    throw failure(cause);
  }
  throw refused(response, parse(told, response));
}

/** A result, or what failed: for it, or (then it has a requestId) for the whole request. */
export function expectResult<O extends object>(result: O | { readonly error: Problem }, index: number): O {
  if (!("error" in result)) return result;
  const { code = "internal", message = "", ...others } = result.error;
  const at = others.requestId === undefined ? { index } : {};
  throw new RequestError(code, message, { ...others, ...at, status: 200 });
}

function refused({ status, headers }: Response, problem: Problem): RequestError {
  const wait = headers.get("retry-after");
  return new RequestError(
    problem.code ?? "server-error",
    problem.detail ?? `The answer has the status ${status}, and is none of this service's.`,
    {
      status,
      field: problem.field,
      requestId: problem.requestId ?? headers.get("x-request-id") ?? undefined,
      retryAfter: wait !== null && /^\d+$/.test(wait) ? Number(wait) : undefined, // or a date, of somebody else's
    },
  );
}

/** An object of this service's; what is none was answered by somebody else. */
function parse(text: string, response: Response): object {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json;
  } catch {
    // Not JSON.
  }
  throw refused(response, {});
}
