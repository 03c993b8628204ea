/** The tests' VS Code is a real one, with a GPU, in each of the hosts that the extension may be put in. */
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasEditors, openBrowser, startCodeServer, startVscodeWeb, Workbench } from "./editor.ts";

const given = {
  extension: path.join(import.meta.dirname, "sample"),
  files: { "a.txt": "One line.\nTwo lines.\n", "deep/b.txt": "Three." },
};
const places = {
  "code-server, in Node's host": {
    start: () => startCodeServer({ ...given, host: "node" }),
    host: "node",
  },
  "code-server, in the web worker's host": {
    start: () => startCodeServer({ ...given, host: "worker" }),
    host: "worker",
  },
  "VS Code for the Web": { start: () => startVscodeWeb(given), host: "worker" },
} as const;

describe.runIf(hasEditors)("a real VS Code", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test.each(Object.entries(places))("%s", async (_, { start, host }) => {
    await using editor = await start();
    await using workbench = await Workbench.open(browser, editor);
    await workbench.activate();
    expect(workbench.host).toBe(host);

    await workbench.open("deep/b.txt");
    expect(await workbench.text()).toBe("Three.");
    await workbench.open("a.txt");
    await workbench.selectLines(2);
    expect(await workbench.selected()).toEqual(["Two lines."]);
    await workbench.palette("Sample: Mark the Selection");
    await expect.poll(() => workbench.decorationTexts()).toEqual(['marked "so"']);

    await workbench.palette("Sample: Pick a Word");
    expect(await workbench.quickPickRows()).toEqual([
      { label: "first", description: "0.75", detail: "" },
      { label: "second", description: "", detail: "of two" },
    ]);
    expect(await workbench.activeRow()).toBe("first");
    await workbench.pick("second");
    await expect.poll(() => workbench.quickInputMessage()).toContain("A name");
    await workbench.accept();
    await expect.poll(() => workbench.quickInputMessage()).toBe("Say one.");
    await workbench.type("Ada");
    await workbench.accept();
    await expect.poll(() => workbench.clipboard()).toBe("second Ada");

    await workbench.palette("Sample: Name the Adapter");
    expect(await workbench.toast("Sample:")).toMatch(new RegExp(`google swiftshader in ${host}`));
    await workbench.screenshot(`harness-${host}`);
    if (host === "node") await workbench.webview("swiftshader");
    await workbench.pressToast("Sample:", "Good");
    await expect.poll(() => workbench.toasts()).toEqual([]);

    expect(await workbench.statusItems()).toEqual([{ text: "Sample", label: "Sample is ready" }]);
    expect(workbench.foreign).toEqual([]);
  });
});
