/**
 * Packs `dist/` as `cloze-VERSION.vsix`, offline, and refuses a package that is too large, has a file that is not meant
 * to be in it, or lacks one. `build.mjs` makes `dist/` first.
 *
 *     npm run package -w extension
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createVSIX, listFiles } from "@vscode/vsce";

const LARGEST = 60e6;
/** What the package holds, beside plugins of the starter and translations. */
const REQUIRED = [
  "package.json",
  "package.nls.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "NOTICE.md",
  "api.d.ts",
  "extension.js",
  "extension.web.js",
  "engine.js",
  "page.js",
  "media/icon.png",
  "model/files.json",
  "model/model.safetensors",
  "model/README.md",
  "runtime/ort-wasm-simd-threaded.wasm.gz",
  "runtime/ort-wasm-simd-threaded.asyncify.wasm.gz",
];
/** The pictures of README.md are shown where it is published, not by VS Code. */
const IGNORED = ["media/screenshots/**", "media/icon.svg", "**/*.map"];

const dist = fileURLToPath(new URL("dist", import.meta.url));
const { name, version } = JSON.parse(readFileSync(path.join(dist, "package.json"), "utf8"));
const file = fileURLToPath(new URL(`${name}-${version}.vsix`, import.meta.url));
const ignoreFile = path.join(dist, ".vscodeignore");
writeFileSync(ignoreFile, `${IGNORED.join("\n")}\n`);

const files = await listFiles({ cwd: dist, packagedDependencies: [] });
const missing = REQUIRED.filter((one) => !files.includes(one));
const foreign = files.filter(
  (one) => !REQUIRED.includes(one) && /\.(ts|map|tsbuildinfo|vsix)$|node_modules|\.test\./.test(one),
);
if (missing.length > 0) fail(`The package lacks ${missing.join(", ")}: build it anew.`);
if (foreign.length > 0)
  fail(`The package should not hold ${foreign.join(", ")}: remove dist and build it anew.`);

await createVSIX({
  cwd: dist,
  packagePath: file,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
const { size } = statSync(file);
console.log(`${path.relative(process.cwd(), file)}: ${(size / 1e6).toFixed(1)} MB, ${files.length} files`);
if (size > LARGEST) fail(`The package has more than ${LARGEST / 1e6} MB: leave something out.`);

function fail(why) {
  console.error(why);
  process.exit(1);
}
