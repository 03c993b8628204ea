/**
 * What the extension says to people can be said in other languages: every sentence of its source is in the bundle that
 * translators work from (`npx vitest run tests/extension/l10n.test.ts -u` renews it), and in each translation.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { hasEditors, openBrowser, startCodeServer, Workbench } from "./editor.ts";

const extension = fileURLToPath(new URL("../../extension/", import.meta.url));
const read = (file: string) => readFileSync(path.join(extension, file), "utf8");
const table = (file: string) => JSON.parse(read(file)) as Readonly<Record<string, string>>;
const keys = (of: object) => Object.keys(of).sort();
const languagesOf = (folder: string, name: RegExp) =>
  readdirSync(path.join(extension, folder)).flatMap((file) => name.exec(file)?.[1] ?? []);

/** Every sentence that is given to `vscode.l10n.t`, or to `t` where that is taken out of it. */
const sources = readdirSync(path.join(extension, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => ({ file, text: read(path.join("src", file)) }))
  .filter(({ text }) => text.includes("l10n"));
const CALL = /\b(?:l10n\.)?t\(\s*(?:"((?:[^"\\]|\\.)*)"|(.{0,40}))/g;
const calls = sources.flatMap(({ file, text }) =>
  [...text.matchAll(CALL)].map(([, sentence, other]) => ({ file, sentence, other })),
);
const sentences = [...new Set(calls.flatMap(({ sentence }) => sentence ?? []))]
  .map((sentence) => JSON.parse(`"${sentence}"`) as string)
  .sort();
const holes = (sentence: string) => (sentence.match(/\{\d+\}|`[^`]+`|\(command:[^)]+\)/g) ?? []).sort();

test("each sentence is written out where it is said, so that it can be found", () => {
  const passedOn = /^text(: string)?, \.\.\./; // by a function that is called t itself
  expect(calls.filter(({ other }) => other !== undefined && !passedOn.test(other))).toEqual([]);
  expect(sentences.length).toBeGreaterThan(20);
});

test("the bundle for translators holds every sentence, and no other", async () => {
  const bundle = Object.fromEntries(sentences.map((sentence) => [sentence, sentence]));
  await expect(`${JSON.stringify(bundle, null, 2)}\n`).toMatchFileSnapshot(
    path.join(extension, "l10n/bundle.l10n.json"),
  );
});

test("the manifest's keys are all said, and none in vain", () => {
  const used = [...read("package.json").matchAll(/"%([^%]+)%"/g)].map(([, key]) => key);
  expect(keys(table("package.nls.json"))).toEqual([...new Set(used)].sort());
});

describe.each([
  [
    "the code",
    "l10n",
    /^bundle\.l10n\.(\w+)\.json$/,
    () => table("l10n/bundle.l10n.json"),
    "l10n/bundle.l10n",
  ],
  ["the manifest", ".", /^package\.nls\.(\w+)\.json$/, () => table("package.nls.json"), "package.nls"],
] as const)("the sentences of %s", (_, folder, name, source, stem) => {
  const languages = languagesOf(folder, name);

  test("are translated at least into German", () => expect(languages).toContain("de"));

  test.each(languages)("are all in the translation %s, with what is filled in and linked", (language) => {
    const english = source();
    const translated = table(`${stem}.${language}.json`);
    expect(keys(translated)).toEqual(keys(english));
    for (const [key, sentence] of Object.entries(english)) {
      expect(translated[key].trim(), key).not.toBe("");
      expect(holes(translated[key]), key).toEqual(holes(sentence));
    }
  });
});

describe.runIf(hasEditors)("VS Code in German", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser({ gpu: false });
  });
  afterAll(() => browser?.close());

  test("has Cloze in German", async () => {
    await using editor = await startCodeServer({ host: "worker" });
    await using workbench = await Workbench.open(browser, editor);
    await workbench.page.addInitScript(() => {
      (globalThis as { _VSCODE_NLS_LANGUAGE?: string })._VSCODE_NLS_LANGUAGE = "de";
    });
    await workbench.reload();
    await workbench.activate();
    expect(await workbench.run((vscode) => vscode.env.language)).toBe("de");
    const { text, label } = (await workbench.statusItems())[0];
    expect({ text, label }).toEqual({
      text: "Cloze",
      label: table("l10n/bundle.l10n.de.json")["Cloze: the engine is off. The first command starts it."],
    });
    await workbench.palette(`Cloze: ${table("package.nls.de.json")["command.showLog"]}`);
    await workbench.screenshot("l10n-german");
  });
});
