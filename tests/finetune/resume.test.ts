/**
 * A fine-tuning that is killed at any moment and resumed gives the bytes of one that never was. CLOZE_LONG=1 kills it 20
 * times.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { timingFields } from "../../packages/train/src/run/store.ts";
import { cloze, finish, start } from "../cli/cloze.ts";
import { model, writeGiven } from "./given.ts";

const kills = process.env.CLOZE_LONG === "1" ? 20 : 3;
const scratch = mkdtempSync(path.join(tmpdir(), "cloze-resume-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const given = writeGiven(path.join(scratch, "given"));
const command = (out: string): string[] => [
  ..."finetune --epochs 6 --batch 4 --rate 5e-3 --seeds 2 --save-every 5 --threads 1".split(" "),
  "--model",
  model,
  ...given.classify,
  "--out",
  out,
];
const whole = path.join(scratch, "whole");

const files = [
  "model.safetensors",
  "seed-1/model.safetensors",
  "seed-2/model.safetensors",
  "config.json",
  "README.md",
];
const contents = (folder: string): Buffer[] =>
  files.map((file) =>
    Buffer.from(readFileSync(path.join(folder, file), "latin1").replaceAll(path.basename(folder), "")),
  );
const log = (folder: string): object[] =>
  readFileSync(path.join(folder, "seed-1", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const fields = JSON.parse(line) as Record<string, unknown>;
      for (const name of timingFields) delete fields[name];
      return fields;
    });

test(`killed at ${kills} random moments and resumed, it ends with the bytes of a run that never was`, async () => {
  const begun = performance.now();
  expect(await cloze(command(whole))).toMatchObject({ code: 0 });
  const took = performance.now() - begun;
  let killed = 0;
  for (let run = 0; killed < kills; run++) {
    const out = path.join(scratch, `run-${run}`);
    for (let ended = false; !ended;) {
      const child = start([...command(out), "--resume"]);
      const moment = killed < kills ? (0.3 + Math.random() * 0.7) * took : 1e6;
      const timer = setTimeout(() => child.kill("SIGKILL"), moment);
      const { code, err } = await finish(child);
      clearTimeout(timer);
      if (code === null) killed++;
      else expect({ code, err }).toMatchObject({ code: 0 });
      ended = code === 0;
    }
    expect(contents(out)).toEqual(contents(whole));
    expect(log(out)).toEqual(log(whole));
    rmSync(out, { recursive: true });
  }
}, 600_000);

test("another configuration, or none to resume, is refused with the difference", async () => {
  expect(await cloze(command(whole))).toMatchObject({
    code: 2,
    err: expect.stringContaining("is in use") as unknown,
  });
  const other = await cloze([...command(whole), "--resume", "--rate", "1e-3"]);
  expect(other.code).toBe(2);
  expect(other.err).toContain("rate: 0.005 in the folder, 0.001 now");
});

test("a model whose vocabulary has changed since is refused by name", async () => {
  const [own, out] = [path.join(scratch, "model"), path.join(scratch, "of-own")];
  cpSync(model, own, { recursive: true });
  const argv = ["finetune", "--epochs", "1", ...given.classify, "--model", own, "--out", out];
  expect(await cloze(argv)).toMatchObject({ code: 0 });
  const vocab = path.join(own, "vocab.txt");
  writeFileSync(vocab, readFileSync(vocab, "utf8").replace("\ncat\n", "\ncap\n"));
  const { code, err } = await cloze([...argv, "--resume"]);
  expect(code).toBe(2);
  expect(err).toContain("vocab.txt: changed since");
});

test("interrupted, it saves and says where, and ends as one that never was", async () => {
  const out = path.join(scratch, "interrupted");
  const child = start(command(out));
  const moment = setInterval(() => {
    if (existsSync(path.join(out, "seed-1", "checkpoints", "step-000005")) && child.kill("SIGINT"))
      clearInterval(moment);
  }, 5);
  const { code, err } = await finish(child);
  clearInterval(moment);
  expect(code).toBe(1);
  expect(err).toMatch(
    /To go on: cloze finetune .* --resume\nThe training was stopped after step \d+ of 96: resume the run in .*\n$/,
  );
  expect(await cloze([...command(out), "--resume"])).toMatchObject({ code: 0 });
  expect(contents(out)).toEqual(contents(whole));
});
