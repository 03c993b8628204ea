/**
 * A pre-training that is killed at any moment and resumed gives the bytes of one that never was. CLOZE_LONG=1 kills it
 * 20 times.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { timingFields } from "../../packages/train/src/run/store.ts";
import { cloze, finish, start } from "../cli/cloze.ts";
import { pretrainArguments, writeGiven } from "./given.ts";
import type { Given } from "./given.ts";

const kills = process.env.CLOZE_LONG === "1" ? 20 : 3;

let scratch: string;
let given: Given;
let whole: string;
/** How long the whole run took, in milliseconds. */
let took: number;
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), "cloze-pretrain-"));
  given = writeGiven(path.join(scratch, "given"));
  whole = path.join(scratch, "whole");
  const begun = performance.now();
  const { code, err } = await cloze(pretrainArguments(given, whole));
  expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
  took = performance.now() - begun;
});
afterAll(() => rmSync(scratch, { recursive: true }));

const hash = (folder: string) =>
  createHash("sha256")
    .update(readFileSync(path.join(folder, "model.safetensors")))
    .digest("hex");
const log = (folder: string) =>
  readFileSync(path.join(folder, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const fields = JSON.parse(line) as Record<string, unknown>;
      for (const name of timingFields) delete fields[name];
      return fields;
    });

test(`killed at ${kills} random moments and resumed, it ends with the bytes of a run that never was`, async () => {
  let killed = 0;
  for (let run = 0; killed < kills; run++) {
    const out = path.join(scratch, `run-${run}`);
    for (let ended = false; !ended;) {
      const child = start([...pretrainArguments(given, out), "--resume"]);
      const moment = killed < kills ? 0.2 * took + Math.random() * took : 1e6;
      const timer = setTimeout(() => child.kill("SIGKILL"), moment);
      const { code, err } = await finish(child);
      clearTimeout(timer);
      if (code === null) killed++;
      else expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
      ended = code === 0;
    }
    expect(hash(out)).toBe(hash(whole));
    expect(log(out)).toEqual(log(whole));
    rmSync(out, { recursive: true });
  }
}, 600_000);

test("interrupted, it saves and says how to go on, and ends as one that never was", async () => {
  const out = path.join(scratch, "interrupted");
  const child = start(pretrainArguments(given, out));
  const moment = setInterval(() => {
    if (existsSync(path.join(out, "checkpoints", "step-000015")) && child.kill("SIGINT"))
      clearInterval(moment);
  }, 5);
  const { code, err, out: said } = await finish(child);
  clearInterval(moment);
  expect({ code, said }).toEqual({ code: 1, said: "" });
  expect(err).toMatch(
    /To go on: cloze pretrain .* --resume\nThe training was stopped after step \d+ of 120: [^\n]*\n$/,
  );
  expect((await cloze([...pretrainArguments(given, out), "--resume"])).code).toBe(0);
  expect(hash(out)).toBe(hash(whole));
});

test("resumed when it is complete, it leaves the model as it is and says so", async () => {
  const before = hash(whole);
  const { code, err } = await cloze([...pretrainArguments(given, whole), "--resume"]);
  expect({ code, before }).toEqual({ code: 0, before: hash(whole) });
  expect(err).toContain("is complete");
});
