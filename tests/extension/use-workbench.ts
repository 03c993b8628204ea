/**
 * One window for all tests of a `describe`: what most of the test files set up and take down.
 */
import { afterAll, beforeAll } from "vitest";
import { openBrowser, startCodeServer, Workbench } from "./editor.ts";
import type { CodeServerOptions, Editor } from "./editor.ts";
import type { WindowOptions } from "./window.ts";

export interface UseOptions extends CodeServerOptions, WindowOptions {
  /** Whether Chromium has WebGPU. Default: yes. */
  readonly gpu?: boolean;
  /** Starts the editor. Default: `startCodeServer`. */
  readonly start?: (options: CodeServerOptions) => Promise<Editor>;
}

/**
 * Opens a window before the tests, with the extension active, and ends all of it after them.
 *
 * @param take Gets the window, and does what comes first in it.
 * @example
 * let workbench: Workbench;
 * useWorkbench({ host: "worker", files: { "a.txt": "Good." } }, (opened) => (workbench = opened));
 */
export function useWorkbench(options: UseOptions, take: (opened: Workbench) => unknown): void {
  const { gpu = true, start = startCodeServer } = options;
  const ends: (() => PromiseLike<void>)[] = [];
  beforeAll(async () => {
    const browser = await openBrowser({ gpu });
    ends.unshift(() => browser.close());
    const editor = await start(options);
    ends.unshift(() => editor[Symbol.asyncDispose]());
    const workbench = await Workbench.open(browser, editor, options);
    ends.unshift(() => workbench[Symbol.asyncDispose]());
    await workbench.activate();
    await take(workbench);
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });
}
