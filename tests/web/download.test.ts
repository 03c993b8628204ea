/** How a model comes into a page: by HTTP, from the cache, from a host's own files; and its plugins. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { describe, expect, test } from "vitest";
import { starter } from "../starter.ts";
import { call, expectNear, open, useStand, valueOf } from "./models.ts";
import type { Tools } from "./page.ts";
import { hasBrowser, isReady, manifestOf, openPage } from "./stand.ts";
import type { Site } from "./stand.ts";

declare const cloze: Tools;

const stand = useStand();
const film = "a warm , funny film";

interface FileEntry {
  readonly size: number;
  readonly sha256: string;
}

const ofStarter = (asked: Site["asked"]) =>
  asked.map(({ path: name }) => name).filter((name) => name.startsWith("starter/"));
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe.runIf(hasBrowser)("a download", () => {
  test("is made once: the second visit asks for nothing but the list of files", async () => {
    await using own = await stand().serve();
    const page = await openPage(stand().browser, own.url);
    const first = valueOf(await open(page, "starter", "/starter", { device: "wasm" })) as {
      loaded: Record<string, number>;
    };
    expect(first.loaded["model.safetensors"]).toBe(45_798_784);
    own.asked.length = 0;
    await page.reload();
    await isReady(page);
    const start = performance.now();
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    console.log(`second visit: loaded in ${(performance.now() - start).toFixed(0)} ms`);
    expect(ofStarter(own.asked)).toEqual(["starter/files.json"]);

    // What is new is downloaded, and only that.
    const manifest = JSON.parse(manifestOf(starter)) as { files: Record<string, FileEntry> };
    const config = '{"do_lower_case": true}';
    manifest.files["tokenizer_config.json"] = { size: config.length, sha256: sha256(config) };
    own.files.set("starter/files.json", JSON.stringify(manifest));
    own.files.set("starter/tokenizer_config.json", config);
    own.asked.length = 0;
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    expect(ofStarter(own.asked)).toEqual(["starter/files.json", "starter/tokenizer_config.json"]);
    await page.context().close();
  });

  test("of a folder without a list finds the usual files, shards among them, and caches by their tags", async () => {
    const page = await openPage(stand().browser, stand().site.url);
    valueOf(await open(page, "small", "/models/sharded", { device: "wasm" }));
    stand().site.asked.length = 0;
    await page.reload();
    await isReady(page);
    valueOf(await open(page, "small", "/models/sharded", { device: "wasm" }));
    const asked = stand().site.asked.filter(({ path: name }) => name.startsWith("models/"));
    expect(asked.filter(({ method }) => method !== "HEAD")).toEqual([
      expect.objectContaining({ path: "models/sharded/files.json", bytes: 0 }),
    ]);
    await page.context().close();
  });

  test("is not needed again: on the second visit the server may be gone", async () => {
    await using own = await stand().serve();
    const page = await openPage(stand().browser, own.url);
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    own.gone.add("starter");
    await page.reload();
    await isReady(page);
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    await page.context().close();
  });

  test("may be given up", async () => {
    const page = await openPage(stand().browser, stand().site.url);
    expect(await open(page, "starter", "/starter", { device: "wasm", giveUpAt: 1_000_000 })).toMatchObject({
      error: { code: "aborted" },
    });
    await page.context().close();
  });

  test("that is not what its hash says is refused, and not kept", async () => {
    await using own = await stand().serve();
    const page = await openPage(stand().browser, own.url);
    own.files.set("starter/config.json", "x".repeat(503));
    const refused = await open(page, "starter", "/starter", { device: "wasm" });
    expect(refused).toMatchObject({
      error: { code: "invalid-model", message: expect.stringContaining("config.json") as string },
    });
    own.files.delete("starter/config.json");
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    await page.context().close();
  });

  test.each([true, false])("of a part works whether the server knows ranges or not (%s)", async (ranges) => {
    await using own = await stand().serve({ ranges });
    const page = await openPage(stand().browser, own.url);
    const part = await page.evaluate(() => cloze.part("/models/erf", "model.safetensors", 9, 5));
    const text = String.fromCharCode(...(valueOf(part) as number[]));
    expect(text).toMatch(/^"[\w.]{4}$/);
    const sent = own.asked.find(
      ({ path: name, method }) => method === "GET" && name.endsWith(".safetensors"),
    );
    expect(sent?.bytes === 5).toBe(ranges);
    await page.context().close();
  });

  test.each([
    ["/models/nowhere", "not-found", "has no config.json"],
    ["http://127.0.0.1:9/model", "server-unavailable", "cannot be read"],
  ])("of %s fails as %s", async (source, code, message) => {
    const page = await openPage(stand().browser, stand().site.url);
    expect(await open(page, "none", source, { device: "wasm" })).toMatchObject({
      error: { code, message: expect.stringContaining(message) as string },
    });
    await page.context().close();
  });
});

const head = (name: string) => readFileSync(path.join(starter, "plugins/sentiment", name));

describe.runIf(hasBrowser)("what a host has", () => {
  test("a plugin is added by its address, as a folder or in one file", async () => {
    await using own = await stand().serve();
    const page = await openPage(stand().browser, own.url);
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    const plugin = JSON.parse(head("plugin.json").toString()) as object;
    own.files.set("moods/head.safetensors", head("head.safetensors"));
    own.files.set("moods/plugin.json", JSON.stringify({ ...plugin, name: "moods" }));
    const zip = new ZipWriter(new Uint8ArrayWriter());
    await zip.add("head.safetensors", new Uint8ArrayReader(head("head.safetensors")));
    await zip.add("plugin.json", new TextReader(JSON.stringify({ ...plugin, name: "tones" })));
    own.files.set("tones.cloze", await zip.close());
    const expected = await call(page, "starter", "classify", film);
    for (const place of ["/moods", "/tones.cloze"]) {
      const found = await page.evaluate(([at, text]) => cloze.plugin("starter", at, text), [place, film]);
      expectNear(valueOf(found), valueOf(expected));
    }
    await page.context().close();
  });

  test("files of the host's own are read, and stay whole", async () => {
    const page = await openPage(stand().browser, stand().site.url);
    for (const name of ["first", "second"]) {
      valueOf(await open(page, name, "/models/erf", { device: "wasm", held: true }));
      valueOf(await call(page, name, "classify", "the cat"));
    }
    await page.context().close();
  });
});
