import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchBlob } from "./blob.ts";
import { Remote } from "./remote.ts";
import { readSettings } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-blob-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"; // what git calls a file without bytes

test("a lock that a killed process left before the clock was set back is not waited for", async () => {
  const place = path.join(folder, EMPTY);
  writeFileSync(`${place}.lock`, "");
  const inAnHour = new Date(Date.now() + 3_600_000);
  utimesSync(`${place}.lock`, inAnHour, inAnHour);
  const remote = new Remote(await readSettings({ cacheDir: folder, token: "" }), "org/model", "main");
  const signal = AbortSignal.timeout(2000);
  await fetchBlob({ path: "empty.txt", size: 0, blob: EMPTY }, place, {
    remote,
    commit: "",
    signal,
    onProgress: () => {},
  });
  expect(readdirSync(folder)).toEqual([EMPTY]);
});
