/**
 * What dynamic batching gives: the inference server with it against one that runs each request by itself, as it comes,
 * asked by 32 clients; and what one client waits, against the session alone. On a device that takes 4 ms for a run of any
 * size, as a GPU nearly does, without and with HTTP before it, and on this CPU with the starter model. Texts are of 4 to
 * 250 words.
 *
 * Each server has a process of its own and they take turns; CPU time is the server's. Clients and servers share the
 * machine's cores: a machine that is busy otherwise shows less of what the device could do.
 */
import { fork } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { collate } from "@cloze/core";
import { load, openFolder } from "@cloze/runtime/node";
import { RemoteSession, wireLength } from "@cloze/runtime/remote";
import { startServer } from "@cloze/server";
import { Batcher } from "../../packages/server/dist/batcher.js";
import { Device } from "../../packages/server/dist/device.js";
import { starter } from "../starter.ts";
import { mixedTexts } from "./mixed-texts.mjs";
import { median } from "./statistics.mjs";
import { talk } from "./talk.mjs";

const CLIENTS = 32;
const DEVICE_MS = 4;
const [, , role, device, batched] = process.argv;
const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 9);
const { config, tokenizer } = await openFolder(starter);
const passage =
  "The lighthouse keeper kept a careful record of every ship that passed the point , of the weather . ";
const words = passage.repeat(20).trim().split(" ");
const encodings = mixedTexts(words, 4 * CLIENTS).map((text) => tokenizer.encode(text, { maxLength: 512 }));

if (role === "server") await serve();
else await compare();

