/** A browser before the demo page, over the Worker in real workerd, for all tests of a file. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

/** Debian's; another system's browser may be named by CLOZE_CHROMIUM. */
const executablePath = process.env.CLOZE_CHROMIUM ?? "/usr/bin/chromium";
export const installed = existsSync(executablePath);
if (!installed) console.warn(`The demo page was not tested: there is no browser at ${executablePath}.`);

const flags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageStand {
  browser: Browser;
  /** A new one for each test. */
  page: Page;
  /** What the page wrote to its console. */
  readonly complaints: readonly string[];
  /** What of it a test expects, now or a little later; all else fails the test. */
  expected: RegExp | undefined;
  /** Opens the page anew, in a browser's profile of its own; before it, a script may change what the browser says. */
  open(address?: string, options?: BrowserContextOptions, before?: () => void): Promise<Page>;
  /** Shows a tab, and gives its panel. */
  show(tab: string, page?: Page): Promise<Locator>;
}

/** @param url The Worker's address, when it runs. */
export function usePage(url: () => string, more: readonly string[] = []): PageStand {
  let complaints: string[] = [];
  const stand = {
    get complaints() {
      return complaints;
    },
    open,
    show,
  } as object as PageStand;
  beforeAll(async () => {
    stand.browser = await chromium.launch({ executablePath, args: [...flags, ...more] });
  });
  afterAll(() => stand.browser?.close());
  beforeEach(async () => {
    complaints = [];
    stand.expected = undefined;
    stand.page = await stand.open();
  });
  afterEach(async () => {
    await Promise.all(stand.browser.contexts().map((context) => context.close()));
    expect(complaints.filter((said) => !stand.expected?.test(said))).toEqual([]);
  });
  return stand;

  async function open(address = "", options: BrowserContextOptions = {}, before?: () => void): Promise<Page> {
    const context = await stand.browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    if (before) await page.addInitScript(before);
    await page.goto(url() + address);
    return page;
  }

  async function show(tab: string, page = stand.page): Promise<Locator> {
    await page.getByRole("tab", { name: tab }).click();
    return page.getByRole("tabpanel", { name: tab });
  }
}

/** What a panel says of its answer in a few words. */
export const verdict = (panel: Locator) => panel.getByRole("region", { name: "Result" }).getByRole("status");
