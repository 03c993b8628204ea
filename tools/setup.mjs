/**
 * Makes a fresh clone ready: installs what package-lock.json names, if it is not there yet, and builds. The folders that
 * it is given have a lock of their own, and are installed where that can be done: what needs them says when they lack.
 * A folder's script `finish`, if it has one, installs what npm leaves out.
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

const [major] = process.versions.node.split(".");
if (Number(major) < 20) {
  console.error(
    `Cloze needs Node 20 or newer; this is ${process.version}. Install a newer one and try again.`,
  );
  process.exit(1);
}

if (!install("Installing what Cloze needs (once, about a minute) …")) process.exit(1);
for (const folder of process.argv.slice(2)) install(`Installing what ${folder} needs (once) …`, folder);
if (!npm("run", "--silent", "build")) process.exit(1);

/** Installs a folder as its lock says, unless that is done. */
function install(message, folder = ".") {
  const stamp = path.join(root, folder, "node_modules", ".cloze-setup");
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(root, folder, "package-lock.json")))
    .digest("hex");
  if (read(stamp) === wanted) return true;
  console.error(message);
  if (!npm("ci", "--prefix", folder, "--no-fund", "--no-audit", "--loglevel=error")) return false;
  if (!npm("run", "--prefix", folder, "--silent", "--if-present", "finish")) return false;
  writeFileSync(stamp, wanted);
  return true;
}

function npm(...args) {
  const { status, error } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    // The CPU binaries are in onnxruntime-node's package; its install script would fetch CUDA's as well.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (status === 0) return true;
  console.error(
    `npm ${args.join(" ")} failed${error ? `: ${error.message}` : ""}. Mend what it says above and try again.`,
  );
  return false;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
