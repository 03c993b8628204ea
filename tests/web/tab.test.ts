/** "Run it in this tab": the Worker's static files, as a page uses them, answer as the routes do. */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { answerJson, taskRoutes } from "@cloze/edge/routes";
import type { Route } from "@cloze/edge/routes";
import { load } from "@cloze/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { root } from "../docs/entries.ts";
import { starter } from "../starter.ts";
import { hasBrowser, openBrowser, openPage, serveSite } from "./stand.ts";
import type { Site } from "./stand.ts";

const assets = path.join(root, "worker/dist/assets");

/** What `/tab.js` exports, and where the test keeps the tab. */
interface TabModule {
  openTab(options: object): Promise<Tab>;
  tab: Tab;
}
interface Tab {
  readonly device: string;
  answer(route: string, body: unknown): Promise<object>;
  close(): Promise<void>;
}
declare const kept: TabModule;

test("no static file is larger than Cloudflare takes", () => {
  const files = readdirSync(assets, { recursive: true, encoding: "utf8" }).map((name) =>
    path.join(assets, name),
  );
  expect(existsSync(path.join(assets, "tab.js"))).toBe(true);
  expect(Math.max(...files.map((file) => statSync(file).size))).toBeLessThan(25 * 2 ** 20);
});

describe.runIf(hasBrowser)("a tab", () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    site = await serveSite(
      [
        [
          "index.html",
          '<!doctype html><meta charset="utf-8"><script type="module" src="/ready.js"></script>',
        ],
        [
          "ready.js",
          'globalThis.kept = { ...(await import("/tab.js")) }; document.documentElement.dataset.ready = 1;',
        ],
      ],
      {},
      { root: assets },
    );
    page = await openPage(browser, site.url);
    const opened = await page.evaluate(async () => {
      let bytes = 0;
      kept.tab = await kept.openTab({
        onProgress: ({ file, loaded }: { file: string; loaded: number }) => {
          if (file === "model.safetensors") bytes = loaded;
        },
      });
      return [kept.tab.device, bytes];
    });
    expect(opened).toEqual(["wasm", statSync(path.join(starter, "model.safetensors")).size]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });

  const answer = (route: string, body: unknown) =>
    page.evaluate(async ([to, json]) => kept.tab.answer(to, json), [route, body] as const);

  test.each([
    ["classify", { text: "a warm , funny film" }],
    ["classify", { inputs: [{ text: "a dull film" }, { text: 5 }], top: 1 }],
    [
      "answer",
      { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896.", top: 2 },
    ],
    ["fill", { text: "He closed the [MASK] behind him.", top: 3 }],
    ["tag", { text: "Mr. Smith went to Paris.", offsetEncoding: "utf-32" }],
    ["embed", { inputs: [{ text: "a" }, { text: "b" }] }],
    ["tokenize", { text: "Ein Café" }],
  ])("answers /v1/%s as the route does: %j", async (name, body) => {
    await using bert = await load(starter);
    const routes: readonly Route[] = taskRoutes(bert.config);
    const expected = await answerJson(
      routes.find((route) => route.name === name)!,
      body,
      { tokenizer: bert.tokenizer, predictor: async () => bert },
      { inputs: 64, windowTokens: 2 ** 18, vocabularyRows: 1024 },
    ).catch((error: Error) => error.message);
    const found = await answer(`/v1/${name}`, body).catch((error: Error) => error.message);
    if (typeof expected === "string") expect(found).toContain(expected);
    else expect(rounded(found)).toEqual(rounded(expected));
  });

  test("says what a route's problem says", async () => {
    const problem = await page.evaluate(() =>
      kept.tab.answer("/v1/fill", { text: "no mask" }).catch((error: { problem: object }) => error.problem),
    );
    expect(problem).toMatchObject({ code: "invalid-input", field: "text" });
    await expect(answer("/v1/nothing", {})).rejects.toThrow("There is no route /v1/nothing");
  });

  test("asks for nothing but this site's files", () => {
    expect(site.asked.map(({ path: name }) => name.split("/")[0])).toEqual(
      expect.not.arrayContaining(["v1", "v2"]),
    );
  });
});

/** As JSON, numbers to three places. */
function rounded(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (_, value: unknown) => {
      if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
      return typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 500) / 500 : value;
    }),
  );
}
