/**
 * One of VS Code's windows: opening it, its extension host, and what is kept of it: its log, pictures, and what it asked
 * for elsewhere. What a person does in it is `workbench.ts`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { beforeEach } from "vitest";
import { openBrowser as openChromium } from "../web/stand.ts";
import type { Host, Work } from "./bridge.ts";
import type { Editor } from "./editor.ts";

/** Where pictures go; another folder may be named by CLOZE_SHOTS. */
const shots = process.env.CLOZE_SHOTS ?? path.join(import.meta.dirname, "screenshots-out");

/** Chromium with WebGPU on its software adapter; `gpu: false` leaves `navigator.gpu` without an adapter. */
export function openBrowser({ gpu = true } = {}): Promise<Browser> {
  return openChromium(gpu ? [] : ["--disable-gpu", "--disable-software-rasterizer"]);
}

export interface WindowOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** A page for a window, in a context of its own: it shares no storage with others, as a person's first visit. */
export async function newPage(
  browser: Browser,
  editor: Editor,
  { viewport = { width: 1280, height: 800 } }: WindowOptions,
): Promise<Page> {
  const context = await browser.newContext({ viewport });
  const { origin } = new URL(editor.url);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  return context.newPage();
}

/** Those of a test, for what is to be said when it fails. */
const opened = new Set<Window>();

beforeEach(({ onTestFailed }) => {
  for (const window of opened) if (window.closed) opened.delete(window);
  onTestFailed(async ({ task }) => {
    for (const window of opened) await window.report(task.name);
  });
});

/** What every window says of a VS Code whose native parts are not compiled and whose shop is shut. */
const noise = /spdlog|gallery as it is disabled/;

export class Window implements AsyncDisposable {
  readonly page: Page;
  readonly editor: Editor;
  /** What the page's console said, its workers' and webviews' too. */
  readonly console: string[] = [];
  /** The addresses that were asked for and are not on this machine. */
  readonly foreign: string[] = [];
  closed = false;
  #host!: Host;
  #last: Buffer | undefined;

  protected constructor(page: Page, editor: Editor) {
    this.page = page;
    this.editor = editor;
    opened.add(this);
    page.on("console", (message) => {
      if (!noise.test(message.text()))
        this.console.push(`[${message.type()}] ${message.text().slice(0, 400)}`);
    });
    page.on("pageerror", (error) => this.console.push(`[pageerror] ${error.message}`));
    page.context().on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      // VS Code's service worker answers what has its resources' addresses, in the page.
      const local = /^127\.0\.0\.1$|(^|\.)localhost$|\.vscode-resource\.vscode-cdn\.net$/.test(hostname);
      if (/^(https?|wss?):$/.test(protocol) && !local) this.foreign.push(request.url());
    });
  }

  /** Goes to the editor; what stopped it is said with a picture. */
  async begin(): Promise<void> {
    try {
      await this.#start(() => this.page.goto(this.editor.url));
    } catch (error) {
      await this.report("opening");
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Reloads the window: its extension hosts start anew. */
  async reload(): Promise<void> {
    await this.#start(() => this.page.reload());
  }

  async #start(go: () => Promise<unknown>): Promise<void> {
    const host = this.editor.bridge.nextHost();
    await go();
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor({ timeout: 60_000 });
    this.#host = await within(host, 60_000, "The extension host did not start.");
    if (Object.keys(this.editor.files).length === 0) return;
    const files = Object.entries(this.editor.files).map(([name, content]) => [
      name,
      Buffer.from(content).toString("base64"),
    ]);
    await this.run(async (vscode, all) => {
      const folder = vscode.workspace.workspaceFolders![0].uri;
      for (const [name, base64] of all) {
        const file = vscode.Uri.joinPath(folder, name);
        await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(file, ".."));
        await vscode.workspace.fs.writeFile(
          file,
          Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)),
        );
      }
    }, files);
  }

  /** Which extension host the bridge, and so the extension, is in. */
  get host(): "node" | "worker" {
    return this.#host.kind;
  }

  /**
   * Runs a function with the `vscode` API in the extension host that the extension is in. It is sent as text: it may
   * use its arguments and globals, nothing from around it; what it takes and gives goes as JSON.
   *
   * @example
   * const language = await workbench.run((vscode) => vscode.window.activeTextEditor?.document.languageId, undefined);
   */
  run<R>(work: Work<undefined, R>): Promise<R>;
  run<A, R>(work: Work<A, R>, arg: A, timeout?: number): Promise<R>;
  run<A, R>(work: Work<A, R>, arg?: A, timeout?: number): Promise<R> {
    return this.#host.run(work, arg as A, timeout);
  }

  /** Waits until the extension is active; what it exports can be read only then. */
  async activate(): Promise<void> {
    await this.run(async (vscode, id) => {
      const extension = vscode.extensions.getExtension(id);
      if (!extension) throw new Error(`${id} is not installed in this host.`);
      await extension.activate();
    }, this.editor.id);
  }

  /** Runs a command by its id, past the palette. */
  command(id: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.run((vscode, given) => vscode.commands.executeCommand(given.id, ...given.args), { id, args });
  }

  /** A picture of the window, as NAME.png in the folder of pictures; where it is. */
  async screenshot(name: string): Promise<string> {
    return this.#keep(name, await this.page.screenshot({ animations: "disabled" }));
  }

  async #keep(name: string, picture: Buffer): Promise<string> {
    await mkdir(shots, { recursive: true });
    const file = path.join(shots, `${name.replaceAll(/[^\w-]+/g, "-")}.png`);
    await writeFile(file, picture);
    return file;
  }

  /** Says what was on the page when a test failed: a picture, and the ends of the console's log and the server's. */
  async report(name: string): Promise<void> {
    const picture = this.closed ? this.#last : await this.page.screenshot().catch(() => undefined);
    const file = picture && (await this.#keep(`failed-${name}`, picture));
    console.error(
      [
        `"${name}" failed; the window: ${file}`,
        ...this.console.slice(-30),
        this.editor.log().slice(-2000),
      ].join("\n  "),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#last = await this.page.screenshot({ timeout: 5000 }).catch(() => undefined);
    this.closed = true;
    await this.page.context().close();
  }
}

function within<T>(what: Promise<T>, ms: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms);
  });
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}
