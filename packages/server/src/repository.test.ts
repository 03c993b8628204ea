import { presets } from "@cloze/core";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeSession } from "./fake-session.ts";
import { startServer } from "./index.ts";
import type { RunningServer, ServerOptions } from "./index.ts";

const config = { ...presets.tiny, vocabularySize: 100, maxPositions: 64 };
let folder: string;
let disposed: string[];
let sessions: Map<string, FakeSession>;
let server: RunningServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-repository-"));
  disposed = [];
  sessions = new Map();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Puts a model there: a file that says what it is. */
function put(place: string, says: string): void {
  mkdirSync(path.join(folder, place), { recursive: true });
  writeFileSync(path.join(folder, place, "model.txt"), says);
}

async function load(from: string) {
  const says = readFileSync(path.join(from, "model.txt"), "utf8");
  if (says === "broken") throw new Error("Its weights are damaged.");
  const session = new FakeSession();
  sessions.set(says, session);
  return { session, config, [Symbol.asyncDispose]: async () => void disposed.push(says) };
}

async function start(over: Partial<ServerOptions> = {}): Promise<RunningServer> {
  server = await startServer({ repository: { folder, load, everyMs: 20 }, logLevel: "silent", ...over });
  return server;
}

const call = async (route: string, method = "GET", sent?: object) => {
  const init = { method, ...(sent && { body: JSON.stringify(sent) }) };
  const response = await fetch(server!.url + route, init);
  return { status: response.status, body: (await response.json()) as object };
};
const index = async () => (await call("/v2/repository/index", "POST")).body;
const infer = (model: string) =>
  call(`/v2/models/${model}/infer`, "POST", {
    inputs: ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
      name,
      datatype: "INT64",
      shape: [1, 1],
      data: [name === "token_type_ids" ? 0 : 1],
    })),
    outputs: [{ name: "label" }],
  });

