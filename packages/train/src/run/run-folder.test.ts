import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { homedir, hostname, tmpdir, userInfo } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { openRun } from "./run-folder.ts";
import type { RunOptions } from "./run-folder.ts";
import type { LogLine } from "./store.ts";

let scratch: string;
let folder: string;
let corpus: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), "cloze-run-"));
  folder = path.join(scratch, "out");
  corpus = path.join(scratch, "corpus.txt");
  writeFileSync(corpus, "abc");
});
afterEach(() => rmSync(scratch, { recursive: true }));

const options = (): RunOptions => ({
  command: "cloze pretrain",
  options: { rate: 1e-4, optimizer: { name: "adamW", decay: 0.01 }, layers: [1, 2] },
  seeds: [1],
  data: [{ file: corpus, rows: 1 }],
});

/** Opens a run and closes it. */
async function open(changes: Partial<RunOptions> = {}): Promise<void> {
  await using _ = await openRun(folder, { ...options(), ...changes });
}
const message = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
const manifest = (): Manifest =>
  JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8")) as Manifest;

describe("manifest.json", () => {
  test("says what the run is made from", async () => {
    await open({ versions: { onnxruntime: "1.30.0" } });
    expect(manifest()).toEqual({
      command: "cloze pretrain",
      options: options().options,
      seeds: [1],
      versions: {
        cloze: "0.1.0",
        node: process.versions.node,
        onnxruntime: "1.30.0",
        os: expect.any(String),
      },
      data: [
        {
          file: corpus,
          bytes: 3,
          sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          rows: 1,
        },
      ],
      machine: {
        cpu: expect.any(String),
        cores: expect.any(Number),
        memory: expect.any(Number),
        platform: `${process.platform} ${process.arch}`,
      },
      started: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(Math.abs(Date.parse(manifest().started) - Date.now())).toBeLessThan(60_000);
  });

  test("names no home folder, no user and no host", async () => {
    const home = homedir();
    await open({
      command: `cloze pretrain --out ${home}/new ${home}-other`,
      options: { from: `${home}/models/a` },
    });
    expect(manifest().command).toBe(`cloze pretrain --out ~/new ${home}-other`);
    expect(manifest().options).toEqual({ from: "~/models/a" });
    rmSync(folder, { recursive: true });
    await open();
    const text = readFileSync(path.join(folder, "manifest.json"), "utf8");
    expect(text).not.toContain(hostname());
    expect(text).not.toContain(`"${userInfo().username}`);
  });
});

describe("a used folder", () => {
  test("is refused, unless its run is resumed", async () => {
    await open();
    expect(await message(open())).toBe(
      `${folder} is in use: resume the run in it, or choose another folder.`,
    );
    await open({ resume: true });
  });

  test("without a run cannot be resumed", async () => {
    expect(await message(openRun(scratch, { ...options(), resume: true }))).toBe(
      `${scratch} holds no run to resume: choose another folder.`,
    );
  });

  test("that is a file is refused", async () => {
    expect(await message(openRun(corpus, options()))).toContain("is no folder to write to (ENOTDIR)");
  });
});

test("an unused folder is begun though resumed, as after a kill before anything was written", async () => {
  const warnings: string[] = [];
  await open({ resume: true, onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([`There is no run in ${folder} yet: it begins.`]);
  expect(readdirSync(folder).sort()).toEqual(["manifest.json", "metrics.jsonl"]);
});

const resume = (changes: Partial<RunOptions>) => message(open({ ...changes, resume: true }));

describe("a run is resumed as it was begun", () => {
  beforeEach(() => open());

  test("another configuration is refused, with each difference on its line", async () => {
    const text = await resume({
      options: { rate: 5e-5, optimizer: { name: "adamW", clip: 1 }, layers: [1, 3] },
      seeds: [2],
    });
    expect(text.split("\n").slice(1)).toEqual([
      "  rate: 0.0001 in the folder, 0.00005 now",
      "  optimizer.decay: 0.01 in the folder, nothing now",
      "  layers: [1,2] in the folder, [1,3] now",
      "  seeds: [1] in the folder, [2] now",
      "  optimizer.clip: nothing in the folder, 1 now",
    ]);
  });

  test("data that have changed are named", async () => {
    writeFileSync(corpus, "abd");
    expect(await resume({})).toContain(
      `\n  ${corpus}: changed since (3 bytes in the folder, 3 now; its hash differs)`,
    );
  });

  test("data that are missing are named", async () => {
    expect(await resume({ data: [] })).toContain(`\n  ${corpus}: among the data in the folder, missing now`);
    rmSync(corpus);
    expect(await resume({})).toBe(`The data file ${corpus} cannot be read (ENOENT): put it back.`);
  });

  test("data that have moved are the same", async () => {
    const moved = path.join(scratch, "moved.txt");
    writeFileSync(moved, "abc");
    await open({ resume: true, data: [{ file: moved }] });
  });

  test("on another machine it is resumed with a warning", async () => {
    const warnings: string[] = [];
    await open({
      resume: true,
      versions: { onnxruntime: "2.0.0" },
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings).toEqual([
      "The run was begun elsewhere, its numbers may differ in the last digits " +
        '(onnxruntime: nothing in the folder, "2.0.0" now).',
    ]);
  });

  test("a manifest of something else is told", async () => {
    for (const other of ["{}", "null", '{"name":"an app"}']) {
      writeFileSync(path.join(folder, "manifest.json"), other);
      expect(await resume({})).toMatch(
        /manifest\.json cannot be read \(it is of no run\): begin the run in /,
      );
    }
  });

  test("a damaged manifest is told", async () => {
    truncateSync(path.join(folder, "manifest.json"), 10);
    expect(await resume({})).toMatch(
      /manifest\.json cannot be read \(.*\): begin the run in another folder\.$/,
    );
  });
});

const line = (step: number): LogLine => ({ step, evaluation: { f1: step } });
const log = () => readFileSync(path.join(folder, "metrics.jsonl"), "utf8");

const tensors = (steps: number) =>
  path.join(folder, "checkpoints", `step-00000${steps}`, "state.safetensors");

describe("where a run goes on", () => {
  const shapes = new Map([["w", [1]]]);
  const weights = new Map([["w", Float32Array.of(1)]]);

  /** Three updates, each of them logged and kept, and a line after them. */
  beforeEach(async () => {
    await using run = await openRun(folder, options());
    expect(await run.load()).toBeUndefined();
    for (const steps of [1, 2, 3]) {
      run.log(line(steps));
      await run.save(
        {
          state: { steps, weights, slots: {} },
          position: steps,
          progress: { steps, tokens: 0, withoutGain: 0 },
        },
        shapes,
      );
    }
    run.log(line(4));
  });

  test("is its last checkpoint; what was logged afterwards is cut", async () => {
    await using run = await openRun(folder, { ...options(), resume: true });
    expect((await run.load())?.position).toBe(3);
    run.log(line(5));
    expect(log()).toBe([1, 2, 3, 5].map((step) => `${JSON.stringify(line(step))}\n`).join(""));
  });

  test("is the one before, with a warning, where the last is damaged", async () => {
    truncateSync(tensors(3), 5);
    const warnings: string[] = [];
    await using run = await openRun(folder, {
      ...options(),
      resume: true,
      onWarning: (one) => warnings.push(one),
    });
    expect((await run.load())?.position).toBe(2);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`The checkpoint ${run.checkpointAt(3)} is damaged`);
    expect(log().split("\n")).toHaveLength(3);
  });

  test("is nowhere where none is whole, and nothing is touched", async () => {
    for (const steps of [1, 2, 3]) truncateSync(tensors(steps), 5);
    const before = log();
    await using run = await openRun(folder, { ...options(), resume: true });
    expect(await message(run.load())).toBe(
      `No checkpoint in ${path.join(folder, "checkpoints")} is whole: begin the run again in another folder.`,
    );
    expect(log()).toBe(before);
  });

  test("keeps its place though the log has lost lines, and says so", async () => {
    truncateSync(path.join(folder, "metrics.jsonl"), 5);
    const warnings: string[] = [];
    await using run = await openRun(folder, {
      ...options(),
      resume: true,
      onWarning: (one) => warnings.push(one),
    });
    expect((await run.load())?.position).toBe(3);
    expect(warnings).toEqual([
      `${path.join(folder, "metrics.jsonl")} has lost lines: its curves will have a gap.`,
    ]);
  });

  test("the last k checkpoints are kept", async () => {
    await using run = await openRun(folder, { ...options(), resume: true, keep: 1 });
    const { state, ...rest } = (await run.load())!;
    await run.save({ ...rest, state, progress: { ...rest.progress, steps: 4 } }, shapes);
    expect(readdirSync(path.join(folder, "checkpoints"))).toEqual(["step-000004"]);
  });
});
