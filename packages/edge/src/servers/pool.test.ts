import { encodeResponse, HEADER_LENGTH } from "@cloze/runtime/remote";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ServerPool } from "./pool.ts";
import type { PoolOptions } from "./pool-options.ts";

const dims = [1, 2];
const feeds = {
  input_ids: { type: "int32", dims, data: Int32Array.of(1, 2) },
  token_type_ids: { type: "int32", dims, data: new Int32Array(2) },
  attention_mask: { type: "float32", dims, data: Float32Array.of(1, 1) },
} as const;

/** How a server of a test answers, ready or infer. */
type Answers = (path: string, init: RequestInit) => Response | Promise<Response>;

const well: Answers = (path) => {
  if (path.endsWith("/ready")) return Response.json({ ready: true });
  const tensor = { type: "float32", dims: [1, 1], data: Float32Array.of(0.5) } as const;
  const { body, headerLength } = encodeResponse({ name: "m", version: "1", id: undefined }, [
    { name: "a", binary: true, tensor },
  ]);
  return new Response(body, { headers: { [HEADER_LENGTH]: String(headerLength) } });
};
const down: Answers = () => Promise.reject(new TypeError("fetch failed"));
const busy: Answers = () =>
  Response.json({ error: "Busy." }, { status: 503, headers: { "retry-after": "1" } });
const status =
  (code: number): Answers =>
  () =>
    new Response("", { status: code });
const mute: Answers = (_, { signal }) =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A pool over servers named a, b, …, whose answers may be changed, and the paths that each was asked for. */
function setUp(servers: Record<string, Answers>, options: Partial<PoolOptions> = {}) {
  const asked: Record<string, string[]> = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  const pool = new ServerPool({
    servers: Object.keys(servers).map((name) => ({ url: `http://${name}` })),
    model: "m",
    random: () => 0, // the first that may be asked
    fetch: async (url, init) => {
      const { hostname, pathname } = new URL(url);
      const path = pathname.replace("/v2/models/m", "");
      asked[hostname].push(path);
      return servers[hostname](path, init);
    },
    ...options,
  });
  const run = (ms = 5000, signal?: AbortSignal) =>
    pool.session({ deadline: Date.now() + ms }).run(feeds, ["a"], { signal });
  const outcome = (ms?: number) =>
    run(ms).then(
      () => "answer",
      (error: { code: string }) => error.code,
    );
  return { pool, asked, run, outcome, servers };
}

afterEach(() => void vi.useRealTimers());

/** Lets time pass for circuits, and for nobody else. */
function later(ms: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: now + ms });
}

