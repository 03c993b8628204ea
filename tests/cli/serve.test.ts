/** `cloze serve` as people run it: started, asked, stopped, and nothing left. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { LabelScores } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { cloze, finish, main, start } from "./cloze.ts";

/** The addresses that a serving child prints. */
async function addresses(child: ChildProcessWithoutNullStreams): Promise<{ url: string; serverUrl: string }> {
  let out = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    out += String(chunk);
    if (out.endsWith("\n")) return JSON.parse(out) as { url: string; serverUrl: string };
  }
  throw new Error("It ended before it was ready.");
}

/** A process's children, grandchildren and so on that live. */
function descendants(pid: number | undefined): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    parents.flatMap(([child, its]) => (its === parent ? [child, ...below(child)] : []));
  return below(pid ?? 0);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function refuses(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "serve answers, and %s leaves nothing running",
  async (signal) => {
    const child = start(["serve", "--port", "0", "--json"]);
    const ended = finish(child);
    const { url, serverUrl } = await addresses(child);
    const answer = await post(`${url}/v1/classify`, { text: "a warm , funny and touching film" });
    expect(await answer.json()).toMatchObject({ label: "positive" });
    const asked = { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896." };
    expect(await (await post(`${url}/v1/answer`, asked)).json()).toMatchObject({ answer: "Anton Chekhov" });
    const below = descendants(child.pid);
    expect(below.length).toBeGreaterThan(0);

    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, err: "" });
    expect(below.filter(lives)).toEqual([]);
    expect(await refuses(url)).toBe(true);
    expect(await refuses(serverUrl)).toBe(true);
  },
);

test("what has arrived is answered before it ends", async () => {
  const child = start(["serve", "--port", "0", "--json"]);
  const ended = finish(child);
  const { url } = await addresses(child);
  const context = "The play was written by Anton Chekhov in 1896. ".repeat(100);
  const answer = post(`${url}/v1/answer`, { question: "Who wrote it?", context });
  await new Promise((resolve) => setTimeout(resolve, 150));
  process.kill(child.pid!, "SIGTERM");
  expect((await (await answer).json()) as object).toMatchObject({ answer: "Anton Chekhov" });
  expect(await ended).toMatchObject({ code: 0, err: "" });
});

test("another model is served with its own tokenizer, labels and head", async () => {
  const model = fixturePath("checkpoints/no-prefix");
  const child = start(["serve", "--port", "0", "--json", "--model", model]);
  const ended = finish(child);
  const { url } = await addresses(child);
  const text = "The cat sat on the mat.";
  await using bert = await load(model);
  const here = (await bert.classify(text)) as LabelScores;
  const there = (await (await post(`${url}/v1/classify`, { text })).json()) as LabelScores;
  expect(there.label).toBe(here.label);
  expect(there.score).toBeCloseTo(here.score, 5);
  const { ids } = (await (await post(`${url}/v1/tokenize`, { text })).json()) as { readonly ids: number[] };
  expect(ids.slice(1, -1)).toEqual([...bert.tokenizer.tokenize(text).ids]);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0 });
});

test("byte order marks in a model's files are no part of what is served", async () => {
  const model = mkdtempSync(path.join(tmpdir(), "cloze-serve-"));
  cpSync(fixturePath("checkpoints/no-prefix"), model, { recursive: true });
  for (const name of ["config.json", "tokenizer_config.json", "vocab.txt"]) {
    const file = path.join(model, name);
    writeFileSync(file, `\uFEFF${readFileSync(file, "utf8")}`);
  }
  const child = start(["serve", "--port", "0", "--json", "--model", model]);
  const ended = finish(child);
  const { url } = await addresses(child);
  const { ids } = (await (await post(`${url}/v1/tokenize`, { text: "a cat" })).json()) as {
    readonly ids: number[];
  };
  await using bert = await load(model);
  expect(ids.slice(1, -1)).toEqual([...bert.tokenizer.tokenize("a cat").ids]);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0, err: "" });
  rmSync(model, { recursive: true });
});

test("a Worker that does not start is told in one sentence, and leaves nothing that holds the program", async () => {
  const program = `
    import { startWorker } from ${JSON.stringify(pathToFileURL(main.replace("main.js", "workerd.js")))};
    const modules = { "worker.js": 'throw new Error("The model is damaged: fetch it again.");' };
    await startWorker({ modules, host: "127.0.0.1", port: 0 }).catch(({ code, message }) => console.log(code, message));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  expect(await finish(child)).toMatchObject({
    code: 0,
    out: "server-unavailable The Worker did not start: The model is damaged: fetch it again.\n",
    err: "",
  });
});

test("a port in use is told before anything is loaded, PORT being the default", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as AddressInfo;
  const message = `Port ${port} is in use: choose another with --port (or PORT=…), or stop what holds it.\n`;
  expect(await cloze(["serve", "--port", String(port)])).toMatchObject({ code: 1, out: "", err: message });
  const result = await cloze(["serve", "--json"], "", { PORT: String(port) });
  expect(result.json()).toEqual([{ error: { code: "port-in-use", message: message.trimEnd() } }]);
  holder.close();
});

test("people get the address and lines to try", async () => {
  const child = start(["serve", "--port", "0"]);
  const ended = finish(child);
  await new Promise<void>((resolve) => child.stdout.on("data", () => resolve()));
  child.kill("SIGINT");
  const { code, out } = await ended;
  expect(code).toBe(0);
  expect(out).toMatch(/^Cloze is ready at http:\/\/127\.0\.0\.1:\d+\n/);
  expect(out.match(/curl -s/g)).toHaveLength(2);
});
