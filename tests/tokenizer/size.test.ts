import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const esbuild = fileURLToPath(new URL("node_modules/esbuild/bin/esbuild", root)); // the Worker is built with it

/** An entry of the tokenizer as a page would load it: bundled, minified, compressed. */
function load(entry: string): number {
  const file = fileURLToPath(new URL(`packages/core/src/tokenizer/${entry}.ts`, root));
  expect(existsSync(file)).toBe(true);
  const bundle = execFileSync(esbuild, [file, "--bundle", "--minify", "--format=esm"], {
    cwd: fileURLToPath(root),
  });
  return gzipSync(bundle, { level: 9 }).length;
}

test("the tokenizer is under 20 KB, Unicode's tables included", () => {
  expect(load("index")).toBeLessThan(20_000);
});

test("reading as Python does is under 3 KB more, for those who import it", () => {
  expect(load("python")).toBeLessThan(16 * 1024); // which has the same tables
});
