import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { WebviewTransport } from "./webview-transport.ts";

vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  env: { language: "en" },
  window: { registerWebviewViewProvider: () => ({ dispose() {} }) },
  Uri: { joinPath: (_: unknown, name: string) => name },
}));

/** A view whose page says what a test lets it say. */
function makeView() {
  const listeners = new Set<(message: unknown) => void>();
  let close: (() => void) | undefined;
  const webview = {
    html: "",
    options: {},
    cspSource: "",
    asWebviewUri: String,
    onDidReceiveMessage(listener: (message: unknown) => void) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  const view = { webview, onDidDispose: (listener: () => void) => (close = listener) };
  return {
    view: view as unknown as vscode.WebviewView,
    runs: () => webview.html.includes("<script"),
    say: (message: unknown) => [...listeners].forEach((listener) => listener(message)),
    close: () => close?.(),
  };
}

function makeTransport() {
  const transport = new WebviewTransport({} as vscode.Uri, []);
  const page = makeView();
  transport.resolveWebviewView(page.view);
  const gone: string[] = [];
  const start = () => transport.start("", { message() {}, gone: (why) => gone.push(why) });
  return { page, gone, start };
}

test("an engine that is started while another starts takes its view, and keeps it when that one is ended", async () => {
  const { page, gone, start } = makeTransport();
  const first = start();
  const refused = expect(first).rejects.toThrow("another engine took its place");
  const second = start();
  page.say({ page: "ready" });
  await refused;
  const port = await second;
  expect(page.runs()).toBe(true);
  page.say({ page: "failed", why: "" });
  expect(gone).toEqual(["its script cannot be run"]);
  expect(page.runs()).toBe(false);
  port.end();
});

test("an engine that was replaced cannot end the one after it", async () => {
  const { page, start } = makeTransport();
  const first = start();
  page.say({ page: "ready" });
  const old = await first;
  const second = start();
  page.say({ page: "ready" });
  const port = await second;
  old.end();
  expect(page.runs()).toBe(true);
  port.end();
  expect(page.runs()).toBe(false);
});

test("a view that is closed takes the engine along", async () => {
  const { page, gone, start } = makeTransport();
  const starting = start();
  page.say({ page: "ready" });
  await starting;
  page.close();
  expect(gone).toEqual(["its view was closed"]);
});
