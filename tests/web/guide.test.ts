/** The guide's program, and the examples of `@cloze/runtime/web`, in a browser: they print and give what they say. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { examples, read, root } from "../docs/entries.ts";
import { checked } from "../docs/run-example.ts";
import { asTold, expectValue, valuesOf } from "../docs/values.ts";
import { starter } from "../starter.ts";
import { bundle, hasBrowser, manifestOf, openBrowser, serveSite } from "./stand.ts";
import type { Site } from "./stand.ts";

const guide = "tests/web/guide.ts";
/** `serveSession` is a worker's script: what all others run on. */
const own = examples.filter(
  ({ file, code }) => file.startsWith("packages/runtime/src/web/") && !code.startsWith("serveSession"),
);

test("the guide shows all of its program, in order", () => {
  const shown = Array.from(read("docs/web.md").matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code);
  expect(shown.join("\n")).toBe(read(guide));
});

const run = (name: string) => `await import("/${name}.js"); document.documentElement.dataset.ended = 1;`;

describe.runIf(hasBrowser)("in a browser", () => {
  let browser: Browser;
  let site: Site;
  const folder = mkdtempSync(path.join(root, "tests/web/.made-")); // here, where packages are found
  beforeAll(async () => {
    symlinkSync(starter, path.join(folder, "starter"));
    const scripts: Record<string, string> = { guide: path.join(root, guide) };
    for (const [i, { code }] of own.entries()) {
      const file = path.join(folder, `example${i}.ts`);
      writeFileSync(
        file,
        `import { describeAdapter, FetchFiles, load } from "@cloze/runtime/web";\n{\n${checked(code)}\n}`,
      );
      scripts[`example${i}`] = file;
    }
    const starts = Object.keys(scripts).flatMap((name) => [
      [`start-${name}.js`, `globalThis.check = (...told) => console.log(...told); ${run(name)}`] as const,
      [`${name}.html`, `<!doctype html><script type="module" src="/start-${name}.js"></script>`] as const,
    ]);
    const made = await bundle(scripts);
    const models = { models: folder };
    site = await serveSite([...starts, ...made, ["models/starter/files.json", manifestOf(starter)]], models);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** What a script says, line by line. */
  async function linesOf(name: string): Promise<unknown[][]> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const lines: Promise<unknown[]>[] = [];
    page.on("console", (message) => {
      if (message.type() === "log") lines.push(Promise.all(message.args().map((one) => one.jsonValue())));
    });
    await page.goto(`${site.url}/${name}.html`);
    await page.locator("html[data-ended]").waitFor({ state: "attached", timeout: 100_000 });
    const said = await Promise.all(lines);
    await context.close();
    return said;
  }

  test("the guide's program prints what its comments say", async () => {
    const told = Array.from(read(guide).matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, comment]) =>
      valuesOf(comment),
    );
    expect(asTold(await linesOf("guide"), told)).toEqual(told);
  });

  test.each(own.map(({ file, line }, i) => [`${file}:${line}`, i] as const))("%s", async (_, i) => {
    const lines = await linesOf(`example${i}`);
    expect(lines.length).toBeGreaterThan(0);
    for (const [actual, comment] of lines) expectValue(actual, valuesOf(String(comment))!, String(comment));
  });
});
