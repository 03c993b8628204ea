/**
 * Puts the demo page together: its script, bundled, and its style go into its HTML, so that one file is all that a
 * browser asks for.
 *
 *     node packages/edge/build-page.mjs
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: { main: at("src/page/main.ts"), style: at("src/page/style.css") },
  outdir: at("dist"),
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2023", "chrome120", "firefox120", "safari17"],
  external: ["/tab.js"],
  charset: "utf8",
  minify: true,
  write: false,
  logLevel: "warning",
});
const made = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text.trim();
const html = (await readFile(at("src/page/index.html"), "utf8"))
  .replace("/* style.css */", () => made(".css"))
  .replace("/* main.ts */", () => made(".js"));
await mkdir(at("dist"), { recursive: true });
await writeFile(at("dist/page.html"), html);
