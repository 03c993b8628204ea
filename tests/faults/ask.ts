/** Asks a Worker under a time limit, and looks at what it says of its servers. */
import { expect } from "vitest";
import type { Worker } from "../edge/worker.ts";

/** How much later than its time limit an answer may be: the machines that test are slow and shared. */
const MARGIN_MS = 1500;

/** At once: without asking a server. */
export const AT_ONCE_MS = 500;

/** How long a server that is back may be kept waiting: its circuit is open for two seconds, then one request finds out. */
export const RECOVERY_MS = 2000 + MARGIN_MS;

export interface Told {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly ms: number;
}

/**
 * Asks for a label, or a list of them, within so many milliseconds. Whatever becomes of it, there is an answer in time, and it is right or
 * says in all clarity what is wrong.
 */
export async function ask(worker: Worker, timeoutMs: number, inputs?: number): Promise<Told> {
  const text = "a warm film ".repeat(inputs === undefined ? 1 : 30); // of a list each run holds a part
  const start = performance.now();
  const { status, headers, body } = await worker.post(
    "/v1/classify",
    inputs === undefined ? { text } : { inputs: Array.from({ length: inputs }, () => ({ text })) },
    { "x-request-timeout": String(timeoutMs) },
  );
  const ms = performance.now() - start;
  expect(ms).toBeLessThan(timeoutMs + MARGIN_MS);
  if (status === 200)
    for (const { label } of inputs === undefined ? [body] : body.results) expect(label).toBe("positive");
  else {
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      status,
      code: expect.any(String) as string,
      requestId: headers.get("x-request-id"),
    });
    expect(body.detail).not.toContain("127.0.0.1");
  }
  return { status, code: status === 200 ? undefined : body.code, retryAfter: headers.get("retry-after"), ms };
}

/** Asks many times at once. */
export function askMany(worker: Worker, count: number, timeoutMs: number): Promise<Told[]> {
  return Promise.all(Array.from({ length: count }, () => ask(worker, timeoutMs)));
}

export const statusesOf = (told: readonly Told[]): number[] => [...new Set(told.map(({ status }) => status))];

/** What the Worker's metrics say of a server. */
export async function metricOf(worker: Worker, name: string, server: string): Promise<number> {
  const { text } = await worker.send("/metrics");
  const { host } = new URL(server);
  const line = text
    .split("\n")
    .find((one) => one.startsWith(`cloze_edge_${name}{`) && one.includes(`"${host}"`));
  return Number(line?.split(" ").at(-1));
}

const circuits = ["closed", "half-open", "open"];

export const circuitOf = async (worker: Worker, server: string): Promise<string> =>
  circuits[await metricOf(worker, "circuit_state", server)];

/** Asks until there is an answer again, and returns how many milliseconds that took. */
export async function recovery(worker: Worker): Promise<number> {
  const start = performance.now();
  while ((await ask(worker, 1500)).status !== 200) {
    if (performance.now() - start > RECOVERY_MS) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - start;
}
