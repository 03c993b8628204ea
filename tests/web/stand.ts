/**
 * A stand for a browser: a site with a page, the session's worker, ONNX Runtime's files and models, on this machine;
 * and Debian's Chromium, whose WebGPU is computed by the CPU (SwiftShader).
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

/** Debian's; another system's browser may be named by CLOZE_CHROMIUM. */
export const browserFile = process.env.CLOZE_CHROMIUM ?? "/usr/bin/chromium";
export const hasBrowser = existsSync(browserFile);

const flags = [
  "--headless=new",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: browserFile, args: [...flags, ...more] });
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** What the page may load and run; nothing else is needed. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

export interface Site extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, with the bytes that were sent. */
  readonly asked: { readonly path: string; readonly method: string; readonly bytes: number }[];
  /** Changes what is there, by path. */
  readonly files: Map<string, Uint8Array | string>;
  /** Folders for which nobody answers any more. */
  readonly gone: Set<string>;
}

/** Where ONNX Runtime's files lie, as the runtime finds them. */
export const ort = path.dirname(
  createRequire(import.meta.resolve("@cloze/runtime/web")).resolve("onnxruntime-web/webgpu"),
);

/** Bundles scripts, with the session's worker beside them. */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<Map<string, Uint8Array>> {
  const worker = fileURLToPath(new URL("./session-worker.js", import.meta.resolve("@cloze/runtime/web")));
  const { outputFiles } = await build({
    entryPoints: { ...entries, "session-worker": worker },
    bundle: true,
    format: "esm",
    splitting: true,
    platform: "browser",
    outdir: "/",
    write: false,
    logLevel: "error",
  });
  return new Map(outputFiles.map(({ path: file, contents }) => [path.basename(file), contents]));
}

/** The session's worker as one classic script. */
export async function bundleClassic(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import { serveSession } from "@cloze/runtime/web"; serveSession();',
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: "iife",
    platform: "browser",
    define: { "import.meta.url": '"https://none.invalid/"' },
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** Serves files by path: those given, folders of this machine by name, and at the root ONNX Runtime's or another folder. */
export async function serveSite(
  given: Iterable<readonly [string, Uint8Array | string]>,
  folders: Readonly<Record<string, string>> = {},
  { isolated = false, ranges = true, root = ort, policy = POLICY } = {},
): Promise<Site> {
  const files = new Map<string, Uint8Array | string>(given);
  const asked: { path: string; method: string; bytes: number }[] = [];
  const find = (name: string): Uint8Array | undefined => {
    const known = files.get(name);
    if (known !== undefined) return typeof known === "string" ? new TextEncoder().encode(known) : known;
    const [first, ...rest] = name.split("/");
    const file = folders[first] === undefined ? path.join(root, name) : path.join(folders[first], ...rest);
    return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
  };
  const gone = new Set<string>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url!, "http://site");
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    if (gone.has(name.split("/")[0])) return request.socket.destroy();
    const all = find(name);
    response.setHeader("content-security-policy", policy);
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    const method = request.method!;
    const [, from, to] = (ranges && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")) || [];
    const body = from === undefined ? all : all?.subarray(Number(from), Number(to) + 1);
    asked.push({ path: name, method, bytes: method === "HEAD" ? 0 : (body?.length ?? 0) });
    response.writeHead(body === undefined ? 404 : from === undefined ? 200 : 206, {
      "content-type": types[path.extname(name)] ?? "application/octet-stream",
      ...(body && { "content-length": body.length }),
      ...(all && { etag: `"${createHash("sha1").update(all).digest("hex")}"` }),
    });
    response.end(method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    files,
    gone,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page of a site whose script is there, as a context of its own: it shares no cache with others. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(100_000);
  page.on("pageerror", (error) => console.error(`page: ${error.message}`));
  page.on("console", (message) => {
    if (process.env.CLOZE_WEB_LOG) console.log(`page: ${message.text()}`);
  });
  await page.goto(url);
  await isReady(page);
  return page;
}

/** Waits for the page's script, without evaluating anything there, which its policy forbids. */
export function isReady(page: Page): Promise<void> {
  return page.locator("html[data-ready]").waitFor({ state: "attached" });
}

/** `files.json` of a folder. */
export function manifestOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
  const files = names.map((name) => {
    const bytes = readFileSync(path.join(folder, name));
    return [name, { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }];
  });
  return JSON.stringify({ files: Object.fromEntries(files) as object });
}
