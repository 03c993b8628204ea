/**
 * A site with VS Code for the Web and extensions of this machine, offline. What the page does is VS Code's.
 *
 * The page is on http://web.localhost, webviews on http://UUID.web.localhost: the browser takes *.localhost for this
 * machine and as secure, and both share a site, without which the webviews' service worker would be refused as a third
 * party's. Extensions and webviews ask across origins, so every answer allows that.
 */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

export interface VscodeWeb extends AsyncDisposable {
  readonly url: string;
  /** What was asked for and is not there. */
  readonly missing: readonly string[];
}

interface VscodeWebOptions {
  /** The folder of the build. */
  readonly dist: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folders of extensions, by the name that their path has on the site. */
  readonly extensions: Readonly<Record<string, string>>;
  /** Files that take the place of those of the folders, by their path on the site. */
  readonly files: Readonly<Record<string, string>>;
}

const host = "web.localhost";

/** Of VS Code's own extensions, those that the tests' documents need. */
const builtIn = ["theme-defaults", "theme-seti", "json", "javascript", "python", "markdown-basics"];

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".ttf": "font/ttf",
};

export async function serveVscodeWeb(options: VscodeWebOptions): Promise<VscodeWeb> {
  const missing: string[] = [];
  const find = (name: string): string | undefined => {
    const [first, second, ...rest] = name.split("/");
    const folder = first === "extensions" ? options.extensions[second] : undefined;
    if (folder !== undefined) return path.join(folder, ...rest);
    return first === "static" ? path.join(options.dist, second ?? "", ...rest) : undefined;
  };
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url!, "http://site").pathname).slice(1);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    response.setHeader("cross-origin-resource-policy", "cross-origin");
    response.setHeader("cache-control", "no-cache");
    response.setHeader("content-type", types[path.extname(name)] ?? "application/octet-stream");
    if (request.method === "OPTIONS") return response.end();
    if (name === "") {
      response.setHeader("content-type", "text/html");
      return response.end(pageOf(options, (server.address() as AddressInfo).port));
    }
    if (options.files[name] !== undefined) return response.end(options.files[name]);
    const file = find(name);
    const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    if (file === undefined || !found?.isFile()) {
      missing.push(name);
      return response.writeHead(404).end();
    }
    response.setHeader("content-length", found.size);
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    missing,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The workbench's page, as its own server would write it. */
function pageOf({ settings, extensions }: VscodeWebOptions, port: number): string {
  const uri = (at: string) => ({ scheme: "http", authority: `${host}:${port}`, path: at });
  const webviews = `http://{{uuid}}.${host}:${port}/static`;
  const product = {
    productConfiguration: {
      nameShort: "VSCode Web",
      nameLong: "VSCode Web",
      applicationName: "code-web",
      dataFolderName: ".vscode-web",
      version: "1.91.1",
      quality: "stable",
      extensionEnabledApiProposals: {},
      webEndpointUrlTemplate: webviews,
    },
    webviewEndpoint: `${webviews}/out/vs/workbench/contrib/webview/browser/pre`,
    additionalBuiltinExtensions: [
      ...builtIn.map((name) => uri(`/static/extensions/${name}`)),
      ...Object.keys(extensions).map((name) => uri(`/extensions/${name}`)),
    ],
    folderUri: { scheme: "tmp", path: "/w" },
    configurationDefaults: settings,
  };
  return `<!doctype html>
<html>
  <head>
    <meta charset="utf-8">
    <link rel="stylesheet" href="/static/out/vs/workbench/workbench.web.main.css">
  </head>
  <body aria-label="">
    <script>self.product = ${JSON.stringify(product).replaceAll("<", "\\u003c")};</script>
    <script src="/static/out/vs/loader.js"></script>
    <script src="/static/out/vs/webPackagePaths.js"></script>
    <script>
      const at = location.origin + "/static";
      for (const [name, file] of Object.entries(self.webPackagePaths))
        self.webPackagePaths[name] = at + "/node_modules/" + name + "/" + file;
      require.config({
        baseUrl: at + "/out",
        recordStats: false,
        trustedTypesPolicy: trustedTypes.createPolicy("amdLoader", { createScriptURL: (url) => url }),
        paths: self.webPackagePaths,
      });
    </script>
    <script src="/static/out/vs/workbench/workbench.web.main.nls.js"></script>
    <script src="/static/out/vs/workbench/workbench.web.main.js"></script>
    <script src="/static/out/vs/code/browser/workbench/workbench.js"></script>
  </body>
</html>`;
}
