/**
 * The engine in a webview: where the extension host has neither WebGPU nor workers of a browser (desktop, remote). The
 * page starts the same worker and passes messages on; it does nothing else. Once shown, it lives on while hidden.
 */
import * as vscode from "vscode";
import type { EngineListener, EnginePort, Transport } from "./transport.ts";

const VIEW = "cloze.engine";
/** How long a view may take to appear, in milliseconds. */
const PATIENCE = 30_000;

/** What the page says beside the engine's messages. */
type PageMessage =
  | { readonly page: "ready" }
  /** Why may be empty: browsers do not tell of every script. */
  | { readonly page: "failed"; readonly why: string }
  | { readonly engine: unknown };

export class WebviewTransport implements Transport, vscode.WebviewViewProvider, vscode.Disposable {
  readonly name = "webview";
  readonly #extension: vscode.Uri;
  readonly #roots: readonly vscode.Uri[];
  readonly #registration: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  #shown: ((view: vscode.WebviewView) => void) | undefined;
  /** Ends what runs in the view, because the view or its page is gone. */
  #lose: ((why: string) => void) | undefined;

  /** @param roots Folders that the engine may read. */
  constructor(extension: vscode.Uri, roots: readonly vscode.Uri[]) {
    this.#extension = extension;
    this.#roots = roots;
    this.#registration = vscode.window.registerWebviewViewProvider(VIEW, this, {
      webviewOptions: { retainContextWhenHidden: true },
    });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [this.#extension, ...this.#roots] };
    view.onDidDispose(() => {
      if (this.#view === view) this.#view = undefined;
    });
    if (this.#shown)
      this.#shown(view); // whoever waits for the view writes its page: one is loaded, not two
    else view.webview.html = this.#page(view.webview, false);
  }

  async start(_script: string, listener: EngineListener): Promise<EnginePort> {
    const { t } = vscode.l10n;
    const view = this.#view ?? (await this.#show());
    const { webview } = view;
    let begin: () => void;
    let fail: (why: Error) => void;
    let begun = false;
    const ready = new Promise<void>((resolve, reject) => {
      begin = resolve;
      fail = reject;
    });
    const end = (): void => {
      clearTimeout(late);
      hearing.dispose();
      closing.dispose();
      if (this.#lose !== lose) return; // it ended before, or another engine has the view
      this.#lose = undefined;
      if (this.#view === view) webview.html = this.#page(webview, false);
    };
    const lose = (why: string): void => {
      end();
      if (begun) listener.gone(why);
      else fail(new Error(why));
    };
    const hearing = webview.onDidReceiveMessage((message: PageMessage) => {
      if ("engine" in message) listener.message(message.engine);
      else if (message.page === "failed") lose(message.why || t("its script cannot be run"));
      else if (begun) lose(t("its page was loaded anew"));
      else {
        begun = true;
        begin();
      }
    });
    const closing = view.onDidDispose(() => lose(t("its view was closed")));
    const late = setTimeout(() => lose(t("its page did not start")), PATIENCE);
    const before = this.#lose;
    this.#lose = lose;
    before?.(t("another engine took its place"));
    webview.html = this.#page(webview, true);
    await ready;
    clearTimeout(late);
    return {
      post: (message) => void webview.postMessage(plain(message)),
      contentOf: async (file) => ({ url: webview.asWebviewUri(file).toString() }),
      end,
    };
  }

  dispose(): void {
    this.#registration.dispose();
  }

  /** Makes the view appear, and leaves the keyboard where it is. */
  async #show(): Promise<vscode.WebviewView> {
    let shown: ((view: vscode.WebviewView) => void) | undefined;
    let late: ReturnType<typeof setTimeout> | undefined;
    const appeared = new Promise<vscode.WebviewView>((resolve, reject) => {
      shown = this.#shown = resolve;
      const why = new Error(vscode.l10n.t("the view Cloze: Engine did not appear"));
      late = setTimeout(() => reject(why), PATIENCE);
    });
    try {
      const [view] = await Promise.all([appeared, focusView()]);
      return view;
    } finally {
      clearTimeout(late);
      if (this.#shown === shown) this.#shown = undefined; // else another waits
    }
  }

  /** @param running Whether the page starts an engine. */
  #page(webview: vscode.Webview, running: boolean): string {
    const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, name)).toString();
    const policy = [
      "default-src 'none'",
      `script-src ${webview.cspSource} 'wasm-unsafe-eval'`,
      "worker-src blob:",
      `connect-src ${webview.cspSource}`,
      `style-src ${webview.cspSource}`,
    ].join("; ");
    const text = running
      ? vscode.l10n.t("The engine runs here.")
      : vscode.l10n.t("The engine is not running.");
    return `<!doctype html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Cloze</title>
</head>
<body>
<p role="status" aria-live="polite">${text}</p>
${running ? `<script type="module" src="${at("page.js")}" data-engine="${at("engine.js")}" data-start="${String(Date.now())}"></script>` : ""}
</body>
</html>`;
  }
}

async function focusView(): Promise<void> {
  await vscode.commands.executeCommand("setContext", "cloze.webview", true);
  await vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
}

/** In the Node host bytes may be a Buffer, which a webview's messages turn into a list of numbers. */
function plain(message: unknown): unknown {
  if (message instanceof Uint8Array)
    return Object.getPrototypeOf(message) === Uint8Array.prototype ? message : new Uint8Array(message);
  if (Array.isArray(message)) return message.map(plain);
  if (typeof message !== "object" || message === null || ArrayBuffer.isView(message)) return message;
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, plain(value)]));
}
