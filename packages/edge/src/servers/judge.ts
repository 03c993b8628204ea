/**
 * What a failed try says: of the server, for its circuit, and of the request, whether another try may help. Inference
 * changes nothing, so it may be asked for twice; but only what failed soon is, and what is another's to mend.
 */
import { ClozeError } from "@cloze/core";
import type { Outcome } from "./circuit.ts";

/** What is known of a try. */
export interface Try {
  readonly error: unknown;
  /** The server's answer, where one came. */
  readonly response: Pick<Response, "ok" | "status" | "headers"> | undefined;
  /** How long it took. */
  readonly ms: number;
}

/** What follows from it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly again: boolean;
  /** How long the server asks to be left in peace. */
  readonly restMs: number;
}

/** The longest that a server is believed when it says how long to wait. */
const LONGEST_REST_MS = 60_000;

/**
 * Judges a failed try.
 *
 * @param patienceMs A time limit that passes sooner is the client's own choice, and says nothing of the server.
 * @param now What the clock says, for a Retry-After that is a date.
 * @example
 * const error = new ClozeError("server-unavailable", "The queue is full.");
 * const response = new Response("", { status: 503, headers: { "retry-after": "1" } });
 * judge({ error, response, ms: 3 }, 1000, Date.now()); // { outcome: "neither", again: true, restMs: 1000 }
 */
export function judge({ error, response, ms }: Try, patienceMs: number, now: number): Verdict {
  const code = error instanceof ClozeError ? error.code : "internal";
  if (code === "timeout") return verdict(ms >= patienceMs ? "failure" : "neither");
  if (code === "server-error") {
    const refused = response !== undefined && response.status >= 400 && response.status < 500;
    return verdict(refused ? "success" : "failure"); // it refuses: it is well
  }
  if (code !== "server-unavailable") return verdict("neither");
  const { status = 0, headers } = response ?? {};
  const restMs = readRetryAfter(headers?.get("retry-after") ?? "", now);
  // Who is busy and says for how long is not ill: an open circuit would make it idle.
  const busy = status === 429 || (status === 503 && restMs > 0);
  return { outcome: busy ? "neither" : "failure", again: true, restMs };
}

function verdict(outcome: Outcome): Verdict {
  return { outcome, again: false, restMs: 0 };
}

/** Milliseconds that a Retry-After asks for, seconds or a date; 0 where it says nothing. */
function readRetryAfter(value: string, now: number): number {
  const ms = /^\d{1,9}$/.test(value) ? 1000 * Number(value) : Date.parse(value) - now;
  return ms > 0 ? Math.min(ms, LONGEST_REST_MS) : 0;
}
