/**
 * The Worker's static files: the API reference's script, and what runs the model in the visitor's own tab: `tab.js`
 * with its chunks and the session's worker, ONNX Runtime, and the starter model, each in files of at most 24 MiB:
 * Cloudflare takes none above 25.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const MOST = 24 * 2 ** 20;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const found = (specifier) => fileURLToPath(import.meta.resolve(specifier));
const assets = at("dist/assets");
const write = (name, bytes) => {
  if (bytes.length > MOST) throw new Error(`The asset ${name} has ${bytes.length} bytes; ${MOST} are taken.`);
  mkdirSync(path.dirname(path.join(assets, name)), { recursive: true });
  writeFileSync(path.join(assets, name), bytes);
};

/** Makes all of `dist/assets`. What is large is made again only where what it is made of has changed. */
export async function buildAssets() {
  const runtime = path.dirname(createRequire(found("@cloze/runtime/web")).resolve("onnxruntime-web/webgpu"));
  const wasm = ["ort-wasm-simd-threaded.asyncify.wasm", "ort-wasm-simd-threaded.wasm"];
  const model = path.dirname(found("@cloze/starter/model/config.json"));
  const sources = [
    fileURLToPath(import.meta.url),
    ...wasm.map((name) => path.join(runtime, name)),
    ...modelFiles(model).map((name) => path.join(model, name)),
  ];
  const stamp = sources.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`).join("\n");
  if (!existsSync(path.join(assets, "model/files.json")) || read(at("dist/assets.stamp")) !== stamp) {
    for (const old of ["tab", "model"]) rmSync(path.join(assets, old), { recursive: true, force: true });
    for (const name of wasm)
      write(`tab/${name}.gz`, gzipSync(readFileSync(path.join(runtime, name)), { level: 9 }));
    writeModel(model);
    writeFileSync(at("dist/assets.stamp"), stamp);
  }

  // The API reference's script, whole: it loads nothing from elsewhere.
  write(
    "reference.js",
    readFileSync(new URL("browser/standalone.js", import.meta.resolve("@scalar/api-reference"))),
  );

  for (const name of readdirSync(path.join(assets, "tab")))
    if (name.endsWith(".js")) rmSync(path.join(assets, "tab", name)); // chunks of an earlier build
  await build({
    entryPoints: {
      tab: at("tab/tab.ts"),
      "tab/session-worker": path.join(path.dirname(found("@cloze/runtime/web")), "session-worker.js"),
    },
    outdir: assets,
    chunkNames: "tab/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2023",
    platform: "browser",
    minify: true,
    logLevel: "warning",
  });
  const all = readdirSync(assets, { recursive: true }).filter((name) => path.extname(name) !== "");
  const bytes = all.reduce((sum, name) => sum + statSync(path.join(assets, name)).size, 0);
  console.log(`worker/dist/assets: ${all.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
}

/** A model's files, and files.json, which says what and where they are. */
function writeModel(folder) {
  const files = {};
  for (const name of modelFiles(folder)) {
    const bytes = readFileSync(path.join(folder, name));
    const parts = Array.from({ length: Math.ceil(bytes.length / MOST) }, (_, i) => ({
      name: `${name}.part${i + 1}`,
      bytes: bytes.subarray(i * MOST, (i + 1) * MOST),
    }));
    if (parts.length > 1) for (const part of parts) write(`model/${part.name}`, part.bytes);
    else write(`model/${name}`, bytes);
    files[name] = {
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      ...(parts.length > 1 && { parts: parts.map((part) => part.name) }),
    };
  }
  write("model/files.json", Buffer.from(JSON.stringify({ files }, null, 2)));
}

function modelFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(json|txt|safetensors)$/.test(name))
    .map((name) => name.split(path.sep).join("/"))
    .sort();
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