/** A device that takes the same time for every run. */
function constantSession() {
  let last = performance.now();
  return {
    outputs: ["sentiment"],
    tokensPerRun: 1 << 16,
    paddedLength: (length) => length,
    async run({ input_ids: { dims } }, outputs) {
      const start = Math.max(last, performance.now());
      last = start + DEVICE_MS;
      // A timer is exact to a millisecond only: the rest is waited for in turns of the event loop.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, last - performance.now() - 1)));
      while (performance.now() < last) await new Promise((resolve) => setImmediate(resolve));
      const data = new Float32Array(2 * dims[0]);
      return Object.fromEntries(outputs.map((name) => [name, { type: "float32", dims: [dims[0], 2], data }]));
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A session as a server without batching uses it: rows stay as long as the client sent them. */
function asItComes(session) {
  return {
    outputs: session.outputs,
    tokensPerRun: session.tokensPerRun,
    paddedLength: (length) => wireLength(length, 512),
    run: (feeds, outputs) => session.run(feeds, outputs),
    async [Symbol.asyncDispose]() {},
  };
}

/** The other process: a server that tells its CPU time, and how fast its session is without it. */
async function serve() {
  const own = device === "constant" ? constantSession() : (await load(starter, { threads: 2 })).session;
  const maxBatch = batched === "true" ? 128 : 1;
  const session = batched === "true" ? own : asItComes(own);
  const server = await startServer({ session, config, model: "m", maxBatch });
  process.on("message", async ({ alone }) => {
    const times = [];
    for (const at of alone ?? []) {
      const feeds = collate([encodings[at]], session.paddedLength(encodings[at].ids.length), 0);
      const start = performance.now();
      await session.run(feeds, ["sentiment"]);
      times.push(performance.now() - start);
    }
    const { user, system } = process.cpuUsage();
    process.send({ cpu: (user + system) / 1000, times });
  });
  process.send({ url: server.url });
}

async function startOther(onDevice, withBatching) {
  const child = fork(fileURLToPath(import.meta.url), ["server", onDevice, String(withBatching)]);
  let url;
  const first = new Promise((resolve) => child.once("message", resolve));
  const other = await talk(
    `the server on ${onDevice}`,
    child,
    (message) => child.send(message),
    (listener) => child.once("message", listener),
  );
  ({ url } = await first);
  const inServer = []; // milliseconds in the queue and on the device, of each request
  const session = new RemoteSession({
    url,
    model: "m",
    maxLength: 512,
    fetch: async (address, init) => {
      const response = await fetch(address, init);
      const timing = response.headers.get("server-timing") ?? "";
      inServer.push(
        Array.from(timing.matchAll(/dur=([\d.]+)/g), ([, ms]) => Number(ms)).reduce((a, b) => a + b),
      );
      return response;
    },
  });
  return { ...other, url, session, inServer };
}

/** All clients at once, each asking one after another; milliseconds of wall and CPU time. */
async function saturate({ ask, session }, requests, texts) {
  const before = await ask({});
  const start = performance.now();
  let next = 0;
  const client = async () => {
    while (next < requests) await one(session, texts[next++ % texts.length]);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const wall = performance.now() - start;
  return { wall, cpu: (await ask({})).cpu - before.cpu };
}

async function one(session, at) {
  const start = performance.now();
  const feeds = collate([encodings[at]], session.paddedLength(encodings[at].ids.length), 0);
  await session.run(feeds, ["sentiment"]);
  return performance.now() - start;
}

function cell({ wall, cpu }) {
  return `${wall.toFixed(0)} requests/s, ${cpu.toFixed(1)} ms CPU each`;
}

async function compare() {
  console.log(
    `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, median of ${rounds} interleaved rounds, ` +
      `load ${loadavg()[0].toFixed(1)}\n\n` +
      `| ${CLIENTS} clients, mixed lengths | batched | each by itself | ratio |\n|---|---|---|---|`,
  );
  await compareQueues();
  const latencies = [];
  const all = [...encodings.keys()];
  const short = all.filter((at) => encodings[at].ids.length <= 32);
  for (const { name, onDevice, requests, texts } of [
    { name: "the same over HTTP", onDevice: "constant", requests: 512, texts: all },
    { name: "this CPU, the starter model", onDevice: "starter", requests: 192, texts: all },
    { name: "this CPU, texts of at most 32 tokens", onDevice: "starter", requests: 512, texts: short },
  ]) {
    const servers = [await startOther(onDevice, true), await startOther(onDevice, false)];
    const times = [[], []];
    const clients = [[], [], [], []];
    let counted;
    for (let round = -1; round < rounds; round++) {
      for (const [i, server] of servers.entries()) {
        const time = await saturate(server, requests, texts);
        if (round >= 0) times[i].push(time);
      }
      if (round === rounds - 1) counted = await countedBy(servers[0]);
      const places = Array.from({ length: 24 }, (_, i) => texts[(i * 5) % texts.length]);
      const through = [];
      const unbatched = [];
      const alone = [];
      servers[0].inServer.length = 0;
      for (const [i, at] of places.entries()) {
        if (i % 2) unbatched.push(await one(servers[1].session, at)); // each of them first as often
        through.push(await one(servers[0].session, at));
        if (i % 2 === 0) unbatched.push(await one(servers[1].session, at));
        alone.push(...(await servers[0].ask({ alone: [at] })).times);
      }
      if (round >= 0)
        for (const [i, list] of [through, unbatched, [...servers[0].inServer], alone].entries())
          clients[i].push(median(list));
    }
    const [a, b] = times.map((list) => ({
      wall: median(list.map(({ wall }) => (1000 * requests) / wall)),
      cpu: median(list.map(({ cpu }) => cpu / requests)),
    }));
    console.log(
      `| ${name} | ${cell(a)} | ${cell(b)} | ${(a.wall / b.wall).toFixed(2)}x / ${(b.cpu / a.cpu).toFixed(2)}x |`,
    );
    latencies.push([name, ...clients.map(median), counted]);
    for (const server of servers) await server.stop();
  }
  console.log(
    "\n| one client, p50 ms | over HTTP | without batching | ratio | in queue and run | the session alone | ratio | rows a run, padding, of all |\n|---|---|---|---|---|---|---|---|",
  );
  for (const [name, through, unbatched, inServer, alone, { rows, padding }] of latencies)
    console.log(
      `| ${name} | ${through.toFixed(2)} | ${unbatched.toFixed(2)} | ${(through / unbatched).toFixed(2)}x | ${inServer.toFixed(2)} | ${alone.toFixed(2)} | ${(inServer / alone).toFixed(2)}x | ${rows.toFixed(1)}, ${(100 * padding).toFixed(0)} % |`,
    );
}

/** The queue before the device in this process: what HTTP costs is not in it. */
async function compareQueues() {
  const shapes = new Map([["sentiment", ["batch", 2]]]);
  const rates = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const [i, maxRows] of [128, 1].entries()) {
      const limits = { maxRows, maxTokens: 8192, maxLength: 512, shapes };
      const batcher = new Batcher(constantSession(), new Device({ delayMs: 2, queueLimit: 1024 }), limits);
      const requests = maxRows === 1 ? 128 : 1024;
      let next = 0;
      const start = performance.now();
      const client = async () => {
        while (next < requests) await batcher.submit(jobOf(encodings[next++ % encodings.length]));
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      rates[i].push((1000 * requests) / (performance.now() - start));
    }
  const [a, b] = rates.map(median);
  const [joined, alone] = [a, b].map((rate) => `${rate.toFixed(0)} requests/s`);
  console.log(`| a device of ${DEVICE_MS} ms a run | ${joined} | ${alone} | ${(a / b).toFixed(2)}x |`);
}

function jobOf({ ids }) {
  const { length } = ids;
  const numbers = (value) => new Int32Array(length).fill(value);
  const positions = { count: 0, data: new Int32Array(0) };
  const outputs = ["sentiment"];
  return {
    rows: 1,
    length,
    ids: Int32Array.from(ids),
    segments: numbers(0),
    mask: numbers(1),
    positions,
    outputs,
  };
}

/** What the server counts: the share of padding in all that ran, and the rows of a run. */
async function countedBy({ url }) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const count = (name) =>
    Number(
      metrics
        .split("\n")
        .find((line) => line.startsWith(name))
        .split(" ")
        .at(-1),
    );
  const [text, padding] = ["text", "padding"].map((kind) =>
    count(`cloze_tokens_total{model="m",kind="${kind}"}`),
  );
  return {
    padding: padding / (text + padding),
    rows: count("cloze_batch_rows_sum") / count("cloze_batch_rows_count"),
  };
}
