/**
 * What can be wrong with a connection, or with what comes over it: nothing comes, or half of an answer, or something else.
 * The built Worker in workerd gives each request a clear problem within its time limit, asks no more after five, and is
 * well again soon after the connection is.
 */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { RunningServer } from "@cloze/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFakeServer } from "../edge/fake-starter.ts";
import { startWorker } from "../edge/worker.ts";
import { ask, AT_ONCE_MS, askMany, circuitOf, recovery, RECOVERY_MS, statusesOf } from "./ask.ts";

/** What is done with those who connect. */
type Manner = (client: Socket) => void;

let server: RunningServer;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());

/** Answers whatever comes with these bytes, and leaves the connection open. */
const say =
  (...lines: string[]): Manner =>
  (client) =>
    void client.on("data", () => client.write(lines.join("\r\n")));

const json = (value: object): Manner => {
  const body = JSON.stringify(value);
  return say("HTTP/1.1 200 OK", `content-length: ${body.length}`, "", body);
};

const sentiment = (shape: number[], data: (number | string)[]) =>
  json({ outputs: [{ name: "sentiment", datatype: "FP32", shape, data }] });

const manners: [what: string, manner: Manner, status: number, code: string][] = [
  ["accepts and never answers", () => {}, 504, "timeout"],
  ["stalls after its headers", say("HTTP/1.1 200 OK", "content-length: 1000", "", ""), 504, "timeout"],
  ["stalls in the middle of its body", say("HTTP/1.1 200 OK", "content-length: 1000", "", "{"), 504, "timeout"],
  ["closes at once", (client) => void client.destroy(), 503, "server-unavailable"],
  ["resets what it has read", (client) => void client.on("data", () => client.resetAndDestroy()), 503, "server-unavailable"],
  ["breaks off in the middle of its body", (client) => void client.on("data", () => client.end("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")), 503, "server-unavailable"],
  ["speaks another language than HTTP", say("220 mail.example ESMTP", ""), 503, "server-unavailable"],
  ["answers a page", say("HTTP/1.1 200 OK", "content-length: 4", "", "<h1>"), 502, "server-error"],
  ["answers 500", say("HTTP/1.1 500 No", "content-length: 0", "", ""), 502, "server-error"],
  ["answers for more rows than were sent", sentiment([2, 2], [0, 1, 0, 1]), 502, "server-error"],
  ["answers fewer numbers than its shape says", sentiment([1, 2], [0]), 502, "server-error"],
  ["answers texts for numbers", sentiment([1, 2], ["0", "1"]), 502, "server-error"],
  ["leaves out what it was asked for", json({ outputs: [] }), 502, "server-error"],
]; // prettier-ignore

/** Stands before the server, and does what is wanted: hand everything on, at first. */
async function startWire() {
  const through: Manner = (client) => {
    const upstream = connect(server.port, "127.0.0.1");
    client.on("data", (bytes) => !wire.cut && upstream.write(bytes));
    upstream.on("data", (bytes) => !wire.cut && client.write(bytes));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ])
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  };
  const clients = new Set<Socket>();
  const listener = createServer((client) => {
    clients.add(client);
    client.on("error", () => {}).on("close", () => clients.delete(client));
    wire.manner(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const wire = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    manner: through,
    /** What is sent is lost, and nobody is told. */
    cut: false,
    /** Hands on again, to those who connect anew. */
    mend() {
      wire.manner = through;
      for (const client of clients) client.destroy();
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      wire.mend();
    },
  };
  return wire;
}

describe.concurrent("a server that", () => {
  test.each(manners)("%s", async (_, manner, status, code) => {
    await using wire = await startWire();
    await using worker = await startWorker(wire.url, undefined, { CLOZE_ADMIN: "open" });
    await worker.post("/v1/tokenize", { text: "warm" }); // it is awake, and has no connection yet
    wire.manner = manner;
    const told = await askMany(worker, 5, 1500);
    // Those that try again may find that no more is asked.
    for (const one of told) expect([one.status, one.code]).toEqual([status, code]);
    expect(await circuitOf(worker, wire.url)).toBe("open");
    const next = await ask(worker, 1500);
    expect([next.status, next.ms < AT_ONCE_MS]).toEqual([503, true]);
    wire.mend();
    expect(await recovery(worker)).toBeLessThan(RECOVERY_MS);
    expect(await circuitOf(worker, wire.url)).toBe("closed");
  });

  test("is cut off in the middle of requests, with nobody told", async () => {
    await using wire = await startWire();
    await using worker = await startWorker(wire.url, undefined, { CLOZE_ADMIN: "open" });
    expect((await ask(worker, 2000)).status).toBe(200); // a connection is there, and stays
    wire.cut = true;
    expect(statusesOf(await askMany(worker, 6, 1500))).toEqual([504]);
    expect((await ask(worker, 1500)).status).toBe(503);
    wire.cut = false; // the connections that were there are not closed
    expect(await recovery(worker)).toBeLessThan(RECOVERY_MS);
  });
});
