/**
 * Runs the examples of doc comments and of pages: a few lines, with the names that the packages export and a few that
 * are given (`given.ts`). In a line `expression; // value`, and in `const { name } = …; // value`, the value counts.
 */
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";
import { root } from "./entries.ts";
import type { Entry, Example } from "./entries.ts";
import { expectValue, valuesOf } from "./values.ts";

/** Runs an example to its end, and returns how many values it has told. */
export async function runExample({ code }: Pick<Example, "code">, names: object): Promise<number> {
  let told = 0;
  const check = (actual: unknown, comment: string): void => {
    const values = valuesOf(comment);
    if (values === undefined) return;
    told++;
    expectValue(actual, values, comment);
  };
  const all = { ...names, check };
  const body = `"use strict";return (async () => {{${checked(stripTypeScriptTypes(insideFunction(code)))}\n}})();`;
  const example = compileFunction(body, Object.keys(all)) as (...values: unknown[]) => Promise<void>;
  await example(...Object.values(all));
  return told;
}

/** What may stand at the top of a module only: the names of imports are there already. */
function insideFunction(code: string): string {
  return code.replace(/^import [^;]*;.*$/gm, "").replace(/^export default (.*);/gm, "void ($1);");
}

/** The code with a check in every line that tells a value. */
export function checked(code: string): string {
  return code
    .replace(/;\n\/\/ (.*)/g, "; // $1") // a comment of its own line, of what stands before it
    .split("\n")
    .map((line) => {
      const [, expression, comment] = /^((?!const |let |for |\/\/).+); \/\/ (.+)$/.exec(line) ?? [];
      if (expression !== undefined) return `check(${expression}, ${JSON.stringify(comment)});`;
      const [, pattern, value] = /^const ([^=:]+) = .+; \/\/ (.+)$/.exec(line) ?? [];
      if (pattern === undefined) return line;
      if (value.startsWith("[")) return line; // the shape of a tensor
      const names = pattern.match(/\w+/g) ?? [];
      const [actual, told] = names.length === 1 ? [names[0], value] : [`[${names.join()}]`, `[${value}]`];
      return `${line.replace(/ \/\/ .*$/, "")} check(${actual}, ${JSON.stringify(told)});`;
    })
    .join("\n");
}

/**
 * An example as a module, for the compiler: it imports what it uses, first from where it stands.
 *
 * @param exports The names of the values that each entry exports.
 * @param own The names that its own file exports.
 */
export function moduleOf(
  { file, code }: Example,
  exports: ReadonlyMap<Entry, readonly string[]>,
  own: readonly string[],
  given: readonly string[],
): string {
  const used = new Set(code.match(/[A-Za-z_$][\w$]*/g));
  const sources = [...exports]
    .toSorted(([a], [b]) => nearness(b, file) - nearness(a, file))
    .map(([{ specifier }, names]) => [specifier, names] as const);
  const imports = [...sources, [path.join(root, file), own] as const].flatMap(([specifier, names]) => {
    const needed = names.filter((name) => used.delete(name));
    return needed.length > 0 ? [`import { ${needed.join(", ")} } from ${JSON.stringify(specifier)};`] : [];
  });
  return [
    ...imports,
    `import type { Given } from ${JSON.stringify(path.join(root, "tests/docs/given.ts"))};`,
    `export async function example({ ${given.filter((name) => used.has(name)).join(", ")} }: Given): Promise<void> {{`,
    insideFunction(code),
    "}}",
  ].join("\n");
}

/** Whether an entry is of the file's package, and how much of the path they share. */
function nearness(entry: Entry, file: string): number {
  const parts = file.split("/");
  return entry.file.split("/").findIndex((part, i) => part !== parts[i]);
}
