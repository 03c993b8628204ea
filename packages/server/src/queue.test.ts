import { describe, expect, it } from "vitest";
import { fakeJob, fakeShapes } from "./fake-session.ts";
import { rankOf } from "./job.ts";
import type { Waiting } from "./job.ts";
import { Queue } from "./queue.ts";

function setUp({ tokensOfOne = 0, limit = 8 } = {}) {
  return new Queue({ shapes: fakeShapes, time: { tokensOfOne }, rowLimit: () => limit });
}

function waiting(id: number, padded: number, since: number, over: Partial<Waiting> = {}): Waiting {
  const rank = rankOf(since, over.priority ?? 0);
  const settle = { resolve: () => {}, reject: () => {} };
  return { ...fakeJob(id, { length: padded }), padded, since, rank, ...settle, ...over };
}

const names = (batch: readonly Waiting[] = []) => batch.map(({ ids }) => ids[0]);

describe("what runs next", () => {
  it("is the fuller run among equally old ones", () => {
    const queue = setUp();
    for (const [id, bucket] of [
      [1, 16],
      [2, 64],
      [3, 64],
    ])
      queue.add(waiting(id, bucket, 0));
    expect(names(queue.best(10, 10)?.batch)).toEqual([2, 3]);
  });

  it("is the older one where it has waited too long for that", () => {
    const queue = setUp();
    queue.add(waiting(1, 16, 0));
    for (let id = 2; id < 10; id++) queue.add(waiting(id, 64, 90));
    expect(names(queue.best(100, 200)?.batch)).toHaveLength(8);
    expect(names(queue.best(100, 20)?.batch)).toEqual([1]);
  });

  it("has the urgent first, of these the older", () => {
    const queue = setUp({ limit: 2 });
    queue.add(waiting(1, 16, 0));
    queue.add(waiting(2, 16, 20, { priority: 1 }));
    queue.add(waiting(3, 16, 30, { priority: 10 }));
    queue.add(waiting(4, 16, 40, { priority: 1 }));
    const { batch, full } = queue.best(50, 10)!;
    expect([names(batch), full]).toEqual([[2, 4], true]);
    for (const job of batch) queue.remove(job);
    expect(names(queue.best(50, 10)?.batch)).toEqual([1, 3]);
  });

  it("takes shorter requests along while their padding costs less than a run of their own", () => {
    const fill = (queue: Queue) => {
      for (const [id, bucket] of [
        [1, 64],
        [2, 64],
        [3, 32],
        [4, 32],
        [5, 16],
      ])
        queue.add(waiting(id, bucket, 0));
      return names(queue.best(10, 10)?.batch);
    };
    expect(fill(setUp({ tokensOfOne: 0 }))).toEqual([1, 2]);
    expect(fill(setUp({ tokensOfOne: 40 }))).toEqual([1, 2, 3, 5]); // once for each length that need not run alone
    expect(fill(setUp({ tokensOfOne: 80 }))).toEqual([1, 2, 3, 4]);
    expect(fill(setUp({ tokensOfOne: Infinity }))).toEqual([1, 2, 3, 4]); // a third is padding at most
    const queue = setUp({ tokensOfOne: 1000 });
    queue.add(waiting(1, 16, 0));
    queue.add(waiting(2, 128, 0));
    expect(queue.best(10, 10)?.batch).toHaveLength(1);
  });

  it("is nothing that nobody waits for", () => {
    const queue = setUp();
    const told: unknown[] = [];
    queue.add(waiting(1, 16, 0, { deadline: 5, reject: (error) => told.push(error) }));
    queue.add(waiting(2, 16, 0, { deadline: 15 }));
    queue.expire(10);
    expect(told).toMatchObject([{ code: "timeout" }]);
    expect(names(queue.best(10, 10)?.batch)).toEqual([2]);
    expect([queue.rows, queue.requests]).toEqual([1, 1]);
  });

  it("reaches everybody, though urgent requests come faster than they can run", () => {
    const queue = setUp({ limit: 4 });
    const patient = waiting(1, 96, 0);
    queue.add(patient);
    let served: number | undefined;
    for (let now = 0; now < 3000 && served === undefined; now += 10) {
      for (let i = 0; i < 6; i++) queue.add(waiting(2, 16, now, { priority: 1 })); // of which 4 run
      const { batch } = queue.best(now, 40)!;
      if (batch.includes(patient)) served = now;
      for (const job of batch) queue.remove(job);
    }
    expect(served).toBeGreaterThan(100);
    expect(served).toBeLessThan(2800);
  });
});
