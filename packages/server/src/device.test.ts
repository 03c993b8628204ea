import { describe, expect, it } from "vitest";
import { Batcher } from "./batcher.ts";
import { Device } from "./device.ts";
import type { Line } from "./device.ts";
import { fakeJob, FakeSession, fakeShapes } from "./fake-session.ts";
import type { Result } from "./job.ts";
import { Queue } from "./queue.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const limits = { maxRows: 32, maxTokens: 4096, maxLength: 512, shapes: fakeShapes };

/** A model on a device whose runs cost so much whatever their size; tells the requests of each run. */
function lineOf(fixedMs: number) {
  const batches: number[][] = [];
  const queue = new Queue({ shapes: fakeShapes, time: { tokensOfOne: 0 }, rowLimit: () => 32 });
  const line: Line = {
    queue,
    time: { fixedMs, meanMs: 5 },
    run: async (batch) => {
      batches.push(batch.map(({ ids }) => ids[0]));
      await pause(5);
      return () => {
        for (const { resolve } of batch) resolve({ outputs: new Map(), queueMs: 0, inferenceMs: 0 });
      };
    },
  };
  const device = new Device({ delayMs: 10_000, queueLimit: 100 });
  device.add(line);
  const ask = (id: number) =>
    new Promise<Result>((resolve, reject) => {
      const since = performance.now();
      device.submit(line, { ...fakeJob(id), padded: 16, since, rank: since, resolve, reject });
    });
  return { ask, batches };
}

describe("the device", () => {
  it("goes on after a task that fails before it has begun", async () => {
    const device = new Device({ delayMs: 0, queueLimit: 100 });
    const failing = device.alone(() => {
      throw new Error("no memory");
    });
    await expect(failing).rejects.toThrow("no memory");
    expect(await device.alone(async () => "next")).toBe("next");
  });

  it("runs one batch at a time, whatever models there are, and each in its turn", async () => {
    const device = new Device({ delayMs: 0, queueLimit: 100 });
    let running = 0;
    const sessions = [new FakeSession(), new FakeSession()];
    for (const session of sessions)
      session.gate = async () => {
        running++;
        expect(running).toBe(1);
        await pause(5);
        running--;
      };
    const [a, b] = sessions.map((session) => new Batcher(session, device, limits));
    const alone = device.alone(sessions[0].gate);
    const jobs = [1, 2, 3, 4].flatMap((id) => [a.submit(fakeJob(id)), b.submit(fakeJob(id, { length: 99 }))]);
    await Promise.all([...jobs, alone]);
    expect(sessions.map(({ runs }) => runs.length)).toEqual([1, 1]);
  });

  it("lets nobody wait who comes alone", async () => {
    const { ask, batches } = lineOf(10_000);
    await ask(1);
    await ask(2);
    expect(batches).toEqual([[1], [2]]);
  });

  it("waits for as many as came together before", async () => {
    const { ask, batches } = lineOf(10_000);
    await Promise.all([ask(1), ask(2), ask(3)]);
    const one = ask(4);
    await pause(20);
    const two = ask(5);
    await pause(20);
    await Promise.all([one, two, ask(6)]);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("waits no longer than a run costs", async () => {
    const { ask, batches } = lineOf(40);
    await Promise.all([ask(1), ask(2)]);
    const start = performance.now();
    await ask(3);
    expect(performance.now() - start).toBeGreaterThan(35);
    await ask(4); // who was alone is not waited for again
    expect(batches).toEqual([[1, 2], [3], [4]]);
  });

  it("does not wait at all where a run costs no more than its tokens do", async () => {
    const { ask, batches } = lineOf(0);
    await Promise.all([ask(1), ask(2)]);
    await ask(3);
    expect(batches).toEqual([[1, 2], [3]]);
  });

  it("goes on when a task that had it to itself fails", async () => {
    const device = new Device({ delayMs: 0, queueLimit: 100 });
    const batcher = new Batcher(new FakeSession(), device, limits);
    await expect(device.alone(() => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
    await expect(batcher.submit(fakeJob(1))).resolves.toBeDefined();
  });
});
