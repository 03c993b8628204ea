/**
 * Installs what code-server's VS Code and its own extensions need, as code-server's install script would, but without
 * running any script: nothing is compiled, and what tests do not use (terminals, a keyring) is left without its binary.
 * `tools/setup.mjs` runs this after `npm ci`. The two together take about 25 seconds and 680 MB.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";

const vscode = path.join(import.meta.dirname, "node_modules/code-server/lib/vscode");

for (const cwd of [vscode, path.join(vscode, "extensions")]) {
  const options = ["--omit=dev", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"];
  // Not `npm ci`, which finds that VS Code's npm-shrinkwrap.json lacks a package.
  const { status } = spawnSync("npm", ["install", ...options], {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(1);
}
