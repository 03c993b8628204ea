/**
 * A program may end, or close its model, at any moment: while the model runs too. What is tested here has to be seen
 * from outside the process.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { starter } from "../starter.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), "cloze-home-"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** Runs a program that has loaded the starter and has begun a run that takes a while. */
function program(ending: string): { status: number | null; stdout: string; stderr: string } {
  const script = `
    import { load } from "@cloze/runtime/node";
    const bert = await load(${JSON.stringify(starter)});
    const running = bert.embed("the cat sat ".repeat(150)).then(() => "done", ({ code }) => code);
    await new Promise((resolve) => setTimeout(resolve, 15));
    ${ending}`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: path.join(home, ".cache"), TMPDIR: home },
  });
}

describe("while the model runs", () => {
  test("closing it waits for the run, whose caller is told", () => {
    const { status, stdout } = program(`await bert[Symbol.asyncDispose](); console.log(await running);`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "disposed\n" });
  });

  test("closing it does not wait for what was only queued", () => {
    const { status, stdout } = program(`
      const queued = Array.from({ length: 200 }, () => bert.embed("the cat ".repeat(200)).catch(({ code }) => code));
      await bert[Symbol.asyncDispose]();
      console.log(new Set(await Promise.all(queued)));`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "Set(1) { 'disposed' }\n" });
  });

  test("process.exit exits, with its code", () => {
    expect(program(`process.exit(3);`)).toMatchObject({ status: 3, stderr: "" });
  });

  test("an error of the program is the program's", () => {
    const { status, stderr } = program(`throw new Error("mine");`);
    expect(status).toBe(1);
    expect(stderr).toContain("Error: mine");
    expect(stderr).not.toContain("terminate called");
  });
});

test("a program that is done ends by itself, the model open", () => {
  expect(program(`console.log(await running);`)).toMatchObject({ status: 0, stdout: "done\n" });
});

test("nothing is reported to anyone: no identity, no queue of events, no log is left behind", () => {
  program(`await running; await bert[Symbol.asyncDispose]();`);
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});
