/**
 * Makes `dist/`: the extension as it is installed. Two entries for the two kinds of extension host, the engine's script,
 * the webview's page, ONNX Runtime's files and the starter model.
 *
 *     node extension/build.mjs
 */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const found = (specifier) => fileURLToPath(import.meta.resolve(specifier));
const dist = at("dist");
const common = { bundle: true, minify: true, target: "es2022", logLevel: "warning", metafile: true };

const built = await Promise.all([
  host("extension", "node"),
  host("extension.web", "browser"),
  build({
    ...common,
    entryPoints: [at("src/engine-worker/main.ts")],
    outfile: path.join(dist, "engine.js"),
    platform: "browser",
    format: "iife",
    // A classic script has no import.meta; nothing is fetched from there, since ONNX Runtime's bytes are given to it.
    define: { "import.meta.url": '"https://none.invalid/"' },
  }),
  build({
    ...common,
    entryPoints: [at("src/engine/page.ts")],
    outfile: path.join(dist, "page.js"),
    platform: "browser",
    format: "esm",
  }),
]);

function host(name, platform) {
  const options = { platform, format: "cjs", external: ["vscode"] };
  return build({
    ...common,
    ...options,
    entryPoints: [at(`src/${name}.ts`)],
    outfile: path.join(dist, `${name}.js`),
  });
}

expectNamed(built.flatMap(({ metafile }) => Object.keys(metafile.inputs)));

copy(at("media"), "media");
copy(at("l10n"), "l10n");
for (const name of readdirSync(at(".")))
  if (/^(package\.nls.*\.json|[A-Z]+\.md)$/.test(name)) copy(at(name), name);
copy(at("../LICENSE"), "LICENSE");
copy(at("api.d.ts"), "api.d.ts");
const runtime = path.dirname(createRequire(found("@cloze/runtime/web")).resolve("onnxruntime-web/webgpu"));
for (const name of ["ort-wasm-simd-threaded.asyncify.wasm", "ort-wasm-simd-threaded.wasm"])
  compress(path.join(runtime, name), `runtime/${name}.gz`);
const model = path.dirname(found("@cloze/starter/model/config.json"));
copy(model, "model");
writeFileSync(path.join(dist, "model/files.json"), JSON.stringify({ files: listed(model) }, null, 2));
writeFileSync(path.join(dist, "package.json"), JSON.stringify(manifest(), null, 2));

const kb = (file) => `${file} ${(statSync(path.join(dist, file)).size / 1024).toFixed(0)} KB`;
console.log(`extension/dist: ${["extension.js", "extension.web.js", "engine.js"].map(kb).join(", ")}`);

/** Whoever's code is in a script must be named in NOTICE.md, as licences ask. */
function expectNamed(inputs) {
  const notice = readFileSync(at("NOTICE.md"), "utf8");
  const packages = inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  const unnamed = [...new Set(packages)].filter((name) => !notice.includes(`[${name}](`));
  if (unnamed.length > 0) throw new Error(`NOTICE.md should name ${unnamed.join(", ")}, with the licence.`);
}

/** The manifest as VS Code reads it: without what only the workspace is told. */
function manifest() {
  const own = JSON.parse(readFileSync(at("package.json"), "utf8"));
  for (const key of ["name", "private", "type", "scripts", "dependencies", "devDependencies"])
    delete own[key];
  return { name: "cloze", ...own };
}

/** What a model's folder holds, as `files.json` says it. */
function listed(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
  const entries = names.map((name) => {
    const bytes = readFileSync(path.join(folder, name));
    return [
      name.split(path.sep).join("/"),
      { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") },
    ];
  });
  return Object.fromEntries(entries);
}

/** Copies a file, or a folder's files, that have changed. */
function copy(from, to) {
  const target = path.join(dist, to);
  const source = statSync(from, { throwIfNoEntry: false });
  if (!source) return;
  if (source.isDirectory()) {
    for (const name of readdirSync(from)) copy(path.join(from, name), path.join(to, name));
    return;
  }
  const known = statSync(target, { throwIfNoEntry: false });
  if (known?.size === source.size && known.mtimeMs >= source.mtimeMs) return;
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(from, target);
}

/** A fourth of the bytes on their way from a remote machine to the engine, which every start pays. */
function compress(from, to) {
  const target = path.join(dist, to);
  if (statSync(target, { throwIfNoEntry: false })?.mtimeMs >= statSync(from).mtimeMs) return;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, gzipSync(readFileSync(from), { level: 9 }));
}
