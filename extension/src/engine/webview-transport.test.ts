import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { WebviewTransport } from "./webview-transport.ts";

const executeCommand = vi.fn<(...args: unknown[]) => Promise<void>>(async () => {});
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  env: { language: "en" },
  window: { registerWebviewViewProvider: () => ({ dispose() {} }) },
  commands: { executeCommand: (...args: unknown[]) => executeCommand(...args) },
  Uri: { joinPath: (_: unknown, name: string) => name },
}));

/** A view whose page says what a test lets it say. */
function makeView() {
  const listeners = new Set<(message: unknown) => void>();
  const closing = new Set<() => void>();
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
  const view = {
    webview,
    onDidDispose(listener: () => void) {
      closing.add(listener);
      return { dispose: () => closing.delete(listener) };
    },
  };
  return {
    view: view as unknown as vscode.WebviewView,
    runs: () => webview.html.includes("<script"),
    say: (message: unknown) => [...listeners].forEach((listener) => listener(message)),
    close: () => [...closing].forEach((listener) => listener()),
  };
}

function makeTransport() {
  const transport = new WebviewTransport({} as vscode.Uri, []);
  const page = makeView();
  transport.resolveWebviewView(page.view);
  const gone: string[] = [];
  const start = () => transport.start("", { message() {}, gone: (why) => gone.push(why) });
  return { transport, page, gone, start };
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

test("a view that is closed after another took its place leaves that one's engine alone", async () => {
  const { transport, page, gone, start } = makeTransport();
  const next = makeView();
  transport.resolveWebviewView(next.view);
  const starting = start();
  next.say({ page: "ready" });
  await starting;
  page.close();
  expect(gone).toEqual([]);
  next.close();
  expect(gone).toEqual(["its view was closed"]);
});

test("an engine whose view was replaced is lost when that is closed", async () => {
  const { transport, page, gone, start } = makeTransport();
  const starting = start();
  page.say({ page: "ready" });
  await starting;
  transport.resolveWebviewView(makeView().view);
  page.close();
  expect(gone).toEqual(["its view was closed"]);
});

test("a view that cannot be shown is said once", async () => {
  vi.useFakeTimers();
  try {
    const { page, start } = makeTransport();
    page.close();
    executeCommand.mockRejectedValueOnce(new Error("no such view"));
    await expect(start()).rejects.toThrow("no such view");
    await vi.advanceTimersByTimeAsync(60_000); // whatever is rejected then fails the test
  } finally {
    vi.useRealTimers();
  }
});

test("a start that gave up waiting for the view does not end the wait of the one after it", async () => {
  vi.useFakeTimers();
  try {
    const { transport, page, start } = makeTransport();
    page.close();
    const first = expect(start()).rejects.toThrow("did not appear");
    await vi.advanceTimersByTimeAsync(20_000);
    const second = start();
    await vi.advanceTimersByTimeAsync(11_000);
    await first;
    transport.resolveWebviewView(page.view);
    await vi.advanceTimersByTimeAsync(1);
    page.say({ page: "ready" });
    (await second).end();
  } finally {
    vi.useRealTimers();
  }
});

test("a view that VS Code never shows is given up", async () => {
  vi.useFakeTimers();
  try {
    const { page, start } = makeTransport();
    page.close();
    executeCommand.mockReturnValueOnce(new Promise(() => {}));
    const given = expect(start()).rejects.toThrow("did not appear");
    await vi.advanceTimersByTimeAsync(30_000);
    await given;
  } finally {
    vi.useRealTimers();
  }
});
