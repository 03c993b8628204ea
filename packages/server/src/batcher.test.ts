import type { Feeds } from "@cloze/core";
import { getEventListeners } from "node:events";
import { wireLength } from "@cloze/runtime/remote";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Batcher } from "./batcher.ts";
import type { BatcherOptions, Run } from "./batcher.ts";
import { Device } from "./device.ts";
import { fakeJob as job, FakeSession, fakeShapes } from "./fake-session.ts";

const options = { maxRows: 8, maxTokens: 1024, maxLength: 512, shapes: fakeShapes };

function setUp(over: Partial<BatcherOptions & { delayMs: number; queueLimit: number }> = {}) {
  const session = new FakeSession();
  const device = new Device({ delayMs: 2, queueLimit: 16, ...over });
  const runs: Run[] = [];
  const onRun = (run: Run) => runs.push(run);
  return { session, device, runs, batcher: new Batcher(session, device, { ...options, onRun, ...over }) };
}

const at = (...data: number[]) => ({ count: data.length, data: Int32Array.from(data) });
const ticks = (ms = 10) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the batcher", () => {
  it("answers everybody where a session leaves out an output", async () => {
    const { session, batcher } = setUp();
    session.run = async () => ({});
    const both = [batcher.submit(job(1)), batcher.submit(job(2))];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("runs requests of one bucket together, padded to it, and gives each its own rows", async () => {
    const { session, batcher } = setUp();
    const [a, b, c] = await Promise.all([
      batcher.submit(job(1, { length: 4, outputs: ["label", "tokens"] })),
      batcher.submit(job(2, { rows: 2, length: 10 })),
      batcher.submit(job(3, { length: 16, outputs: ["tokens"] })),
    ]);
    expect(session.runs).toEqual([{ dims: [4, 16], outputs: ["label", "tokens"] }]);
    expect(a.outputs.get("label")).toEqual({ type: "float32", dims: [1, 2], data: Float32Array.of(4, 4) });
    expect(a.outputs.get("tokens")).toEqual({
      type: "float32",
      dims: [1, 4, 2],
      data: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0),
    });
    expect([...b.outputs.keys()]).toEqual(["label"]);
    expect(b.outputs.get("label")?.data).toEqual(Float32Array.of(20, 10, 20, 10));
    expect(c.outputs.get("tokens")?.dims).toEqual([1, 16, 2]);
    expect([...c.outputs.keys()]).toEqual(["tokens"]);
  });

  it("runs requests with other numbers of masks together, and gives each its own", async () => {
    const { session, batcher } = setUp();
    const [none, one, two] = await Promise.all([
      batcher.submit(job(1)),
      batcher.submit(job(2, { positions: at(3), outputs: ["masks"] })),
      batcher.submit(
        job(3, { rows: 2, positions: { count: 2, data: Int32Array.of(1, 2, 0, 3) }, outputs: ["masks"] }),
      ),
    ]);
    expect(session.runs).toEqual([{ dims: [4, 16], outputs: ["label", "masks"] }]);
    expect(none.outputs.get("label")?.dims).toEqual([1, 2]);
    expect(one.outputs.get("masks")).toEqual({ type: "float32", dims: [1, 1], data: Float32Array.of(3) });
    expect(two.outputs.get("masks")).toEqual({
      type: "float32",
      dims: [2, 2],
      data: Float32Array.of(1, 2, 0, 3),
    });
  });

  it("runs other buckets on their own, the fuller first", async () => {
    const { session, batcher } = setUp();
    await Promise.all([
      batcher.submit(job(1, { length: 100 })),
      batcher.submit(job(2, { length: 4 })),
      batcher.submit(job(3, { length: 140 })),
    ]);
    expect(session.runs.map(({ dims }) => dims)).toEqual([
      [2, 144],
      [1, 16],
    ]);
  });

  it("runs no tokens that every row has as padding, unless an output speaks of each of them", async () => {
    const { session, batcher, runs } = setUp();
    const mask = new Int32Array(200).fill(1, 0, 9).fill(1, 100, 130);
    const { outputs } = await batcher.submit(job(1, { rows: 2, length: 100, mask }));
    expect(outputs.get("label")?.data).toEqual(Float32Array.of(9, 9, 30, 30));
    const whole = await batcher.submit(job(1, { rows: 2, length: 100, mask, outputs: ["tokens"] }));
    expect(whole.outputs.get("tokens")?.dims).toEqual([2, 100, 2]);
    const place = {
      positions: at(1, 60),
      rows: 1,
      length: 100,
      mask: mask.subarray(100),
      outputs: ["masks"],
    };
    await batcher.submit(job(1, place));
    expect(session.runs.map(({ dims }) => dims)).toEqual([
      [2, 32],
      [2, 112],
      [1, 64],
    ]);
    expect(runs[0]).toMatchObject({ requests: 1, rows: 2, tokens: 64, read: 39 });
  });

  it("never pads beyond the model's positions", async () => {
    const { session, batcher } = setUp({ maxLength: 40 });
    session.paddedLength = (length) => wireLength(length, 40);
    await batcher.submit(job(1, { length: 33 }));
    expect(session.runs[0].dims).toEqual([1, 40]);
  });

  it("gathers what comes while the device is busy, then runs it at once", async () => {
    const { session, batcher } = setUp({ delayMs: 0 });
    const release = session.hold();
    const first = batcher.submit(job(1));
    await ticks();
    const later = [2, 3, 4].map((id) => batcher.submit(job(id)));
    await ticks();
    expect(session.runs).toHaveLength(1);
    release();
    await Promise.all([first, ...later]);
    expect(session.runs.map(({ dims }) => dims[0])).toEqual([1, 3]);
  });

  it("starts at once when a run is full, and keeps to its limits of rows and tokens", async () => {
    const { session, batcher } = setUp({ delayMs: 60_000, maxRows: 4 });
    await Promise.all([1, 2, 3, 4, 5, 6].map((id) => batcher.submit(job(id))));
    expect(session.runs.map(({ dims }) => dims[0])).toEqual([4, 2]);
    expect(setUp().batcher.rowLimit(512)).toBe(2);
    expect(setUp().batcher.rowLimit(5)).toBe(8);
  });

  it("turns requests away when the queue is full, never the first one", async () => {
    const { session, batcher } = setUp({ delayMs: 0, queueLimit: 2 });
    const release = session.hold();
    const running = batcher.submit(job(1));
    await ticks();
    const big = batcher.submit(job(2, { rows: 3 }));
    await expect(batcher.submit(job(3))).rejects.toMatchObject({ code: "server-unavailable" });
    release();
    await Promise.all([running, big]);
  });

  it("drops a request that was aborted or whose deadline passed, before it runs", async () => {
    const { session, batcher } = setUp({ delayMs: 0 });
    const release = session.hold();
    const running = batcher.submit(job(1));
    await ticks();
    const controller = new AbortController();
    const left = batcher.submit(job(2, { signal: controller.signal }));
    const late = batcher.submit(job(3, { deadline: performance.now() + 1 }));
    const patient = batcher.submit(job(4));
    controller.abort();
    await expect(left).rejects.toMatchObject({ code: "aborted" });
    await expect(late).rejects.toMatchObject({ code: "timeout" });
    await expect(batcher.submit(job(5, { signal: controller.signal }))).rejects.toMatchObject({
      code: "aborted",
    });
    release();
    await Promise.all([running, patient]);
    expect(session.runs.map(({ dims }) => dims[0])).toEqual([1, 1]);
  });

  it("answers a deadline that passes during the run, and goes on", async () => {
    const { session, batcher } = setUp();
    const release = session.hold();
    await expect(batcher.submit(job(1, { deadline: performance.now() + 20 }))).rejects.toMatchObject({
      code: "timeout",
    });
    release();
    await expect(batcher.submit(job(2))).resolves.toBeDefined();
  });

  it("passes a failed run on to the requests in it, and to no other", async () => {
    const { session, batcher } = setUp();
    session.gate = () => Promise.reject(new Error("out of memory"));
    const failed = await Promise.allSettled([batcher.submit(job(1)), batcher.submit(job(2))]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    session.gate = async () => {};
    await expect(batcher.submit(job(3))).resolves.toBeDefined();
  });

  it("joins no more requests than the bytes of one answer allow", async () => {
    const shapes = new Map([["label", ["batch", 2 ** 23] as const]]); // 32 MiB a row, of 64
    const { session, batcher } = setUp({ shapes });
    await Promise.all([1, 2, 3].map((id) => batcher.submit(job(id))));
    expect(session.runs.map(({ dims }) => dims[0])).toEqual([2, 1]);
  });

  it("listens to a request's signal no longer than the request takes", async () => {
    const { session, batcher } = setUp();
    const { signal } = new AbortController();
    await batcher.submit(job(1, { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
    session.gate = () => Promise.reject(new Error("out of memory"));
    await expect(batcher.submit(job(2, { signal }))).rejects.toThrow("out of memory");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("tells how long a request waited and ran", async () => {
    const { batcher } = setUp();
    const { queueMs, inferenceMs } = await batcher.submit(job(1));
    expect(queueMs).toBeGreaterThan(0);
    expect(inferenceMs).toBeGreaterThanOrEqual(0);
  });
});

/** A session whose runs take a fixed time and a time for every token, and that remembers who was in each. */
class TimedSession extends FakeSession {
  readonly members: { readonly length: number; readonly ids: readonly number[] }[] = [];
  readonly #fixedMs: number;

  constructor(fixedMs: number) {
    super();
    this.#fixedMs = fixedMs;
  }

  override paddedLength(length: number): number {
    return length;
  }

  override async run(feeds: Feeds, outputs: readonly string[]) {
    const [rows, length] = feeds.input_ids.dims;
    const ids = Array.from({ length: rows }, (_, row) => feeds.input_ids.data[row * length]);
    this.members.push({ length, ids });
    if (this.#fixedMs > 0) await ticks(this.#fixedMs);
    return super.run(feeds, outputs);
  }
}

describe("whatever comes, and however fast the device is", () => {
  const arrival = fc.record({
    rows: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 1, max: 128 }),
    priority: fc.nat(12),
    tokens: fc.boolean(),
    pause: fc.constantFrom(0, 0, 0, 1, 2),
  });

  it("each request gets its own rows, no run is too large, and joining pads a third at most", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arrival, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0, 2),
        async (arrivals, fixedMs) => {
          const session = new TimedSession(fixedMs);
          const limits = { maxRows: 8, maxTokens: 512, maxLength: 128, shapes: fakeShapes };
          const batcher = new Batcher(session, new Device({ delayMs: 1, queueLimit: 1000 }), limits);
          const answers: Promise<void>[] = [];
          for (const [i, { rows, length, priority, tokens, pause }] of arrivals.entries()) {
            const outputs = tokens ? ["label", "tokens"] : ["label"];
            const check = async (): Promise<void> => {
              const result = await batcher.submit(job(i + 1, { rows, length, priority, outputs }));
              const sums = Array.from({ length: rows }, () => [length * (i + 1), length]).flat();
              expect([...result.outputs.get("label")!.data]).toEqual(sums);
              const each = Array.from({ length: rows * length }, () => [i + 1, 0]).flat();
              if (tokens) expect([...result.outputs.get("tokens")!.data]).toEqual(each);
            };
            answers.push(check());
            if (pause > 0) await ticks(pause);
          }
          await Promise.all(answers);
          for (const { length, ids } of session.members) {
            expect(ids.length).toBeLessThanOrEqual(8);
            expect(ids.length * length).toBeLessThanOrEqual(512);
            const own = ids.reduce((sum, id) => sum + arrivals[id - 1].length, 0);
            expect(own / (ids.length * length)).toBeGreaterThanOrEqual(2 / 3);
          }
          expect(session.members.flatMap(({ ids }) => ids)).toHaveLength(
            arrivals.reduce((sum, { rows }) => sum + rows, 0),
          );
        },
      ),
      { numRuns: process.env.CLOZE_LONG ? 1000 : 40 },
    );
  }, 600_000);
});
