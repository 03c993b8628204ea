import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StagedFolder } from "./staged.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "cloze-staged-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("a folder that cannot be put in its place is refused in a sentence, and leaves nothing", async () => {
  const place = path.join(root, "model");
  symlinkSync(path.join(root, "nowhere"), place);
  {
    await using staged = await StagedFolder.create(place);
    await staged.write("config.json", "{}");
    await expect(staged.commit()).rejects.toMatchObject({ code: "invalid-option", field: "out" });
  }
  expect(readdirSync(root)).toEqual(["model"]);
});

/** A program's own listener, which lets it live on. */
function stay(): void {}

test("a folder that a signal took away is not put in its place by a program that lives on", async () => {
  const place = path.join(root, "model");
  process.on("SIGHUP", stay);
  try {
    await using staged = await StagedFolder.create(place);
    await staged.write("model.safetensors", "weights");
    process.emit("SIGHUP", "SIGHUP");
    await staged.write("config.json", "{}");
    await expect(staged.commit()).rejects.toMatchObject({ code: "aborted" });
  } finally {
    process.off("SIGHUP", stay);
  }
  expect(readdirSync(root)).toEqual([]);
});