describe("a repository", () => {
  it("serves every model and version in it, the highest where none is named", async () => {
    put("plain", "plain");
    put("moods/2", "two");
    put("moods/10", "ten");
    put("moods/drafts", "none");
    put(".hidden", "none");
    await start();
    expect(await index()).toEqual([
      { name: "moods", version: "2", state: "READY", reason: "" },
      { name: "moods", version: "10", state: "READY", reason: "" },
      { name: "plain", version: "1", state: "READY", reason: "" },
    ]);
    expect((await call("/v2/models/moods")).body).toMatchObject({ versions: ["2", "10"] });
    expect((await infer("moods")).body).toMatchObject({ model_version: "10" });
    expect((await infer("moods/versions/2")).body).toMatchObject({ model_version: "2" });
    expect(await infer("moods/versions/3")).toMatchObject({
      status: 404,
      body: { error: "There is no version 3 of moods: this server has 2, 10." },
    });
  });

  it("takes what is new, and gives back what went, while it runs", async () => {
    put("moods/1", "one");
    await start();
    put("moods/2", "two");
    await expect.poll(index).toMatchObject([{ version: "1" }, { version: "2", state: "READY" }]);
    rmSync(path.join(folder, "moods/1"), { recursive: true });
    await expect.poll(index).toMatchObject([{ version: "2", state: "READY" }]);
    expect(disposed).toEqual(["one"]);
    put("moods/2", "two, changed");
    await expect.poll(() => disposed).toEqual(["one", "two"]);
    expect((await infer("moods")).status).toBe(200);
  });

  it("lets the old one serve until the new one is warm, and finish what it has", async () => {
    put("moods/1", "old");
    await start();
    const release = sessions.get("old")!.hold();
    const before = sessions.get("old")!.runs.length;
    const running = infer("moods");
    await expect.poll(() => sessions.get("old")!.runs.length).toBe(before + 1);
    put("next", "new");
    rmSync(path.join(folder, "moods/1"), { recursive: true });
    renameSync(path.join(folder, "next"), path.join(folder, "moods/1"));
    const reloaded = server!.reload();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(disposed).toEqual([]);
    release();
    expect((await running).status).toBe(200);
    await reloaded;
    await expect.poll(() => disposed).toEqual(["old"]);
    expect((await infer("moods")).status).toBe(200);
    expect(sessions.get("new")!.runs.length).toBeGreaterThan(before);
  });

  it("goes on with the old one where the new one is broken, and says why", async () => {
    put("moods/1", "good");
    put("other", "broken");
    await start();
    put("moods/1", "broken");
    await server!.reload();
    const reason = "Its weights are damaged.";
    expect(await index()).toEqual([
      { name: "moods", version: "1", state: "READY", reason },
      { name: "other", version: "1", state: "UNAVAILABLE", reason },
    ]);
    expect((await infer("moods")).status).toBe(200);
    expect(await infer("other")).toEqual({
      status: 503,
      body: { error: `The model other cannot be asked now: ${reason}` },
    });
    expect((await call("/v2/repository/index", "POST", { ready: true })).body).toHaveLength(1);
    put("other", "mended");
    await expect.poll(async () => (await infer("other")).status).toBe(200);
    expect(disposed).toEqual([]);
  });

  it("loads and unloads what it is told to, and what was unloaded stays so", async () => {
    put("moods/1", "one");
    put("plain", "plain");
    await start();
    expect(await call("/v2/repository/models/moods/unload", "POST")).toEqual({ status: 200, body: {} });
    await expect.poll(() => disposed).toEqual(["one"]);
    await server!.reload();
    expect(await call("/v2/models/moods/ready")).toMatchObject({ status: 503 });
    expect(await index()).toMatchObject([{ state: "UNAVAILABLE", reason: "It was unloaded." }, {}]);
    expect(await call("/v2/repository/models/moods/load", "POST")).toEqual({ status: 200, body: {} });
    expect((await infer("moods")).status).toBe(200);
    put("moods/1", "broken");
    expect(await call("/v2/repository/models/moods/load", "POST")).toEqual({
      status: 400,
      body: { error: "Its weights are damaged." },
    });
    expect((await infer("moods")).status).toBe(200);
    for (const action of ["load", "unload"])
      expect((await call(`/v2/repository/models/none/${action}`, "POST")).status).toBe(404);
  });

  it("that is half-copied is waited for", async () => {
    put("moods/1", "one");
    const growing = (text: string) => writeFileSync(path.join(folder, "moods/1/model.txt"), text);
    await start({ repository: { folder, load, everyMs: 200 } });
    for (let i = 0; i < 8; i++) {
      growing("broken".slice(0, 1 + (i % 3)));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect([...sessions.keys()]).toEqual(["one"]);
    growing("whole");
    await expect.poll(() => [...sessions.keys()], { timeout: 3000 }).toEqual(["one", "whole"]);
  });

  it("without one model that can be loaded is no server", async () => {
    await expect(start()).rejects.toThrow("The repository has no model");
    put("moods", "broken");
    await expect(start()).rejects.toMatchObject({
      code: "invalid-model",
      message: "No model of the repository can be served. moods: Its weights are damaged.",
    });
    await expect(start({ repository: { folder: `${folder}/none`, load } })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^The repository cannot be read: .*ENOENT/) as string,
    });
  });

  it("is looked at through its links, and those that lead in a circle have an end", async () => {
    put("moods", "one");
    mkdirSync(path.join(folder, ".shared"));
    for (const name of ["again", "and-again"]) symlinkSync(".", path.join(folder, "moods", name));
    symlinkSync("../.shared", path.join(folder, "moods/plugins"));
    await start();
    writeFileSync(path.join(folder, ".shared/plugin.json"), "{}");
    await expect.poll(() => disposed).toEqual(["one"]);
  });

  it("that shall never be looked at again is not", async () => {
    put("plain", "plain");
    await start({ repository: { folder, load, everyMs: Infinity } });
    put("moods/1", "one");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([...sessions.keys()]).toEqual(["plain"]);
  });

  it("is closed with all that it had", async () => {
    put("moods/1", "one");
    put("plain", "plain");
    await (await start()).close();
    expect(disposed.sort()).toEqual(["one", "plain"]);
  });
});
