/**
 * Statements about the client that hold in every host that has `fetch`: bundled once, and run in each of
 * `portable/hosts.ts`. The service is a function that answers as one would.
 */
import { createClient, RequestError } from "@cloze/edge/client";
import { equal } from "../portable/assert.ts";
import type { Checks } from "../portable/assert.ts";
import { makeChecks } from "../portable/make-checks.ts";

const url = "https://cloze.example.com";
const label = (text: string) => ({ label: text.includes("warm") ? "positive" : "negative" });

interface Sent {
  readonly text: string;
  readonly inputs: readonly { readonly text: string }[];
}

/** A client of a service that classifies by one word. */
const client = createClient({
  url,
  batch: 2,
  fetch(_, { body, headers }) {
    const { text, inputs } = JSON.parse(body as string) as Sent;
    if (inputs === undefined) return Response.json(label(text));
    const results = inputs.map((input) => label(input.text));
    if (!("accept" in headers!)) return Response.json({ results });
    const bytes = new TextEncoder().encode(results.map((one) => `${JSON.stringify(one)}\n`).join(""));
    return new Response(
      new ReadableStream({
        start(controller) {
          for (const half of [bytes.subarray(0, 9), bytes.subarray(9)]) controller.enqueue(half);
          controller.close();
        },
      }),
    );
  },
});

/** What an attempt is refused with. */
async function codeOf(attempt: Promise<unknown>): Promise<unknown> {
  try {
    return await attempt;
  } catch (error) {
    return error instanceof RequestError ? error.code : error;
  }
}

/** Waits until it is told to stop, as `fetch` does. */
const never = (_: string, { signal }: RequestInit) =>
  new Promise<Response>((_resolve, reject) => {
    const stop = () => reject(new Error("stopped"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });

export const checks: Checks = {
  "one input gives a result, and an array an array": async () => {
    equal((await client.classify("a warm film")).label, "positive");
    const results = await client.classify(["a warm film", { text: "a dull film" }, "warm"]);
    equal(
      results.map((result) => result.label),
      ["positive", "negative", "positive"],
    );
  },

  "results come one by one, from lines that came in pieces": async () => {
    const found: unknown[] = [];
    for await (const result of client.classify(["warm", "dull", "warm"], { stream: true }))
      found.push(result.label);
    equal(found, ["positive", "negative", "positive"]);
  },

  "a stream that fails on its way, or ends before its time, is an error of the whole": async () => {
    const error = { code: "server-unavailable", message: "It is down.", requestId: "1" };
    for (const [line, code] of [
      [`${JSON.stringify({ error })}\n`, "server-unavailable"],
      ["", "server-error"],
    ]) {
      const failing = createClient({ url, fetch: () => new Response(`{"label":"positive"}\n${line}`) });
      const stream = failing.classify(["warm", "warm"], { stream: true });
      equal((await stream.next()).done, false);
      try {
        await stream.next();
        throw new Error("it does not fail");
      } catch (cause) {
        equal([(cause as RequestError).code, (cause as RequestError).index], [code, undefined]);
      }
    }
  },

  "it stops when it is told, and after its time": async () => {
    const waiting = createClient({ url, fetch: never });
    equal(await codeOf(waiting.classify("a", { timeoutMs: 20 })), "timeout");
    const stop = new AbortController();
    const asked = codeOf(waiting.classify("a", { signal: stop.signal }));
    stop.abort();
    equal(await asked, "aborted");
  },

  "a problem is an error with its code and its field": async () => {
    const problem = { code: "invalid-input", detail: "text should be a text.", field: "text" };
    const refusing = createClient({ url, fetch: () => Response.json(problem, { status: 422 }) });
    try {
      await refusing.classify("a");
    } catch (error) {
      const { code, status, field, message } = error as RequestError;
      equal([code, status, field, message], ["invalid-input", 422, "text", "text should be a text."]);
      return;
    }
    throw new Error("it is not refused");
  },
};

export const run = () => makeChecks(checks);
