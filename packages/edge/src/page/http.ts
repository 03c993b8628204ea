/** The Worker that served the page, over HTTP: one answer, or a stream of them, a line each. */
import { acceptOf, bodyOf, Failure, pathOf } from "./engine.ts";
import type { Engine, Json, Question } from "./engine.ts";

const KEY = "cloze-key";

let key = quietly(() => sessionStorage.getItem(KEY)) ?? "";

/** The key that the service asked for, kept until this tab is closed and no longer. */
export const apiKey = {
  get: () => key,
  set(given: string): void {
    key = given;
    quietly(() => sessionStorage.setItem(KEY, given));
  },
};

/** Some browsers are told to keep nothing, and throw at the mere name. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** @param limit The most inputs that a request may have: more are sent in several, one after the other. */
export function httpEngine(limit: number): Engine {
  return {
    async ask(question, signal) {
      const start = performance.now();
      const response = await post(question, signal);
      const answer = (await response.json()) as Json;
      return {
        answers: question.inputs.length === 1 ? [answer] : (answer.results as unknown[]),
        timing: describeTiming(response.headers.get("server-timing"), performance.now() - start),
      };
    },
    async *stream(question, signal) {
      for (let at = 0; at < question.inputs.length; at += limit) {
        const inputs = question.inputs.slice(at, at + limit);
        const response = await post({ ...question, inputs }, signal);
        let answered = 0;
        for await (const line of readLines(response.body!)) {
          const answer = JSON.parse(line) as { error?: { message: string; requestId?: string } };
          if (answer.error?.requestId) throw new Failure(answer.error.message, answer.error); // the service's, and the last
          answered++;
          yield answer;
        }
        if (answered < inputs.length) throw new Failure("The answers broke off: try again.");
      }
    },
  };
}

/** @throws Failure with the service's own sentence, where it gave one. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (apiKey.get() !== "") headers.set("authorization", `Bearer ${apiKey.get()}`);
  const response = await fetch(path, { ...init, headers }).catch(() => {
    throw new Failure("The service cannot be reached: try again.");
  });
  if (response.ok) return response;
  const { status } = response;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; requestId?: string };
  throw new Failure(problem.detail ?? `The service answered ${status}, and not why.`, { ...problem, status });
}

function post(question: Question, signal: AbortSignal): Promise<Response> {
  return request(pathOf(question), {
    method: "POST",
    headers: { "content-type": "application/json", accept: acceptOf(question) },
    body: JSON.stringify(bodyOf(question)),
    signal,
  });
}

/** The lines of a stream, as they come. */
export async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = stream.getReader(); // Safari's streams are not iterable
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new Failure("The connection broke off: try again.");
      });
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : lines.pop()!;
      yield* lines.filter((line) => line !== "");
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {}); // it may have failed, which was told
  }
}

function describeTiming(header: string | null, total: number): string {
  const parts = [...(header ?? "").matchAll(/(\w+);dur=([\d.]+)/g)].filter(([, name]) => name !== "total");
  return [`${total.toFixed(0)} ms`, ...parts.map(([, name, ms]) => `${name} ${ms}`)].join(" · ");
}
