import { expect, test } from "vitest";
import type { Device, SessionWorker, Start } from "./protocol.ts";
import { WebSession } from "./session.ts";
import type { WebSessionParts } from "./session.ts";

/** A worker that answers nothing by itself. */
class Silent implements SessionWorker {
  ended = false;
  readonly told: unknown[] = [];
  onmessage: SessionWorker["onmessage"] = null;
  onerror: SessionWorker["onerror"] = null;
  postMessage(message: unknown): void {
    this.told.push(message);
  }
  terminate(): void {
    this.ended = true;
  }
  say(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent);
  }
}

const start: Start = {
  device: "wasm",
  threads: 1,
  model: new Uint8Array(),
  weights: [],
  heads: [],
  runtime: {},
};

function partsOf(worker: SessionWorker, others: Partial<WebSessionParts> = {}): WebSessionParts {
  return {
    device: "wasm",
    outputs: ["pooler_output"],
    maxLength: 128,
    start: async () => start,
    ownsWeights: false,
    worker: () => worker,
    ...others,
  };
}
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

test("who gives up while a session opens leaves no worker behind", async () => {
  const worker = new Silent();
  const stop = new AbortController();
  const opening = WebSession.create(partsOf(worker), stop.signal);
  await soon();
  expect(worker.told).toEqual([start]);
  stop.abort();
  await expect(opening).rejects.toThrow(code("aborted"));
  expect(worker.ended).toBe(true);
});

test("who gives up before the model is there starts no worker", async () => {
  const worker = new Silent();
  const stop = new AbortController();
  const parts = partsOf(worker, { start: () => soon().then(() => start) });
  const opening = WebSession.create(parts, stop.signal);
  stop.abort();
  await expect(opening).rejects.toThrow(code("aborted"));
  expect(worker.told).toEqual([]);
});

test("giving up later touches no session that is open", async () => {
  const worker = new Silent();
  const stop = new AbortController();
  const opening = WebSession.create(partsOf(worker), stop.signal);
  await soon();
  worker.say({ outputs: {} });
  await using session = await opening;
  stop.abort();
  expect(session.outputs).toEqual(["pooler_output"]);
  expect(worker.ended).toBe(false);
});

async function lengths(device: Device): Promise<number[]> {
  const worker = new Silent();
  const opening = WebSession.create(partsOf(worker, { device, maxLength: 600 }));
  await soon();
  worker.say({ outputs: {} });
  await using session = await opening;
  return [9, 70, 513, 599].map((length) => session.paddedLength(length));
}

test("on WebGPU rows have the lengths that travel on the wire, and in WebAssembly any multiple of 8", async () => {
  expect(await lengths("webgpu")).toEqual([16, 96, 576, 600]);
  expect(await lengths("wasm")).toEqual([16, 72, 520, 600]);
});
