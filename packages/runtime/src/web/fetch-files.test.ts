import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sha256 } from "../files/files.ts";
import { FetchFiles } from "./fetch-files.ts";
import { parseManifest } from "./manifest.ts";

/** What the server has, by path; a function answers for itself. */
const there = new Map<
  string,
  { body: string; headers?: Record<string, string>; status?: number; breaks?: true }
>();
let server: Server;
let url: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url!.slice(1);
    asked.push(`${request.method} ${path}`);
    const found = there.get(path);
    response.writeHead(found?.status ?? (found ? 200 : 404), found?.headers);
    if (found?.breaks) response.write(found.body, () => response.destroy());
    else response.end(request.method === "HEAD" ? undefined : found?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const put = (folder: string, files: Readonly<Record<string, string>>) => {
  for (const [name, body] of Object.entries(files))
    there.set(`${folder}/${name}`, { body, headers: { "content-length": String(body.length) } });
};
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown;

describe("a folder behind HTTP", () => {
  test("is what its files.json says, folders and parts of files among it", async () => {
    const whole = "one and two";
    const hash = await sha256(new TextEncoder().encode(whole));
    const files = {
      "config.json": { size: 2 },
      "big.bin": { size: 11, sha256: hash, parts: ["big.1", "big.2"] },
      "plugins/moods/plugin.json": { size: 2 },
    };
    put("listed", {
      "files.json": JSON.stringify({ files }),
      "big.1": "one and",
      "big.2": " two",
      "config.json": "{}",
    });
    const folder = new FetchFiles(`${url}/listed/`);
    expect(folder.location).toBe(`${url}/listed`);
    expect(await folder.list()).toEqual({
      files: new Map([
        ["config.json", 2],
        ["big.bin", 11],
      ]),
      folders: ["plugins"],
    });
    expect((await folder.list("plugins")).folders).toEqual(["moods"]);
    expect(text(await folder.read("big.bin"))).toBe(whole);
    expect(text(await folder.read("big.bin", { offset: 4, length: 3 }))).toBe("and");
    expect(await folder.hash("big.bin")).toBe(hash);
    expect(await folder.hash("config.json")).toBe(await sha256(new TextEncoder().encode("{}")));
    await expect(folder.read("nothing")).rejects.toEqual(code("not-found"));
    await expect(folder.read("plugins/moods/plugin.json")).rejects.toEqual(code("not-found")); // listed, but not there
  });

  test("without a list is looked through for the usual names; a page in place of one is none", async () => {
    put("plain", { "config.json": "{}", "vocab.txt": "a" });
    there.set("plain/files.json", { body: "<p>", headers: { "content-type": "text/html" } });
    there.set("plain/tokenizer.json", { body: "<p>", headers: { "content-type": "text/html" } });
    const { files } = await new FetchFiles(`${url}/plain`).list();
    expect([...files]).toEqual([
      ["config.json", 2],
      ["vocab.txt", 1],
    ]);
  });

  test("is found by the names that are given, and nothing else is asked for", async () => {
    put("named", { "head.safetensors": "1234", "plugin.json": "{}" });
    asked.length = 0;
    const { files } = await new FetchFiles(`${url}/named`, { files: ["head.safetensors", "other"] }).list();
    expect([...files]).toEqual([["head.safetensors", 4]]);
    expect(asked.sort()).toEqual(["HEAD named/head.safetensors", "HEAD named/other"]);
  });

  test("whose size is not told is measured", async () => {
    there.set("unsized/config.json", { body: "{}", headers: { "transfer-encoding": "chunked" } });
    const { files } = await new FetchFiles(`${url}/unsized`).list();
    expect([...files]).toEqual([["config.json", 2]]);
  });

  test("tells nobody what its address asks for, which may be a signature", async () => {
    const folder = new FetchFiles(`${url}/nowhere/?key=secret`, { files: ["config.json"] });
    expect(folder.location).toBe(`${url}/nowhere`);
    await expect(folder.read("config.json")).rejects.toThrow(/^(?!.*secret).*nowhere/);
  });

  test.each([
    ["shorter", "o", "invalid-model"],
    ["longer", "one and two", "invalid-model"],
    ["of the same size, but another", "two", "invalid-model"],
  ])("refuses a file that is %s than told", async (_, body, expected) => {
    const sha = await sha256(new TextEncoder().encode("one"));
    put("changed", { "files.json": JSON.stringify({ files: { x: { size: 3, sha256: sha } } }), x: body });
    await expect(new FetchFiles(`${url}/changed`).read("x")).rejects.toEqual(code(expected));
  });

  test("tells what was answered, and where nothing was", async () => {
    put("shut", { "files.json": '{"files":{"x":{"size":3}}}' });
    there.set("shut/x", { body: "no", status: 403 });
    await expect(new FetchFiles(`${url}/shut`).read("x")).rejects.toEqual(code("server-error"));
    const nowhere = new FetchFiles("http://127.0.0.1:9/model");
    await expect(nowhere.list()).rejects.toEqual(code("server-unavailable"));
    expect(() => new FetchFiles("no address")).toThrow(code("invalid-option"));
  });

  test("whose list is not answered just now is not taken for one without a list", async () => {
    put("busy", { "config.json": "{}" });
    there.set("busy/files.json", { body: "busy", status: 503 });
    await expect(new FetchFiles(`${url}/busy`).list()).rejects.toEqual(code("server-error"));
    there.set("busier/config.json", { body: "busy", status: 500 });
    await expect(new FetchFiles(`${url}/busier`).list()).rejects.toEqual(code("server-error"));
  });

  test("refuses a part of a file that is not as long as was asked", async () => {
    put("cut", { "files.json": '{"files":{"x":{"size":9}}}' });
    there.set("cut/x", { body: "abc", status: 206 });
    await expect(new FetchFiles(`${url}/cut`).read("x", { offset: 0, length: 5 })).rejects.toEqual(
      code("invalid-model"),
    );
  });

  test("tells of a part that breaks off as of a whole", async () => {
    put("broken", { "files.json": '{"files":{"x":{"size":9}}}' });
    there.set("broken/x", { body: "abc", status: 206, headers: { "content-length": "5" }, breaks: true });
    for (const range of [undefined, { offset: 0, length: 5 }])
      await expect(new FetchFiles(`${url}/broken`).read("x", range)).rejects.toEqual(
        code("server-unavailable"),
      );
  });

  test("keeps what its address asks for in every file's", async () => {
    put("signed", { "config.json?key=a%2Fb": "{}" });
    const { files } = await new FetchFiles(`${url}/signed/?key=a%2Fb`).list();
    expect([...files]).toEqual([["config.json", 2]]);
  });

  test("tells nobody what its address asks for, which may be a signature", async () => {
    const folder = new FetchFiles(`${url}/nowhere/?key=secret`, { files: ["config.json"] });
    expect(folder.location).toBe(`${url}/nowhere`);
    await expect(folder.read("config.json")).rejects.toThrow(/^(?!.*secret).*nowhere/);
  });

  test("keeps a slash at the end of what its address asks for", async () => {
    put("signed", { "config.json?key=a/": "{}" });
    const folder = new FetchFiles(`${url}/signed/?key=a/`);
    expect([...(await folder.list()).files]).toEqual([["config.json", 2]]);
  });

  test("whose files an HTTP cache holds in an older version is downloaded as it is now", async () => {
    const sha = await sha256(new TextEncoder().encode("new"));
    put("stale", { "files.json": JSON.stringify({ files: { x: { size: 3, sha256: sha } } }), x: "new" });
    const folder = new FetchFiles(`${url}/stale`, {
      fetch: async (address, init) =>
        address.endsWith("/x") && init.cache === undefined ? new Response("old") : fetch(address, init),
    });
    expect(text(await folder.read("x"))).toBe("new");
  });

  test("is read in a page of an opaque origin, whose storage throws at the mere name", async () => {
    put("opaque", { "config.json": "{}" });
    Object.defineProperty(globalThis, "caches", {
      configurable: true,
      get() {
        throw new DOMException("The context is sandboxed.", "SecurityError");
      },
    });
    onTestFinished(() => void Reflect.deleteProperty(globalThis, "caches"));
    const folder = new FetchFiles(`${url}/opaque`);
    expect(folder.keeps).toBe(false);
    expect(text(await folder.read("config.json"))).toBe("{}");
  });

  test("tells its progress, and stops where it is given up", async () => {
    put("slow", { "files.json": '{"files":{"x":{"size":3}}}', x: "abc" });
    const told: unknown[] = [];
    const stop = new AbortController();
    const folder = new FetchFiles(`${url}/slow`, {
      signal: stop.signal,
      onProgress: (progress) => told.push(progress),
    });
    await folder.read("x");
    expect(told.at(-1)).toEqual({ file: "x", loaded: 3, total: 3 });
    stop.abort();
    await expect(folder.read("x")).rejects.toEqual(code("aborted"));
  });
});

test.each([
  ["no JSON", "{"],
  ["nothing", "null"],
  ["no files", "{}"],
  ["no size", '{"files":{"x":{}}}'],
  ["no number of bytes", '{"files":{"x":{"size":-1}}}'],
  ["no hash", '{"files":{"x":{"size":1,"sha256":"1"}}}'],
  ["a way out", '{"files":{"../x":{"size":1}}}'],
  ["parts elsewhere", '{"files":{"x":{"size":1,"parts":["/etc/x"]}}}'],
])("a list with %s is refused", (_, json) => {
  expect(() => parseManifest(json, "here")).toThrow(code("invalid-model"));
});
