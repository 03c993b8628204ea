/**
 * Bundles the Worker into two modules: `worker.js`, and `model.js` with the small files of the model it serves. They
 * are what the tests run, what `cloze serve` runs and what is deployed.
 *
 *     node worker/build.mjs
 */
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildAssets } from "./build-assets.mjs";

const kb = (length) => `${(length / 1024).toFixed(0)} KB`;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const { metafile } = await build({
  entryPoints: { worker: at("src/index.ts"), model: at("src/model.ts") },
  outdir: at("dist"),
  bundle: true,
  external: ["cloudflare:workers"],
  format: "esm",
  target: "es2023",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  loader: { ".txt": "text", ".html": "text", ".json": "text" },
  minify: true,
  sourcemap: "linked",
  metafile: true,
  logLevel: "warning",
  plugins: [
    {
      name: "the model is a module of its own",
      setup: (bundler) =>
        bundler.onResolve({ filter: /^\.\/model\.ts$/ }, () => ({ path: "./model.js", external: true })),
    },
  ],
});

// A Worker tokenizes and decodes; the encoder runs elsewhere, and a bundle that drags it in must not be made.
const wrong = Object.keys(metafile.inputs).filter((path) =>
  /onnxruntime|\.wasm$|\.safetensors$|^node:/.test(path),
);
if (wrong.length > 0) throw new Error(`The Worker's bundle must not hold ${wrong.join(", ")}.`);

for (const name of ["worker.js", "model.js"]) {
  const bytes = readFileSync(at(`dist/${name}`));
  console.log(`worker/dist/${name}: ${kb(bytes.length)}, ${kb(gzipSync(bytes).length)} gzipped`);
}

await buildAssets();
