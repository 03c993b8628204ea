import { ClozeError } from "@cloze/core";
import type { ErrorCode } from "@cloze/core";
import { describe, expect, it } from "vitest";
import { judge } from "./judge.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function verdict(code: ErrorCode, status?: number, retryAfter?: string, ms = 50) {
  const headers = retryAfter === undefined ? undefined : { "retry-after": retryAfter };
  const response =
    status === undefined ? undefined : new Response("", { status, ...(headers && { headers }) });
  return judge({ error: new ClozeError(code, "No."), response, ms }, 100, NOW);
}

describe("a try that failed", () => {
  it.each([
    ["no connection", verdict("server-unavailable")],
    ["a connection that broke in the middle of the answer", verdict("server-unavailable", 200)],
    ["status 502", verdict("server-unavailable", 502)],
    ["status 503", verdict("server-unavailable", 503)],
    ["status 521 of Cloudflare", verdict("server-unavailable", 521)],
  ])("by %s counts, and another may help", (_, said) => {
    expect(said).toEqual({ outcome: "failure", again: true, restMs: 0 });
  });

  it.each([
    ["status 500", verdict("server-error", 500)],
    ["nonsense", verdict("server-error", 200)],
    ["a redirect", verdict("server-error", 307)],
    ["a time limit that was long enough", verdict("timeout", undefined, undefined, 100)],
    ["status 504 after as long", verdict("timeout", 504, undefined, 100)],
  ])("by %s counts, and is not tried again", (_, said) => {
    expect(said).toEqual({ outcome: "failure", again: false, restMs: 0 });
  });

  it.each([
    ["a time limit of the client's own choice", verdict("timeout", undefined, undefined, 99)],
    ["a client that left", verdict("aborted")],
    ["a fault of ours", judge({ error: new TypeError(), response: undefined, ms: 1 }, 100, NOW)],
  ])("by %s says nothing of the server", (_, said) => {
    expect(said).toEqual({ outcome: "neither", again: false, restMs: 0 });
  });

  it("by a refusal shows that the server is well", () => {
    expect(verdict("server-error", 400)).toEqual({ outcome: "success", again: false, restMs: 0 });
  });

  it.each([
    [429, "2", 2000],
    [503, "2", 2000],
    [503, "Thu, 01 Jan 2026 00:00:03 GMT", 3000],
    [503, "999999", 60_000],
  ])("by status %d with Retry-After: %s is a server that is busy, not ill", (status, retryAfter, restMs) => {
    expect(verdict("server-unavailable", status, retryAfter)).toEqual({
      outcome: "neither",
      again: true,
      restMs,
    });
  });

  it.each(["0", "soon", "-1", "Thu, 01 Jan 2025 00:00:00 GMT"])(
    "with Retry-After: %s is one that says nothing",
    (retryAfter) => {
      expect(verdict("server-unavailable", 503, retryAfter)).toMatchObject({ outcome: "failure", restMs: 0 });
    },
  );
});
