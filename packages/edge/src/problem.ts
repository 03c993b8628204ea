/**
 * Errors as HTTP: one table from codes to statuses, and `application/problem+json` (RFC 9457) for all of them.
 *
 * What is wrong with HTTP itself (no such route, a body too large) is thrown as a Refusal, all else as ClozeError.
 * What is the Worker's own fault is logged, and told to nobody else.
 */
import { ClozeError } from "@cloze/core";
import type { ErrorCode } from "@cloze/core";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { EdgeEnv } from "./env.ts";

const statuses: Readonly<Record<ErrorCode, number>> = {
  "invalid-input": 422,
  "invalid-option": 422,
  unsupported: 422,
  "not-found": 404,
  "server-error": 502,
  "server-unavailable": 503,
  timeout: 504,
  aborted: 499, // nginx's, for a client that left: nobody reads it
  "invalid-vocabulary": 500,
  "invalid-model": 500,
  "invalid-plugin": 422,
  "encoder-mismatch": 422,
  disposed: 500,
  "port-in-use": 500,
  diverged: 500,
  internal: 500,
};

/** What HTTP itself refuses, by status: the stable code. */
const refusals = {
  400: "malformed",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  405: "method-not-allowed",
  413: "too-large",
  415: "unsupported-media-type",
  422: "invalid-input",
  429: "rate-limited",
} as const;

/** Every status that a problem has, with its title. */
const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  499: "Client Closed Request",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A problem as it is answered. */
export const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("Stable: a program may branch on it."),
    detail: z.string().describe("A sentence that says what is wrong and what to do."),
    field: z.string().optional().describe("The field at fault, such as inputs[3].text."),
    requestId: z.string(),
    error: z.unknown().optional().describe("The same as clients of Hugging Face and of OpenAI look for it."),
  })
  .describe("RFC 9457");

/** A request that is refused for what is wrong with it as a request. */
export class Refusal extends Error {
  readonly status: keyof typeof refusals;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: keyof typeof refusals,
    message: string,
    details: { cause?: unknown; field?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.field = details.field;
    this.headers = details.headers ?? {};
  }
}

/** What is said of an error to whoever asked. */
export interface Told {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly field?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request that failed. */
export function problem(cause: unknown, c: Context<EdgeEnv>): Response {
  const requestId = c.get("requestId");
  const { status, headers: own = {}, ...told } = tell(cause, requestId);
  const error = errorFor(c.get("route") ?? c.req.path, status, told);
  const headers = new Headers(c.res.headers);
  headers.set("content-type", "application/problem+json");
  headers.set("cache-control", "no-store");
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  return new Response(
    JSON.stringify({ type: "about:blank", title: titles[status], status, ...told, requestId, error }),
    { status, headers },
  );
}

/** What the clients of others print of a problem, each where it looks; wherever the app is mounted. */
function errorFor(route: string, status: number, { code, detail, field }: Omit<Told, "status">): unknown {
  if (route.startsWith("/hf/")) return detail;
  if (route !== "/v1/embeddings") return undefined;
  const type = status < 500 ? "invalid_request_error" : "server_error";
  return { message: detail, type, code, param: field ?? null };
}

/** Says what whoever asked may know of an error; what is the service's own fault is logged whole. */
export function tell(error: unknown, requestId: string): Told {
  const told = describe(error);
  if (told.status >= 500)
    console.error(
      JSON.stringify({
        requestId,
        status: told.status,
        code: told.code,
        error: log(error, told.status === 500),
      }),
    );
  return told;
}

function describe(error: unknown): Told {
  if (error instanceof Refusal)
    return {
      status: error.status,
      code: refusals[error.status],
      detail: error.message,
      field: error.field,
      headers: error.headers,
    };
  if (error instanceof HTTPException && error.status < 500)
    return { status: error.status, code: "malformed", detail: error.message };
  const status = error instanceof ClozeError ? statuses[error.code] : 500;
  if (!(error instanceof ClozeError) || status === 500)
    return {
      status: 500,
      code: "internal",
      detail: "This is a fault of the service, not of the request: report it with the requestId.",
    };
  const headers = status === 503 ? { headers: { "retry-after": String(retryAfter(error)) } } : {};
  return { status, code: error.code, detail: error.message, field: error.field, ...headers };
}

/** Seconds after which to try again: what the error says, else two. */
function retryAfter(error: ClozeError): number {
  return "retryAfterSeconds" in error && typeof error.retryAfterSeconds === "number"
    ? Math.max(1, Math.ceil(error.retryAfterSeconds))
    : 2;
}

/** An error and its causes; where they arose, if that is the question. */
function log(error: unknown, stack: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const said = String(stack ? error.stack : error);
  return error.cause === undefined ? said : `${said}, caused by ${log(error.cause, stack)}`;
}