describe("a pool", () => {
  it("asks servers as their weights say", async () => {
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const { pool, run } = setUp(
      { a: well, b: well, c: well },
      {
        random,
        servers: ["a", "b", "c"].map((name, i) => ({ url: `http://${name}`, weight: [6, 3, 1][i] })),
      },
    );
    for (let i = 0; i < 1000; i++) await run();
    const [a, b, c] = pool.state.map(({ requests }) => requests);
    expect(a + b + c).toBe(1000);
    expect(Math.abs(a - 600)).toBeLessThan(62); // four times the standard deviation
    expect(Math.abs(b - 300)).toBeLessThan(58);
    expect(Math.abs(c - 100)).toBeLessThan(38);
  });

  it("sends its headers, the request's and the deadline, by the request's fetch", async () => {
    const sent: RequestInit[] = [];
    const { pool } = setUp({ a: down }, { headers: { authorization: "Bearer key" } });
    const fetch = async (url: string, init: RequestInit) => {
      sent.push(init);
      return well(url, init);
    };
    const session = pool.session({ deadline: Date.now() + 700, headers: { "x-request-id": "r" }, fetch });
    await session.run(feeds, ["a"]);
    expect(sent[0].headers).toMatchObject({ authorization: "Bearer key", "x-request-id": "r" });
    const told = /"timeout":(\d+)/.exec(new TextDecoder().decode(sent[0].body as Uint8Array))?.[1];
    expect(Math.abs(Number(told) - 700_000)).toBeLessThan(100_000);
  });

  it("refuses to be made of nothing, or of what is no address", () => {
    expect(() => setUp({})).toThrow("at least one");
    expect(() => setUp({}, { servers: [{ url: "gpu:9000" }] })).toThrow("http://host:port");
  });

  it("is ready when one of its servers is, and says why when none is", async () => {
    const { pool, servers } = setUp({ a: status(503), b: well });
    await pool.ready({ deadline: Date.now() + 1000 });
    servers.b = down;
    await expect(pool.ready({ deadline: Date.now() + 1000 })).rejects.toMatchObject({
      code: "server-unavailable",
    });
    expect(pool.state.map(({ requests, failures }) => requests + failures)).toEqual([0, 0]);
  });

  it("waits for no server that is mute when another is ready", async () => {
    const { pool } = setUp({ a: mute, b: well });
    const start = performance.now();
    await pool.ready({ deadline: Date.now() + 5000 });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("another try", () => {
  it.each([
    ["refuses connections", down],
    ["answers 502", status(502)],
    ["answers 503", status(503)],
  ])("goes to another server when one %s", async (_, answers) => {
    const { pool, asked, outcome } = setUp({ a: answers, b: well });
    expect(await outcome()).toBe("answer");
    expect(asked).toEqual({ a: ["/infer"], b: ["/infer"] });
    expect(pool.state.map(({ retries, failures }) => [retries, failures])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("goes to the same where there is no other, twice at most, and sends all of the request again", async () => {
    const bodies: Uint8Array[] = [];
    const { servers, asked, outcome } = setUp({ a: down });
    servers.a = async (path, { body }) => {
      bodies.push(body as Uint8Array);
      return bodies.length === 3 ? well(path, {}) : down(path, {});
    };
    expect(await outcome()).toBe("answer");
    const tensors = bodies.map((body) => body.slice(-48));
    expect(tensors[2]).toEqual(tensors[0]);
    expect(tensors[0].some((byte) => byte > 0)).toBe(true);
    servers.a = down;
    expect(await outcome()).toBe("server-unavailable");
    expect(asked.a).toHaveLength(6);
  });

  it.each([
    ["a refusal", status(400), "server-error"],
    ["status 500", status(500), "server-error"],
    ["nonsense", () => new Response("<h1>"), "server-error"],
    ["status 504", status(504), "timeout"],
    ["no answer in time", mute, "timeout"],
  ])("is not made after %s", async (_, answers, code) => {
    const { asked, outcome } = setUp({ a: answers, b: well });
    expect(await outcome(50)).toBe(code);
    expect(asked.b).toEqual([]);
  });

  it("is not made when it would come too late, nor when the client has left", async () => {
    const { asked, outcome, run } = setUp({ a: down });
    expect(await outcome(20)).toBe("server-unavailable");
    expect(asked.a).toHaveLength(1);
    const leaving = new AbortController();
    const left = run(5000, leaving.signal);
    await wait(10);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "aborted" });
    expect(asked.a).toHaveLength(2);
  });
});

describe("a server that is busy", () => {
  it("is asked again when it said, by one who has the time", async () => {
    const { servers, asked, outcome } = setUp({ a: busy });
    const start = performance.now();
    const patient = outcome();
    await wait(100);
    servers.a = well;
    expect(await patient).toBe("answer");
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(asked.a).toHaveLength(2);
  });

  it("tells one who has not when to come back", async () => {
    await expect(setUp({ a: busy }).run(500)).rejects.toMatchObject({
      code: "server-unavailable",
      retryAfterSeconds: 1,
      message: "Busy.",
    });
  });

  it("is left in peace as long as it said, where there is another, and no circuit opens", async () => {
    const { pool, asked, outcome } = setUp({ a: busy, b: well });
    for (let i = 0; i < 10; i++) expect(await outcome()).toBe("answer");
    expect(asked.a).toHaveLength(1);
    expect(pool.state[0]).toMatchObject({ circuit: "closed", resting: true, failures: 0 });
    later(1001);
    await outcome();
    expect(asked.a).toHaveLength(2);
  });

  it("is asked even so by new requests where there is no other: its queue is empty sooner than a second", async () => {
    const { servers, outcome } = setUp({ a: busy });
    expect(await outcome(100)).toBe("server-unavailable");
    servers.a = well;
    expect(await outcome(100)).toBe("answer");
  });
});

/** Has requests fail, one after the other. */
async function fail({ outcome }: ReturnType<typeof setUp>, times: number, ms?: number): Promise<void> {
  for (let i = 0; i < times; i++) await outcome(ms);
}

describe("a server that fails", () => {
  it("is asked no more, and requests are refused at once with the time to come back", async () => {
    const set = setUp({ a: status(500) });
    await fail(set, 5);
    expect(set.pool.state[0].circuit).toBe("open");
    await expect(set.run()).rejects.toMatchObject({ code: "server-unavailable", retryAfterSeconds: 2 });
    expect([set.asked.a.length, set.pool.refused]).toEqual([5, 1]);
  });

  it("is asked no more where there is another", async () => {
    const set = setUp({ a: status(500), b: well });
    await fail(set, 5);
    for (let i = 0; i < 5; i++) expect(await set.outcome()).toBe("answer");
    expect(set.asked.a).toHaveLength(5);
  });

  it("does not open its circuit by refusing requests, or by those who wait for too short a time", async () => {
    const set = setUp({ a: status(400) });
    await fail(set, 10);
    set.servers.a = mute;
    await fail(set, 10, 5);
    expect(set.pool.state[0]).toMatchObject({ circuit: "closed", failures: 0 });
  });

  it("opens it by answering nobody in time", async () => {
    const set = setUp({ a: mute }, { patienceMs: 20 });
    await fail(set, 5, 30);
    expect(set.pool.state[0].circuit).toBe("open");
  });

  it("is asked by one request whether it is back, while the others are refused", async () => {
    const set = setUp({ a: down }, { breaker: { failures: 1, probeMs: 1000 } });
    await fail(set, 1);
    later(2000);
    expect(set.pool.state[0].circuit).toBe("half-open");
    set.servers.a = async (path, init) => {
      await wait(20);
      return well(path, init);
    };
    set.asked.a.length = 0;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => set.outcome()));
    expect(outcomes.toSorted()).toEqual(["answer", ...Array<string>(19).fill("server-unavailable")]);
    expect(set.asked.a).toEqual(["/ready", "/infer"]);
    expect(set.pool.state[0].circuit).toBe("closed");
    expect(await set.outcome()).toBe("answer");
  });

  it("keeps none of the request's runs from the one that finds out", async () => {
    const set = setUp({ a: down }, { breaker: { failures: 1 } });
    await fail(set, 1);
    later(2000);
    set.servers.a = well;
    const session = set.pool.session({ deadline: Date.now() + 5000 });
    await Promise.all([1, 2, 3, 4].map(() => session.run(feeds, ["a"])));
    set.servers.a = down;
    await fail(set, 1);
    later(2000);
    const runs = await Promise.allSettled([1, 2, 3, 4].map(() => session.run(feeds, ["a"])));
    expect(runs.map(({ status: how }) => how)).toEqual(Array(4).fill("rejected")); // and none waits for ever
  });

  it("keeps none of them from two that find out, though the one comes back and the other does not", async () => {
    const set = setUp({ a: down, b: down }, { breaker: { failures: 1 } });
    await fail(set, 1);
    later(2000);
    set.servers.a = async (path, init) => {
      await wait(60);
      return well(path, init);
    };
    const session = set.pool.session({ deadline: Date.now() + 5000 });
    const runs = await Promise.all([1, 2, 3].map(() => session.run(feeds, ["a"])));
    expect(runs).toHaveLength(3);
    expect(set.pool.state.map(({ circuit }) => circuit)).toEqual(["closed", "open"]);
  });

  it("sacrifices nobody's request when it is not back: that goes to another", async () => {
    const set = setUp({ a: down, b: well }, { breaker: { failures: 1, probeMs: 60 } });
    expect(await set.outcome()).toBe("answer");
    later(2000);
    set.servers.a = mute;
    expect(await set.outcome()).toBe("answer");
    expect(set.pool.state.map(({ circuit }) => circuit)).toEqual(["open", "closed"]);
    expect(set.asked.a).toEqual(["/infer", "/ready"]);
  });

  it("is not kept away by those who have no time to find out", async () => {
    const set = setUp({ a: down }, { breaker: { failures: 1 } });
    await fail(set, 1);
    later(2000);
    set.servers.a = mute;
    expect(await set.outcome(30)).toBe("timeout");
    expect(set.pool.state[0].circuit).toBe("half-open");
  });
});
