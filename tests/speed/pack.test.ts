/** `cloze pack` as a shell runs it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "@cloze/core";
import { afterAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cloze-pack-"));
afterAll(() => rmSync(folder, { recursive: true }));
const out = path.join(folder, "vocab.cloze");
const cased = fileURLToPath(new URL("../fixtures/checkpoints/cased", import.meta.url));

test("pack writes a model's tokenizer, settings and all", async () => {
  const result = await cloze(["pack", cased, "--out", out, "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toMatchObject([{ out, pieces: 139, hash: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
  const read = Tokenizer.fromCompact(readFileSync(out));
  expect(read.settings.lowercase).toBe(false);
  expect(`${read.vocabulary.pieces.join("\n")}\n`).toBe(readFileSync(path.join(cased, "vocab.txt"), "utf8"));
});

test("pack writes a vocab.txt, and checks whether it has changed since", async () => {
  const source = path.join(folder, "vocab.txt");
  writeFileSync(source, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##able\n");
  const packIt = (...args: string[]) => cloze(["pack", source, "--out", out, ...args]);
  expect(await packIt()).toMatchObject({ code: 0, err: "" });
  expect(await packIt("--check")).toMatchObject({ code: 0, err: "" });
  expect((await packIt("--check", "--cased")).err).toMatch(/is of another vocabulary or other settings/);
  writeFileSync(source, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##ably\n");
  const changed = await packIt("--check");
  expect(changed.code).not.toBe(0);
  expect(changed.err).toMatch(/vocab\.cloze is of another vocabulary or other settings: pack it again\./);
});

test("pack refuses --cased of a model", async () => {
  const result = await cloze(["pack", cased, "--cased", "--out", out]);
  expect(result.code).toBe(2);
  expect(result.err).toMatch(/A model knows whether it is cased/);
});
