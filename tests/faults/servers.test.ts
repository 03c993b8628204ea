/**
 * Inference servers that die, hang, slow down, talk nonsense and come back, behind the built Worker in workerd: every
 * request has its answer, or a clear problem, within its time limit, and all is well again without anybody's help.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorker } from "../edge/worker.ts";
import type { Worker } from "../edge/worker.ts";
import { ask, AT_ONCE_MS, askMany, circuitOf, metricOf, recovery, RECOVERY_MS, statusesOf } from "./ask.ts";
import { startServerProcess } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const startWorkerFor = (servers: string) => startWorker(servers, undefined, { CLOZE_ADMIN: "open" });

/** Asks, and goes away without an answer. */
const leave = (worker: Worker, ms: number) =>
  fetch(new URL("/v1/classify", worker.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "a warm film" }),
    signal: AbortSignal.timeout(ms),
  }).catch(() => {});

describe("one server", () => {
  let server: ServerProcess;
  let worker: Worker;
  beforeAll(async () => {
    server = await startServerProcess();
    worker = await startWorkerFor(server.url);
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test("killed in the middle of a request is a 503 in time, and answers when it was started again", async () => {
    server.slowDown(5000);
    const asked = ask(worker, 3000);
    await wait(200);
    server.signal("SIGKILL");
    expect(await asked).toMatchObject({ status: 503, code: "server-unavailable" });
    await askMany(worker, 6, 1000);
    expect(await circuitOf(worker, server.url)).toBe("open");
    const { status, retryAfter, ms } = await ask(worker, 3000);
    expect([status, retryAfter]).toEqual([503, expect.stringMatching(/^[12]$/)]);
    expect(ms).toBeLessThan(AT_ONCE_MS); // at once
    expect((await worker.send("/metrics")).text).toMatch(/^cloze_edge_refused_runs_total [1-9]/m);
    expect((await worker.send("/healthz")).status).toBe(200);
    expect((await worker.send("/readyz")).status).toBe(503);

    server = await startServerProcess(server.url);
    expect((await worker.send("/readyz")).text).toMatch(/degraded.*open/);
    await wait(2000);
    const told = await askMany(worker, 20, 3000); // one finds out, and nobody waits for it
    expect(told.filter(({ status: one }) => one === 200).length).toBeGreaterThan(0);
    for (const one of told.filter((refused) => refused.status !== 200))
      expect([one.status, one.ms < AT_ONCE_MS]).toEqual([503, true]);
    expect(await recovery(worker)).toBeLessThan(RECOVERY_MS);
    expect(JSON.parse((await worker.send("/readyz")).text)).toEqual({
      status: "ready",
      servers: [{ circuit: "closed" }],
    });
  });

  test("that was stopped is a 504 in time, then a 503 at once, and goes on when it may", async () => {
    server.signal("SIGSTOP");
    expect(statusesOf(await askMany(worker, 6, 1500))).toEqual([504]);
    const { status, ms } = await ask(worker, 3000);
    expect(status).toBe(503);
    expect(ms).toBeLessThan(AT_ONCE_MS);
    await wait(2000);
    const late = await ask(worker, 3000); // finds out, and does not hang for it
    expect(late.status).toBe(503);
    expect(late.ms).toBeLessThan(2000);
    await wait(2000);
    await leave(worker, 200); // the one that finds out does not stay to tell
    server.signal("SIGCONT");
    expect(await recovery(worker)).toBeLessThan(RECOVERY_MS);
  });

  test("that is too slow for some is a 504 for them, and there for the others", async () => {
    server.slowDown(400);
    const [hasty, patient] = await Promise.all([askMany(worker, 10, 150), askMany(worker, 10, 3000)]);
    expect([statusesOf(hasty), statusesOf(patient)]).toEqual([[504], [200]]);
    expect(await circuitOf(worker, server.url)).toBe("closed");
    server.slowDown(0);
  });

  test("that is stopped for a moment only answers, though later", async () => {
    server.signal("SIGSTOP");
    const asked = askMany(worker, 5, 3000);
    await wait(300);
    server.signal("SIGCONT");
    expect(statusesOf(await asked)).toEqual([200]);
  });

  test("that is down while a list of many runs is asked for gives one clear problem", async () => {
    server.slowDown(300);
    const asked = ask(worker, 4000, 64);
    await wait(100);
    server.signal("SIGKILL");
    expect(await asked).toMatchObject({ status: 503, code: "server-unavailable" });
    server = await startServerProcess(server.url);
    expect(await recovery(worker)).toBeLessThan(RECOVERY_MS);
    expect((await ask(worker, 3000, 64)).status).toBe(200);
  });
});

describe("two servers", () => {
  let servers: ServerProcess[];
  let worker: Worker;
  beforeAll(async () => {
    servers = await Promise.all([startServerProcess(), startServerProcess()]);
    worker = await startWorkerFor(servers.map(({ url }) => url).join(", "));
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  test("of which one is killed under load lose no request, and it has its share again when it is back", async () => {
    for (const server of servers) server.slowDown(50);
    const asked = Promise.all(
      Array.from({ length: 10 }, async () => {
        const told = [];
        for (let i = 0; i < 8; i++) told.push(await ask(worker, 3000));
        return told;
      }),
    );
    await wait(150);
    servers[0].signal("SIGKILL");
    expect(statusesOf((await asked).flat())).toEqual([200]);
    expect(await circuitOf(worker, servers[0].url)).toMatch(/open/);
    expect(await metricOf(worker, "server_retries_total", servers[1].url)).toBeGreaterThan(0);
    expect(JSON.parse((await worker.send("/readyz")).text)).toMatchObject({ status: "degraded" });

    servers[0] = await startServerProcess(servers[0].url);
    await wait(2000);
    expect(statusesOf(await askMany(worker, 20, 3000))).toEqual([200]);
    expect(await circuitOf(worker, servers[0].url)).toBe("closed");
    const before = await metricOf(worker, "server_requests_total", servers[0].url);
    await askMany(worker, 20, 3000);
    expect(await metricOf(worker, "server_requests_total", servers[0].url)).toBeGreaterThan(before);
  });

  test("of which one is stopped answer late for some, then all from the other", async () => {
    servers[0].signal("SIGSTOP");
    expect(new Set(statusesOf(await askMany(worker, 30, 1500)))).toEqual(new Set([200, 504]));
    expect(await circuitOf(worker, servers[0].url)).toBe("open");
    expect(statusesOf(await askMany(worker, 20, 1500))).toEqual([200]);
    servers[0].signal("SIGCONT");
    await wait(2000);
    await askMany(worker, 20, 3000);
    expect(await circuitOf(worker, servers[0].url)).toBe("closed");
  });

  test("that are started again one after the other lose no request", async () => {
    const over = new AbortController();
    const asked = Promise.all(
      Array.from({ length: 4 }, async () => {
        const told = [];
        while (!over.signal.aborted) told.push(await ask(worker, 3000));
        return told;
      }),
    );
    for (const [i, server] of servers.entries()) {
      await wait(100);
      server.signal("SIGTERM");
      await server.gone();
      servers[i] = await startServerProcess(server.url);
      await wait(RECOVERY_MS);
    }
    over.abort();
    const told = (await asked).flat();
    expect(statusesOf(told)).toEqual([200]);
    expect(told.length).toBeGreaterThan(20);
  });
});
