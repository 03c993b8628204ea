/** The Worker before an inference server that answers by rule, for all tests of a file; and what they ask it. */
import { afterAll, beforeAll } from "vitest";
import { startFakeServer } from "./fake-starter.ts";
import { startWorker } from "./worker.ts";
import type { Answer, Worker } from "./worker.ts";

interface Stand {
  server: Awaited<ReturnType<typeof startFakeServer>>;
  worker: Worker;
}

/** Starts both before the file's first test and ends them after its last; they are there in the tests. */
export function useStand(): Stand {
  const stand = {} as Stand;
  beforeAll(async () => {
    stand.server = await startFakeServer();
    stand.worker = await startWorker(stand.server.url);
  });
  afterAll(async () => {
    await stand.worker[Symbol.asyncDispose]();
    await stand.server.close();
  });
  return stand;
}

export const question = "Who wrote it?";
export const context = "The play was written by Anton Chekhov in 1896.";
export const refusal = ({ status, body }: Answer) => [status, body.code, body.field, body.detail];
