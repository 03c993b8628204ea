/**
 * Errors as HTTP: one table from codes to statuses, and `application/problem+json` (RFC 9457) for all of them.
 *
 * What is wrong with HTTP itself (no such route, a body too large) is thrown as Hono's HTTPException, all else as
 * ClozeError. What is the Worker's own fault is logged, and told to nobody else.
 */
import { ClozeError } from "@cloze/core";
import type { ErrorCode } from "@cloze/core";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
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
  "invalid-plugin": 500,
  "encoder-mismatch": 500,
  disposed: 500,
  "port-in-use": 500,
  diverged: 500,
  internal: 500,
};

const httpCodes: Readonly<Record<number, string>> = {
  400: "malformed",
  404: "not-found",
  405: "method-not-allowed",
  413: "too-large",
  415: "unsupported-media-type",
};

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  499: "Client Closed Request",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The answer to a request that failed. */
export function problem(error: unknown, c: Context<EdgeEnv>): Response {
  const requestId = c.get("requestId");
  const { status, code, detail, field } = describe(error);
  if (status >= 500)
    console.error(JSON.stringify({ requestId, status, code, error: log(error, status === 500) }));
  const headers = new Headers(c.res.headers);
  headers.set("content-type", "application/problem+json");
  if (status === 503) headers.set("retry-after", "2");
  return new Response(
    JSON.stringify({ type: "about:blank", title: titles[status], status, code, detail, field, requestId }),
    { status, headers },
  );
}

function describe(error: unknown): {
  status: number;
  code: string;
  detail: string;
  field?: string | undefined;
} {
  if (error instanceof HTTPException)
    return { status: error.status, code: httpCodes[error.status] ?? "malformed", detail: error.message };
  const status = error instanceof ClozeError ? statuses[error.code] : 500;
  if (!(error instanceof ClozeError) || status === 500)
    return {
      status: 500,
      code: "internal",
      detail: "This is a fault of the service, not of the request: report it with the requestId.",
    };
  return { status, code: error.code, detail: error.message, field: error.field };
}

/** Whether an error is one input's own, so that the inputs beside it can still be answered. */
export function isInputError(error: unknown): error is ClozeError {
  return (
    error instanceof ClozeError &&
    (error.code === "invalid-input" || error.code === "invalid-option") &&
    error.field !== "plugin"
  );
}

/** An error and its causes; where they arose, if that is the question. */
function log(error: unknown, stack: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const said = String(stack ? error.stack : error);
  return error.cause === undefined ? said : `${said}, caused by ${log(error.cause, stack)}`;
}
