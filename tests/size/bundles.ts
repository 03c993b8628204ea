/**
 * What a page or a Worker loads for what it imports of @cloze/core: bundled, minified, compressed.
 * `node tests/size/bundles.ts` prints the sizes.
 */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What people import, and how many bytes it may be, compressed. */
export const bundles = new Map<string, { readonly source: string; readonly limit: number }>();

const add = (name: string, limit: number, ...lines: readonly string[]) =>
  bundles.set(name, { source: lines.join("\n"), limit });

add("all of @cloze/core", 40_000, `export * from "@cloze/core";`);
add("the tokenizer", 20_000, `export * from "@cloze/core/tokenizer";`);
add(
  "the tokenizer, Python's way of reading too",
  23_000,
  `export * from "@cloze/core/tokenizer";`,
  `export * from "@cloze/core/tokenizer/python";`,
);
for (const task of ["classify", "fill", "ask", "tag", "choose", "next", "embed", "similar"])
  add(
    `the tokenizer and ${task}`,
    25_000,
    `export { Tokenizer, parsePlugin } from "@cloze/core";`,
    `export { ${task} } from "@cloze/core/tasks";`,
  );

export interface Bundle {
  readonly minified: number;
  readonly compressed: number;
  /** The files that it is made of. */
  readonly files: readonly string[];
  /** What it asks the host for. */
  readonly imports: readonly string[];
}

export async function bundle(source: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    external: ["node:*"], // to be told of, not to be refused
    write: false,
    metafile: true,
  });
  const [{ imports }] = Object.values(metafile.outputs);
  return {
    minified: outputFiles[0].contents.length,
    compressed: gzipSync(outputFiles[0].contents, { level: 9 }).length,
    files: Object.keys(metafile.inputs).filter((file) => file !== "<stdin>"),
    imports: imports.map(({ path }) => path),
  };
}

if (import.meta.main) {
  for (const [name, { source, limit }] of bundles) {
    const { minified, compressed } = await bundle(source);
    console.log([name, minified, compressed, limit].join("\t"));
  }
}
