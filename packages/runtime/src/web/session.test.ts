import type { Feeds, FloatTensor } from "@cloze/core";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Device, SessionWorker, Start } from "./protocol.ts";
import { WebSession } from "./session.ts";
import type { Place, WebSessionParts } from "./session.ts";

afterEach(() => vi.unstubAllGlobals());

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
  widened: [],
  heads: [],
  runtime: {},
};

const placeOn = (device: Device): Place => ({ device, precision: "fp32", start: async () => start });

function partsOf(worker: SessionWorker, others: Partial<WebSessionParts> = {}): WebSessionParts {
  return {
    outputs: ["pooler_output"],
    maxLength: 128,
    place: placeOn("wasm"),
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
  const place: Place = { ...placeOn("wasm"), start: () => soon().then(() => start) };
  const parts = partsOf(worker, { place });
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
  const opening = WebSession.create(partsOf(worker, { place: placeOn(device), maxLength: 600 }));
  await soon();
  worker.say({ outputs: {} });
  await using session = await opening;
  return [9, 70, 513, 599].map((length) => session.paddedLength(length));
}

test("on WebGPU rows have the lengths that travel on the wire, and in WebAssembly any multiple of 8", async () => {
  expect(await lengths("webgpu")).toEqual([16, 96, 576, 600]);
  expect(await lengths("wasm")).toEqual([16, 72, 520, 600]);
});

/** Workers that open at once, and answer when they are told to. */
function stand(others: Partial<WebSessionParts> = {}) {
  const workers: Silent[] = [];
  const parts = partsOf(new Silent(), {
    ...others,
    worker: () => {
      const worker = new Silent();
      workers.push(worker);
      void soon().then(() => worker.say({ outputs: {} }));
      return worker;
    },
  });
  /** What the last worker is asked, by the first id of its text. */
  const asked = () =>
    workers
      .at(-1)!
      .told.slice(1)
      .map((told) => (told as { feeds: Feeds }).feeds.input_ids.data[0]);
  return { workers, asked, opened: WebSession.create(parts) };
}

const feedsOf = (id: number): Feeds => ({
  input_ids: { type: "int32", dims: [1, 1], data: Int32Array.of(id) },
});
const run = (session: WebSession, id: number, signal?: AbortSignal) =>
  session.run(feedsOf(id), ["pooler_output"], signal && { signal });
const answer = (value: number) => ({
  outputs: {
    pooler_output: { type: "float32", dims: [1], data: Float32Array.of(value) } satisfies FloatTensor,
  },
});

describe("a call that is given up", () => {
  test("while it runs ends its worker, and the others are answered by the next", async () => {
    const { workers, asked, opened } = stand();
    await using session = await opened;
    const stop = new AbortController();
    const first = run(session, 1, stop.signal);
    const others = [run(session, 2), run(session, 3)];
    stop.abort();
    await expect(first).rejects.toThrow(code("aborted"));
    expect(workers[0].ended).toBe(false); // it may still be done in time
    await vi.waitFor(() => expect(workers).toHaveLength(2));
    expect(workers[0].ended).toBe(true);
    for (const value of [2, 3]) {
      await vi.waitFor(() => expect(asked().at(-1)).toBe(value));
      workers[1].say(answer(value));
    }
    expect(await Promise.all(others)).toEqual([answer(2).outputs, answer(3).outputs]);
  });

  test("while it runs, and is done soon, costs no worker", async () => {
    const { workers, asked, opened } = stand();
    await using session = await opened;
    const stop = new AbortController();
    const first = run(session, 1, stop.signal);
    const second = run(session, 2);
    stop.abort();
    await expect(first).rejects.toThrow(code("aborted"));
    workers[0].say(answer(1));
    await vi.waitFor(() => expect(asked()).toEqual([1, 2]));
    workers[0].say(answer(2));
    expect(await second).toEqual(answer(2).outputs);
    expect(workers).toHaveLength(1);
  });

  test("while it waits is never sent", async () => {
    const { workers, asked, opened } = stand();
    await using session = await opened;
    const stop = new AbortController();
    const first = run(session, 1);
    const second = run(session, 2, stop.signal);
    const third = run(session, 3);
    stop.abort();
    await expect(second).rejects.toThrow(code("aborted"));
    workers[0].say(answer(1));
    await first;
    await vi.waitFor(() => expect(asked()).toEqual([1, 3]));
    workers[0].say(answer(3));
    await third;
  });

  test("is no lost device, and where nobody waits no worker is started for nobody", async () => {
    const { workers, asked, opened } = stand({ place: placeOn("webgpu") });
    await using session = await opened;
    for (const id of [1, 2, 3]) {
      const stop = new AbortController();
      const running = run(session, id, stop.signal);
      await vi.waitFor(() => expect(asked()).toEqual([id]));
      stop.abort();
      await expect(running).rejects.toThrow(code("aborted"));
      await vi.waitFor(() => expect(workers.at(-1)!.ended).toBe(true));
      expect(workers).toHaveLength(id);
    }
    expect(session.device).toBe("webgpu");
  });
});

test("a session that is closed while it waits for its turn lets the next have it", async () => {
  const turns: (() => void)[] = [];
  let done = false;
  const request = async (_: string, __: object, work: () => Promise<unknown>) => {
    await new Promise<void>((resolve) => turns.push(resolve));
    await work().finally(() => (done = true));
  };
  vi.stubGlobal("navigator", { locks: { request } });
  const { opened } = stand({ place: placeOn("webgpu") });
  const session = await opened;
  const waiting = run(session, 1);
  await session[Symbol.asyncDispose]();
  await expect(waiting).rejects.toThrow(code("disposed"));
  turns[0]();
  await vi.waitFor(() => expect(done).toBe(true));
});

test("a worker that cannot be given the model does not stay, and the next is asked instead", async () => {
  const { workers, asked, opened } = stand();
  await using session = await opened;
  const stop = new AbortController();
  const first = run(session, 1, stop.signal);
  stop.abort();
  await expect(first).rejects.toThrow(code("aborted"));
  await vi.waitFor(() => expect(workers[0].ended).toBe(true));
  const full = vi.spyOn(Silent.prototype, "postMessage").mockImplementationOnce(() => {
    throw new DOMException("Data cannot be cloned, out of memory.", "DataCloneError");
  });
  await expect(run(session, 2)).rejects.toThrow(code("unsupported"));
  full.mockRestore();
  expect(workers[1].ended).toBe(true);
  const third = run(session, 3);
  await vi.waitFor(() => expect(workers).toHaveLength(3));
  await vi.waitFor(() => expect(asked()).toEqual([3]));
  workers[2].say(answer(3));
  expect(await third).toEqual(answer(3).outputs);
});

test("what a worker fails with after its end is nothing to the next", async () => {
  const { workers, opened } = stand();
  await using session = await opened;
  const stop = new AbortController();
  const first = run(session, 1, stop.signal);
  const second = run(session, 2);
  stop.abort();
  await expect(first).rejects.toThrow(code("aborted"));
  await vi.waitFor(() => expect(workers).toHaveLength(2));
  workers[0].onerror?.({ message: "too late" } as ErrorEvent);
  await vi.waitFor(() => expect(workers[1].told).toHaveLength(2));
  workers[1].say(answer(2));
  expect(await second).toEqual(answer(2).outputs);
});

describe("a session is idle", () => {
  test("once nobody has asked for half a second, however short what was asked", async () => {
    const { workers, asked, opened } = stand();
    await using session = await opened;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let idle = false;
    void session.idle().then(() => (idle = true));
    for (const id of [1, 2, 3]) {
      const running = run(session, id);
      await vi.advanceTimersByTimeAsync(1);
      expect(asked().at(-1)).toBe(id);
      workers[0].say(answer(id));
      await running;
      await vi.advanceTimersByTimeAsync(400);
      expect(idle).toBe(false);
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(idle).toBe(true);
  });

  test("that is closed", async () => {
    const { opened } = stand();
    const session = await opened;
    await session[Symbol.asyncDispose]();
    await session.idle();
  });
});

test("a session in WebAssembly has no WebAssembly to give way to", async () => {
  const onFallback = vi.fn();
  const replies = [{ outputs: {} }, { error: { code: "unsupported", message: "no memory" } }];
  let started = 0;
  const worker = () => {
    const silent = new Silent();
    void soon().then(() => silent.say(replies[Math.min(started++, 1)]));
    return silent;
  };
  const parts = partsOf(new Silent(), { worker, fallback: placeOn("wasm"), onFallback });
  await using session = await WebSession.create(parts);
  const stop = new AbortController();
  const running = run(session, 1, stop.signal);
  const next = run(session, 2);
  stop.abort();
  await expect(running).rejects.toThrow(code("aborted"));
  await expect(next).rejects.toThrow(code("unsupported"));
  expect(started).toBe(2);
  expect(onFallback).not.toHaveBeenCalled();
});

describe("a device that is lost", () => {
  const lost = { lost: "gone" };

  test("is replaced, and what was asked is asked again", async () => {
    const { workers, asked, opened } = stand({ place: placeOn("webgpu") });
    await using session = await opened;
    for (const time of [1, 2]) {
      const both = [run(session, 1), run(session, 2)];
      await vi.waitFor(() => expect(asked().at(-1)).toBe(1));
      workers.at(-1)!.say(lost);
      await vi.waitFor(() => expect(workers).toHaveLength(1 + time));
      await vi.waitFor(() => expect(asked()).toEqual([1]));
      workers.at(-1)!.say(answer(1));
      await vi.waitFor(() => expect(asked()).toEqual([1, 2]));
      workers.at(-1)!.say(answer(2));
      expect(await Promise.all(both)).toEqual([answer(1).outputs, answer(2).outputs]);
      expect(workers).toHaveLength(1 + time);
    }
  });

  test("twice in a row gives way to the fallback, which is told why", async () => {
    const why: string[] = [];
    const { workers, asked, opened } = stand({
      place: placeOn("webgpu"),
      fallback: placeOn("wasm"),
      onFallback: ({ message }) => why.push(message),
    });
    await using session = await opened;
    const first = run(session, 1);
    for (const count of [1, 2]) {
      await vi.waitFor(() => expect(workers).toHaveLength(count));
      await vi.waitFor(() => expect(asked()).toEqual([1]));
      workers.at(-1)!.say(lost);
    }
    await vi.waitFor(() => expect(workers).toHaveLength(3));
    expect(session.device).toBe("wasm");
    expect(why).toEqual([expect.stringMatching(/lost twice in a row \(gone\)/)]);
    await vi.waitFor(() => expect(asked()).toEqual([1]));
    workers[2].say(answer(1));
    expect(await first).toEqual(answer(1).outputs);
  });

  test("twice in a row is the end where there is no fallback", async () => {
    const { workers, asked, opened } = stand({ place: placeOn("webgpu") });
    await using session = await opened;
    const both = [run(session, 1), run(session, 2)].map((each) =>
      expect(each).rejects.toThrow(code("unsupported")),
    );
    for (const count of [1, 2]) {
      await vi.waitFor(() => expect(workers).toHaveLength(count));
      await vi.waitFor(() => expect(asked()).toEqual([1]));
      workers.at(-1)!.say(lost);
    }
    await Promise.all(both);
    await expect(run(session, 3)).rejects.toThrow(code("unsupported"));
  });
});
