import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { compileFunction, runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as core from "@cloze/core";
import * as compact from "@cloze/core/tokenizer/compact";
import * as python from "@cloze/core/tokenizer/python";
import * as save from "@cloze/core/tokenizer/save";

// Runs the examples of docs/tokenizer.md and of the doc comments: in a line `expression; // value`, the value counts.
const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const vocabTxt = read("packages/starter/model/vocab.txt");
const given = {
  vocabTxt,
  tokenizerConfig: read("packages/starter/model/tokenizer_config.json"),
  vocabulary: core.Vocabulary.parse(vocabTxt),
  tokenizer: new core.Tokenizer(core.Vocabulary.parse(vocabTxt)),
  jieba: { cut: (text: string) => text.match(/北京|./gsu) ?? [] },
};

type Check = (actual: unknown, comment: string) => void;

function valuesOf(comment: string): unknown[] | undefined {
  try {
    return runInThisContext(`[${comment}]`) as unknown[];
  } catch {
    return undefined; // said to people
  }
}

/** Runs an example and returns how many values it has told. */
function run(code: string, names: object): number {
  let told = 0;
  const check: Check = (actual, comment) => {
    const values = valuesOf(comment);
    if (values === undefined) return;
    told++;
    const plain = ArrayBuffer.isView(actual) ? Array.from(actual as Int32Array) : actual;
    expect(plain, `// ${comment}`).toEqual(
      values.length === 1 && !ArrayBuffer.isView(actual) ? values[0] : values,
    );
  };
  const lines = stripTypeScriptTypes(code)
    .split("\n")
    .map((line) => {
      if (line.startsWith("import ")) return "";
      const [, expression, comment] = /^((?!const |let |for ).+); \/\/ (.+)$/.exec(line) ?? [];
      return expression === undefined ? line : `check(${expression}, ${JSON.stringify(comment)});`;
    });
  const all = { ...given, ...names, check };
  const example = compileFunction(`"use strict";{${lines.join("\n")}\n}`, Object.keys(all)) as (
    ...values: unknown[]
  ) => void;
  example(...Object.values(all));
  return told;
}

const blocks = [...read("docs/tokenizer.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
test.each(blocks)("docs/tokenizer.md, block %#", (code) => {
  expect(run(code, { ...core, ...compact, ...python, ...save })).toBeGreaterThan(0);
});

describe.each(["packages/core/src/tokenizer", "packages/core/src/encoding"])("examples of %s", (folder) => {
  const files = readdirSync(new URL(folder, root)).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const examples = files.flatMap((file) =>
    [...read(`${folder}/${file}`).matchAll(/@example\n(.*?)\n *\*\//gs)].map(([, text], nth) => ({
      name: `${file}, ${nth}`,
      file,
      code: text.replace(/^ *\* ?/gm, ""),
    })),
  );
  test("are there", () => expect(examples.length).toBeGreaterThan(9));
  test.each(examples)("$name", async ({ file, code }) => {
    const own = (await import(new URL(`${folder}/${file}`, root).href)) as object;
    run(code, { ...core, ...compact, ...python, ...save, ...own });
  });
});
