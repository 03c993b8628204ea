/**
 * However a run is cut off, resumed it ends as one that never was: the same bytes, the same log. CLOZE_LONG=1 kills it
 * 200 times.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { timingFields } from "@cloze/train/run";

const long = process.env.CLOZE_LONG === "1";
const [kills, steps] = long ? [200, 1000] : [20, 300];
const toy = path.join(import.meta.dirname, "toy.ts");

let scratch: string;
let expected: ReturnType<typeof results>;
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), "cloze-kill-"));
  const whole = path.join(scratch, "whole");
  expect(await live(start(whole))).toBe(true);
  expected = results(whole);
  expect(expected.log.filter(({ step }) => step === steps)).toHaveLength(2); // the update and its evaluation
});
afterAll(() => rmSync(scratch, { recursive: true }));

const start = (folder: string, ...more: readonly number[]) =>
  spawn(process.execPath, [toy, folder, ...[steps, ...more].map(String)], {
    stdio: ["ignore", "ignore", "pipe"],
  });

/** Runs it until it ends or is killed; says whether it ended. */
async function live(program: ReturnType<typeof start>, milliseconds?: number): Promise<boolean> {
  const timer =
    milliseconds === undefined ? undefined : setTimeout(() => program.kill("SIGKILL"), milliseconds);
  const { code, said } = await ending(program);
  clearTimeout(timer);
  if (code !== null) expect({ code, said }).toEqual({ code: 0, said: "" });
  return code === 0;
}

/** How it ends, and the last that it says. */
async function ending(program: ReturnType<typeof start>): Promise<{ code: number | null; said: string }> {
  let said = "";
  program.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(program, "close")) as [number | null];
  return { code, said: said.trimEnd() };
}

const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

/** What a run leaves, but for what tells of time. */
const results = (folder: string) => ({
  weights: hash(path.join(folder, "final.bin")),
  checkpoints: readdirSync(path.join(folder, "checkpoints")).map((name) => {
    const place = path.join(folder, "checkpoints", name);
    const { logBytes: _, ...rest } = json(readFileSync(path.join(place, "state.json"), "utf8"));
    return { name, state: hash(path.join(place, "state.safetensors")), rest };
  }),
  log: readFileSync(path.join(folder, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const fields = json(line);
      for (const name of timingFields) delete fields[name];
      return fields;
    }),
});

const leftovers = (folder: string): string[] => {
  const checkpoints = path.join(folder, "checkpoints");
  return existsSync(checkpoints) ? readdirSync(checkpoints).filter((name) => name.startsWith(".")) : [];
};

test(`a run killed at ${kills} moments, in the middle of saves too, ends as one that never was`, async () => {
  let [killed, inSaves] = [0, 0];
  for (let run = 0; killed < kills; run++) {
    const folder = path.join(scratch, `run-${run}`);
    for (let ended = false; !ended;) {
      const random = Math.random();
      if (killed >= kills) ended = await live(start(folder));
      else if (killed % 2 === 0) ended = await live(start(folder), 60 + 400 * random);
      else ended = await live(start(folder, 1 + Math.floor(8 * Math.random()), 4 * random)); // in a save
      if (!ended) killed++;
      if (leftovers(folder).length > 0) inSaves++;
    }
    expect(results(folder)).toEqual(expected);
    rmSync(folder, { recursive: true });
  }
  console.log(`killed ${killed} times, ${inSaves} of them in a save`);
  expect(inSaves).toBeGreaterThan(0);
}, 600_000);

test("a run that is interrupted keeps where it is, says how to go on, and ends as one that never was", async () => {
  const folder = path.join(scratch, "interrupted");
  const program = start(folder);
  const moment = setInterval(() => {
    if (existsSync(path.join(folder, "checkpoints", "step-000007")) && program.kill("SIGINT"))
      clearInterval(moment);
  }, 5);
  const { code, said } = await ending(program);
  clearInterval(moment);
  const [, step] =
    /^The training was stopped after step (\d+) of \d+: resume the run in .* to go on from there\.$/.exec(
      said,
    ) ?? [];
  expect({ code, said, step }).toEqual({ code: 1, said, step: expect.any(String) });
  const kept = readdirSync(path.join(folder, "checkpoints")).at(-1);
  expect(kept).toBe(`step-${step.padStart(6, "0")}`);
  expect(await live(start(folder))).toBe(true);
  expect(results(folder)).toEqual(expected);
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "a run whose disk is full says so, and ends as one that never was when there is room",
  async () => {
    const disk = path.join(scratch, "disk");
    mkdirSync(disk);
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk]);
    try {
      const folder = path.join(disk, "run");
      const { code, said } = await ending(start(folder));
      expect(code).toBe(1);
      expect(said).toMatch(
        /step-000021 cannot be written \(the disk is full, ENOSPC\): make room, then resume the run, from .*step-000014, which is whole\.$/,
      );
      expect(readdirSync(path.join(folder, "checkpoints"))).toEqual(["step-000007", "step-000014"]);
      execFileSync("/bin/mount", ["-o", "remount,size=30m", disk]);
      expect(await live(start(folder))).toBe(true);
      expect(results(folder)).toEqual(expected);
    } finally {
      execFileSync("/bin/umount", [disk]);
    }
  },
);
