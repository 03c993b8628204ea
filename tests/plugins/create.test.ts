/**
 * From nothing to a route: `npm create cloze-plugin` as it is packed for the registry, then the scripts of the folder
 * that it makes, against `cloze serve` with a folder to keep plugins in.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serve } from "./serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

let place: string;
beforeAll(async () => {
  place = await mkdtemp(path.join(tmpdir(), "cloze create "));
});
afterAll(() => rm(place, { recursive: true, maxRetries: 5 }));

it("data in, head out, route and command at the end; and the route is there after a restart", async () => {
  const packed = await run("npm", ["pack", "--json", "--pack-destination", place], {
    cwd: path.join(root, "packages/create-cloze-plugin"),
  });
  const [{ filename }] = JSON.parse(packed.stdout) as { filename: string }[];
  await run("tar", ["-xzf", filename], { cwd: place });
  const bin = path.join(place, "package/bin/create-cloze-plugin.js");
  const made = await run(process.execPath, [bin, "support"], { cwd: place });
  expect(made.stdout).toContain("npm run train");

  const folder = path.join(place, "support");
  const env = {
    ...process.env,
    PATH: `${path.join(root, "node_modules/.bin")}${path.delimiter}${process.env.PATH}`,
  };
  const npm = (...argv: readonly string[]) => run("npm", ["run", "--silent", ...argv], { cwd: folder, env });
  const trained = await npm("train", "--", "--json");
  const { best } = JSON.parse(trained.stdout) as { best: { metrics: { accuracy: number } } };
  expect(best.metrics.accuracy).toBeGreaterThan(0.7);
  await npm("train"); // again, in the same folder
  expect((await npm("try", "--", "Where is my order?")).stdout).toContain("question");

  const kept = path.join(place, "kept");
  const first = await serve("--plugins", kept);
  const deployed = await npm("deploy", "--", "--to", first.url);
  expect(deployed.stdout).toContain(`support 1.0.0 is live at ${first.url}/v1/plugins/support`);
  await first[Symbol.asyncDispose]();
  const second = await serve("--plugins", kept);
  const answer = await fetch(`${second.url}/v1/plugins/support`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "Where is my order?" }),
  });
  expect(await answer.json()).toMatchObject({ label: "question" });
  await second[Symbol.asyncDispose]();
  expect(JSON.parse(await readFile(path.join(folder, "plugin/plugin.json"), "utf8"))).toMatchObject({
    name: "support",
    encoder: { name: expect.any(String) as string },
  });
});
