/**
 * Bundles the Worker: one file, which is what the tests run, what `cloze serve` runs and what is deployed.
 *
 *     node worker/build.mjs
 */
import { build } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const { metafile, outputFiles } = await build({
  entryPoints: [at("src/index.ts")],
  outfile: at("dist/worker.js"),
  bundle: true,
  format: "esm",
  target: "es2023",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  loader: { ".txt": "text", ".html": "text", ".json": "text" },
  minify: true,
  sourcemap: "linked",
  metafile: true,
  write: false,
  logLevel: "warning",
});

// A Worker tokenizes and decodes; the encoder runs elsewhere, and a bundle that drags it in must not be made.
const wrong = Object.keys(metafile.inputs).filter((path) =>
  /onnxruntime|\.wasm$|\.safetensors$|^node:/.test(path),
);
if (wrong.length > 0) throw new Error(`The Worker's bundle must not hold ${wrong.join(", ")}.`);

await mkdir(at("dist"), { recursive: true });
for (const { path, contents } of outputFiles) await writeFile(path, contents);
const { contents } = outputFiles.find(({ path }) => path.endsWith(".js"));
const kb = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;
console.log(`worker/dist/worker.js: ${kb(contents.length)}, ${kb(gzipSync(contents).length)} gzipped`);
