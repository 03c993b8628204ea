/**
 * Makes a fresh clone ready: installs what package-lock.json names, if it is not there yet, and builds.
 *
 * `npm start` and `npm test` run it first. It needs nothing but Node 20 or newer and npm; everything after it runs on
 * the Node that the project pins.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stamp = path.join(root, "node_modules", ".cloze-setup");

const [major] = process.versions.node.split(".");
if (Number(major) < 20) {
  console.error(
    `Cloze needs Node 20 or newer; this is ${process.version}. Install a newer one and try again.`,
  );
  process.exit(1);
}

const wanted = createHash("sha256")
  .update(readFileSync(path.join(root, "package-lock.json")))
  .digest("hex");
if (read(stamp) !== wanted) {
  console.error("Installing what Cloze needs (once, about a minute) …");
  npm("ci", "--no-fund", "--no-audit", "--loglevel=error");
  writeFileSync(stamp, wanted);
}
npm("run", "--silent", "build");

function npm(...args) {
  const { status, error } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    // The CPU binaries are in onnxruntime-node's package; its install script would fetch CUDA's as well.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (status === 0) return;
  console.error(
    `npm ${args.join(" ")} failed${error ? `: ${error.message}` : ""}. Mend what it says above and try again.`,
  );
  process.exit(status ?? 1);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
