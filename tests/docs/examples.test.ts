/**
 * Every export is documented, and every example in a doc comment compiles and runs.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entries, examples, exportsOf, read, root } from "./entries.ts";
import type { Entry, Example } from "./entries.ts";
import { makeGiven } from "./given.ts";
import { moduleOf, runExample } from "./run-example.ts";

const modules = new Map<Entry, object>();
let given: Awaited<ReturnType<typeof makeGiven>>;
beforeAll(async () => {
  for (const entry of entries) modules.set(entry, (await import(entry.specifier)) as object);
  given = await makeGiven();
});
afterAll(() => given[Symbol.asyncDispose]());

const pageBlocks = (file: string): Example[] =>
  Array.from(read(file).matchAll(/^```ts( no-run)?\n(.*?)^```/gms), ({ 1: mark, 2: code, index }) => ({
    file,
    line: read(file).slice(0, index).split("\n").length,
    code,
    runs: mark === undefined,
  }));
const tokenizerPage = pageBlocks("docs/tokenizer.md");
const shownOnly = [
  ...["docs/http.md", "docs/server.md"].flatMap(pageBlocks), // they serve, and never end
  ...["docs/sdk.md", "docs/plugins.md", "docs/pretraining.md"]
    .flatMap(pageBlocks)
    .filter(({ runs }) => !runs),
];

describe.each(entries)("$specifier", (entry) => {
  test("says of every type and value what it is, and of every function and class how it is used", () => {
    const exported = exportsOf(entry);
    expect(exported.length).toBeGreaterThan(0);
    const silent = exported
      .filter(
        ({ kind, doc }) =>
          doc === undefined || ((kind === "function" || kind === "class") && !doc.includes("@example")),
      )
      .map(({ name, file, doc }) => `${file}: ${name} ${doc ? "has no example" : "has no doc comment"}`);
    expect(silent).toEqual([]);
  });

  test("exports what its sources say", () => {
    const values = exportsOf(entry).filter(({ kind }) => kind !== "interface" && kind !== "type");
    const elsewhere = [...modules].flatMap(([other, module]) => (other === entry ? [] : Object.keys(module)));
    const found = Object.keys(modules.get(entry)!);
    expect(found).toEqual(expect.arrayContaining(values.map(({ name }) => name)));
    expect([...values.map(({ name }) => name), ...elsewhere]).toEqual(expect.arrayContaining(found));
  });
});

const isOwn = (name: string) => ![...modules.values()].some((module) => name in module);
const ownModule = async (file: string) =>
  file.endsWith(".ts") ? ((await import(path.join(root, file))) as object) : {};

test("all examples are run, but those named here", () => {
  expect(examples.length).toBeGreaterThan(120);
  const web = ["adapter", "fetch-files", "load", "serve"].map(
    (name) => `packages/runtime/src/web/${name}.ts`,
  ); // tests/web
  expect(new Set(examples.filter(({ runs }) => !runs).map(({ file }) => file))).toEqual(new Set(web));
});

/** All that is exported; of two of one name the first, as in the modules that are compiled below. */
const exportedNames = (): object => Object.assign({}, ...[...modules.values()].toReversed()) as object;

describe("examples run", () => {
  test.each(examples.filter(({ runs }) => runs))("$file:$line", async (example) => {
    const own = await ownModule(example.file);
    await runExample(example, { ...own, ...exportedNames(), ...given.next() });
  });

  test.each(tokenizerPage)("$file:$line", async (example) => {
    const told = await runExample(example, { ...exportedNames(), ...given.next() });
    expect(told).toBeGreaterThan(0);
  });
});

test("examples compile", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-types-"));
  const exported = new Map([...modules].map(([entry, module]) => [entry, Object.keys(module)] as const));
  const all = [...examples, ...tokenizerPage, ...shownOnly];
  for (const [i, example] of all.entries()) {
    const own = Object.keys(await ownModule(example.file)).filter(isOwn);
    writeFileSync(path.join(folder, `${i}.ts`), moduleOf(example, exported, own, Object.keys(given.names)));
  }
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = { rewriteRelativeImportExtensions: false };
  const config = { extends: path.join(root, "tests/tsconfig.json"), compilerOptions, include: ["*.ts"] };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  const named = stdout.replace(
    /^.*?(\d+)\.ts\(/gm,
    (_, i: string) => `${all[Number(i)].file}:${all[Number(i)].line} (`,
  );
  expect(named).toBe("");
});
