/**
 * The API's document is true: Schemathesis makes requests of it, right ones and wrong ones, and holds every answer
 * against it. `CLOZE_LONG=1` tries some 4,000 in place of some 1,000.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { describe, expect, it } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { starter } from "../starter.ts";
import { startWorker } from "./worker.ts";

const python = pythonWith("schemathesis");
if (python === undefined)
  console.warn("The API was not held against its document: CLOZE_PYTHON has no schemathesis.");

const examples = process.env.CLOZE_LONG ? 100 : 8;

describe.runIf(python)("the API", () => {
  it(
    "answers what its document says, whatever it is sent, and never with 5xx",
    async () => {
      await using bert = await load(starter);
      const server = await startServer({
        session: bert.session,
        config: bert.config,
        model: "cloze-starter",
      });
      await using _server = { [Symbol.asyncDispose]: () => server.close() };
      await using worker = await startWorker(server.url, "cloze-starter", {
        CLOZE_KEYS: `tests admin ${createHash("sha256").update("schema").digest("hex")}`,
        CLOZE_PLUGINS: { type: "kv" },
      });
      const folder = await mkdtemp(path.join(tmpdir(), "schemathesis-"));
      const { code, said } = await run(folder, [
        "-m",
        "schemathesis.cli",
        "run",
        new URL("openapi.json", worker.url).href,
        "--header",
        "Authorization: Bearer schema",
        "--checks",
        "all",
        // What a schema cannot say (a text without [MASK], a window without room) is refused all the same.
        "--exclude-checks",
        "positive_data_acceptance",
        "--max-examples",
        String(examples),
        "--seed",
        "1",
        "--continue-on-failure",
        "--no-color",
        "--warnings",
        "off",
        "--generation-database",
        "none",
      ]);
      await rm(folder, { recursive: true });
      expect(code, said).toBe(0);
      expect(Number(/(\d+) generated/.exec(said)?.[1])).toBeGreaterThan(process.env.CLOZE_LONG ? 2000 : 500);
    },
    process.env.CLOZE_LONG ? 1_200_000 : 240_000,
  );
});

function run(cwd: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(python!, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}
