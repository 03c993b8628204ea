/** The stand with models: sites that serve them, and what tests do in their pages. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, Page } from "playwright-core";
import { fixturePath } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import type { OpenOptions, Outcome, Tools } from "./page.ts";
import {
  browserFile,
  bundle,
  bundleClassic,
  hasBrowser,
  manifestOf,
  openBrowser,
  ort,
  serveSite,
} from "./stand.ts";
import type { Site } from "./stand.ts";

declare const cloze: Tools;
export type Task = Parameters<Tools["call"]>[1];

/** A browser and a site for the tests of a file. */
export interface Stand {
  readonly browser: Browser;
  readonly site: Site;
  /** The checkpoints of the fixtures, in a folder of their own. */
  readonly fixtures: string;
  /** Another site of the same files. */
  serve(options?: Parameters<typeof serveSite>[2]): Promise<Site>;
}

/** Makes a stand before the tests of a file, and takes it away after them. */
export function useStand(): () => Stand {
  if (!hasBrowser)
    console.warn(
      `Nothing was tested in a browser: there is none at ${browserFile} (or name one in CLOZE_CHROMIUM).`,
    );
  let stand: Stand;
  beforeAll(async () => {
    if (!hasBrowser) return;
    const scripts = await bundle({
      page: path.join(import.meta.dirname, "page.ts"),
      lossy: path.join(import.meta.dirname, "lossy-worker.ts"),
    });
    const fixtures = mkdtempSync(path.join(tmpdir(), "cloze-web-"));
    cpSync(fixturePath("checkpoints"), fixtures, { recursive: true });
    const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
    const files = [
      ["index.html", page],
      ["starter/files.json", manifestOf(starter)],
      ["classic.js", await bundleClassic()],
      ...scripts,
    ] as const;
    const serve: Stand["serve"] = (options) =>
      serveSite(files, { starter, models: fixtures, packed: ort }, options);
    const browser = await openBrowser(["--enable-blink-features=ForceEagerMeasureMemory"]);
    stand = { browser, site: await serve(), fixtures, serve };
  });
  afterAll(async () => {
    if (!hasBrowser) return;
    await stand.browser.close();
    await stand.site[Symbol.asyncDispose]();
    rmSync(stand.fixtures, { recursive: true });
  });
  return () => stand;
}

/** Loads a model in a page, under a name. */
export function open(page: Page, name: string, source: string, options: OpenOptions = {}): Promise<Outcome> {
  return page.evaluate(([a, b, c]) => cloze.open(a, b, c), [name, source, options] as const);
}

export function call(page: Page, name: string, task: Task, input: unknown): Promise<Outcome> {
  return page.evaluate(([a, b, c]) => cloze.call(a, b, c), [name, task, input] as const);
}

export function valueOf(outcome: Outcome): unknown {
  if ("error" in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.value;
}

/** Texts and whole numbers are equal, other numbers near. */
export function expectNear(found: unknown, expected: unknown, where = "answer"): void {
  if (typeof expected === "number" && !Number.isInteger(expected)) {
    expect(Math.abs(Number(found) - expected), where).toBeLessThan(1e-4);
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(found as object), where).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected))
      expectNear((found as Record<string, unknown>)[key], value, `${where}.${key}`);
  } else expect(found, where).toEqual(expected);
}
