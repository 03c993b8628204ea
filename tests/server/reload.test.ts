/** Models that change while the server runs: nobody who asks notices but by the answer. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { fixturePath } from "../reference/fixtures.ts";
import { indexOf, infer, makeRepository, startServerProcess } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

/** Clients that ask without a pause until they are told to stop; tells the statuses and versions that they got. */
function keepAsking({ url }: ServerProcess, clients = 8) {
  const seen = new Map<string, number>();
  const stopped = new AbortController();
  const client = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const { status, body } = await infer(url, "moods");
      const what = `${status} ${body.model_version ?? body.error}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    seen,
    async stop() {
      stopped.abort();
      await all;
    },
  };
}

test("a new version takes over under load, at SIGHUP, and no request fails", async () => {
  using repository = makeRepository();
  repository.put("moods/1", "no-prefix");
  await using server = await startServerProcess(["--models", repository.folder]);
  const load = keepAsking(server);
  await expect.poll(() => load.seen.get("200 1") ?? 0).toBeGreaterThan(20);
  repository.put("moods/2", "pretraining");
  server.child.kill("SIGHUP");
  await expect.poll(() => load.seen.get("200 2") ?? 0, { timeout: 20_000 }).toBeGreaterThan(20);
  rmSync(path.join(repository.folder, "moods/1"), { recursive: true });
  server.child.kill("SIGHUP");
  await expect.poll(async () => (await indexOf(server.url)).length).toBe(1);
  await load.stop();
  expect([...load.seen.keys()]).toEqual(["200 1", "200 2"]);
  expect((await infer(server.url, "moods/versions/1")).status).toBe(404);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, err: "" });
});

test("other files in a model's folder are taken by themselves; broken ones leave the old ones serving", async () => {
  using repository = makeRepository();
  repository.put("moods", "no-prefix");
  await using server = await startServerProcess(["--models", repository.folder]);
  const before = (await infer(server.url, "moods")).body.outputs;
  const load = keepAsking(server, 2);
  writeFileSync(path.join(repository.folder, "moods/config.json"), "{");
  await expect.poll(async () => (await indexOf(server.url))[0].reason, { timeout: 30_000 }).not.toBe("");
  expect((await indexOf(server.url))[0].state).toBe("READY");
  expect((await infer(server.url, "moods")).body.outputs).toEqual(before);
  repository.put("moods", "pretraining");
  await expect
    .poll(async () => (await infer(server.url, "moods")).body.outputs, { timeout: 30_000 })
    .not.toEqual(before);
  await load.stop();
  expect([...load.seen.keys()]).toEqual(["200 1"]);
  expect(await indexOf(server.url)).toMatchObject([{ state: "READY", reason: "" }]);
  server.child.kill("SIGTERM");
  const { code, err } = await server.ended;
  expect(code).toBe(0);
  expect(JSON.parse(err)).toMatchObject({ level: "error", model: "moods", msg: "model not loaded" });
});

test("a model is there in several precisions, each in a folder of its own", async () => {
  using repository = makeRepository();
  repository.put("half", "f16");
  const int8 = path.join(repository.folder, "int8");
  mkdirSync(path.join(int8, "onnx"), { recursive: true });
  for (const name of ["config.json", "vocab.txt", "onnx/model_quantized.onnx"])
    copyFileSync(fixturePath(`foreign/hub/${name}`), path.join(int8, name));
  await using server = await startServerProcess(["--models", repository.folder]);
  for (const precision of ["half", "int8"]) expect((await infer(server.url, precision)).status).toBe(200);
});

const serve = (folder: string) => cloze(["serve", "--server-only", "--models", folder]);

test("a folder without a model that can be served, or none, is told in one sentence", async () => {
  using repository = makeRepository();
  expect(await serve(repository.folder)).toMatchObject({
    code: 1,
    err: "The repository has no model: put each in a folder of its own there.\n",
  });
  const none = path.join(repository.folder, "none");
  expect(await serve(none)).toMatchObject({
    code: 1,
    err: `There is no folder ${none}: --models takes one with a model in each of its folders.\n`,
  });
});
