/**
 * `cloze pull` and `cloze cache` as a shell sees them.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cloze as run, finish, start } from "../cli/cloze.ts";
import type { Result } from "../cli/cloze.ts";
import { checkpoint, largeModel, NAME, small, Stand } from "./stand.ts";

let stand: Stand;
beforeEach(async () => void (stand = await Stand.open()));
afterEach(() => stand[Symbol.asyncDispose]());

const cloze = (argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> =>
  run(argv, "", { ...stand.env, ...env });

describe("pull", () => {
  test("prints the folder and its size, and brings a model up to date", async () => {
    const first = stand.hub.publish(NAME, small);
    const folder = path.join(stand.cacheDir, "models--org--tiny-bert", "snapshots", first);
    expect(await cloze(["pull", NAME])).toMatchObject({ code: 0, out: `${folder}: 0.0 kB\n`, err: "" });
    const second = stand.hub.publish(NAME, { ...small, "vocab.txt": "[UNK]\n" });
    const [told] = (await cloze(["pull", NAME, "--json"])).json();
    expect(told).toEqual({
      name: NAME,
      revision: "main",
      commit: second,
      path: folder.replace(first, second),
      bytes: 15,
    });
  });

  test("takes a revision, and an ONNX variant by its type", async () => {
    stand.hub.publish(NAME, small);
    const commit = stand.hub.publish(
      NAME,
      { ...small, "onnx/model_quantized.onnx": "graph" },
      { revision: "v2" },
    );
    const result = await cloze(["pull", NAME, "--revision", "v2", "--dtype", "q8", "--json"]);
    expect(result.json()).toMatchObject([{ commit, revision: "v2", bytes: 13 }]);
    expect(stand.hub.fetched()).toContain("onnx/model_quantized.onnx");
    const other = await cloze(["pull", NAME, "--dtype", "q4"]);
    expect(other).toMatchObject({
      code: 2,
      err: `${NAME} has no onnx/model_q4.onnx: it has no ONNX file at all.\n`,
    });
  });

  test("reads the token that hf auth login wrote, and HF_TOKEN before it", async () => {
    stand.hub.publish(NAME, small, { access: "gated" });
    const refused = await cloze(["pull", NAME, "--json"]);
    expect(refused.code).toBe(2);
    expect(refused.json()).toMatchObject([
      { error: { code: "invalid-option", message: expect.stringContaining("is gated") } },
    ]);
    writeFileSync(path.join(stand.root, "token"), `${stand.hub.token}\n`);
    expect((await cloze(["pull", NAME], { HF_TOKEN: "hf_goodButOfAnother" })).err).toContain("is gated");
    expect((await cloze(["pull", NAME])).code).toBe(0);
  });

  test("without a network it ends with one sentence", async () => {
    const result = await cloze(["pull", NAME], { HF_HUB_OFFLINE: "1" });
    expect(result).toMatchObject({ code: 1, out: "" });
    expect(result.err).toMatch(/^org\/tiny-bert is not in .* and the network is switched off .*\.\n$/);
  });

  test("Ctrl-C stops it, and it goes on from there", async () => {
    stand.hub.publish(NAME, largeModel(3));
    stand.hub.fault = () => ({ pause: 20 });
    const child = start(["pull", NAME], stand.env);
    child.stdin.end();
    const ended = finish(child);
    while (stand.hub.sent < 1_000_000) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGINT");
    expect(await ended).toMatchObject({
      code: 1,
      err: "Fetching org/tiny-bert was stopped: fetch it again, and it goes on from there.\n",
    });
    expect(stand.files("blobs").filter((file) => file.endsWith(".lock"))).toEqual([]);
    stand.hub.fault = () => undefined;
    expect((await cloze(["pull", NAME])).code).toBe(0);
    expect(stand.hub.sent).toBeLessThan(3_500_000);
  });
});

describe("cache", () => {
  test("lists each commit of each model, whoever fetched it", async () => {
    expect(await cloze(["cache"])).toMatchObject({
      code: 0,
      out: "",
      err: `No model is in ${stand.cacheDir}.\n`,
    });
    const first = stand.hub.publish(NAME, small);
    const other = stand.hub.publish("tiny", checkpoint("erf"), { revision: "refs/pr/1" });
    await stand.fetch(NAME);
    await stand.fetch("tiny", { revision: "refs/pr/1" });
    const second = stand.hub.publish(NAME, { ...small, "vocab.txt": "[UNK]\n" });
    await stand.fetch(NAME, { update: true });
    mkdirSync(path.join(stand.cacheDir, "models--org--begun", "blobs"), { recursive: true });
    writeFileSync(path.join(stand.cacheDir, "models--org--begun", "blobs", "x.incomplete"), "12345");
    const models = (await cloze(["cache", "list", "--json"])).json();
    expect(models).toHaveLength(4);
    expect(models).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "org/begun", commit: null, revisions: [], bytes: 5 }),
        expect.objectContaining({ name: NAME, commit: first, revisions: [], bytes: 15 }),
        expect.objectContaining({ name: NAME, commit: second, revisions: ["main"], bytes: 15 }),
        expect.objectContaining({ name: "tiny", commit: other, revisions: ["refs/pr/1"] }),
      ]),
    );
    const lines = (await cloze(["cache"])).out.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    const today = new Date().toISOString().slice(0, 10);
    expect(lines.at(-1)).toMatch(
      new RegExp(`^tiny +${other.slice(0, 8)} refs/pr/1 +105\\.5 kB  last used ${today}$`),
    );
  });

  test("removes a model and says what that frees", async () => {
    stand.hub.publish(NAME, largeModel(1));
    await stand.fetch(NAME);
    const folder = path.join(stand.cacheDir, "models--org--tiny-bert");
    const dry = await cloze(["cache", "remove", NAME, "--dry-run"]);
    expect(dry).toMatchObject({ code: 0, out: `${folder} would be removed: 1.0 MB freed\n` });
    expect(existsSync(folder)).toBe(true);
    const [told] = (await cloze(["cache", "remove", NAME, "--json"])).json();
    expect(told).toMatchObject({ name: NAME, path: folder, removed: true });
    expect((told as { bytes: number }).bytes).toBeGreaterThan(1_000_000);
    expect(existsSync(folder)).toBe(false);
    const again = await cloze(["cache", "remove", NAME]);
    expect(again).toMatchObject({
      code: 2,
      err: `${NAME} is not in ${stand.cacheDir}: "cloze cache" lists what is.\n`,
    });
    expect(await cloze(["cache", "remove", "../hub"])).toMatchObject({ code: 1 });
    expect(existsSync(stand.cacheDir)).toBe(true);
  });

  test.each([
    ["HF_HUB_CACHE", { HF_HUB_CACHE: "/somewhere" }, "/somewhere"],
    ["HF_HOME", { HF_HOME: "~/hf" }, "hf/hub"],
    ["XDG_CACHE_HOME", { HF_HOME: "", XDG_CACHE_HOME: "/caches" }, "/caches/huggingface/hub"],
    ["the home folder", { HF_HOME: "", XDG_CACHE_HOME: "" }, ".cache/huggingface/hub"],
  ])("lies where %s says", async (_, env, place) => {
    expect((await cloze(["cache", "path"], env)).out).toBe(`${path.resolve(stand.root, place)}\n`);
  });
});
