/**
 * The guides: their programs are files that are type-checked and run here, and print what their comments say; their
 * commands and requests are run too, and give what stands below them.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { load, readModelTexts } from "@cloze/runtime/node";
import { createApp, readModel } from "@cloze/edge";
import { startServer } from "@cloze/server";
import { cloze } from "../cli/cloze.ts";
import { starter } from "../starter.ts";
import { read, root } from "./entries.ts";
import { asTold, valuesOf } from "./values.ts";

const tasks = readdirSync(path.join(root, "docs/tasks")).map((name) => `docs/tasks/${name}`);
const others = ["sdk", "plugins", "learning", "training-plugins"].map((name) => `docs/${name}.md`);
const guides = [...tasks, ...others];
const nameOf = (guide: string) => path.basename(guide, ".md");

/** The blocks of a page in one language, without those that are not run. */
const blocks = (page: string, language: string) =>
  Array.from(page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms))
    .filter(([, mark]) => mark === language)
    .map(([, , code]) => code);

describe.each(guides)("%s", (guide) => {
  const program = nameOf(guide);

  test("shows all of a program, in order", () => {
    expect(blocks(read(guide), "ts").join("\n")).toBe(read(`tests/docs/examples/${program}.ts`));
  });

  test("its program prints what its comments say", async () => {
    const print = vi.spyOn(console, "log").mockImplementation(() => {});
    await import(`./examples/${program}.ts`);
    const printed = print.mock.calls;
    print.mockRestore();
    const told = Array.from(
      read(`tests/docs/examples/${program}.ts`).matchAll(/console\.log\(.*\); \/\/ (.*)$/gm),
    );
    const values = told.map(([line, comment]) => valuesOf(comment) ?? `${line} tells no value`);
    expect(asTold(printed, values)).toEqual(values);
  });
});

/**
 * What a shell gives for each `$` line of a page, as the page shows it: … stands for anything, and numbers count to the
 * digits that are written.
 */
const shells = guides.flatMap((guide) =>
  blocks(read(guide), "").flatMap((block) =>
    Array.from(block.matchAll(/^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm), ([, line, shown]) => ({
      guide,
      line: line.replaceAll("\\\n", " "),
      shown: shown.trimEnd(),
    })),
  ),
);
const number = /-?\d+(?:\.\d+)?(?:e-?\d+)?/;

function expectShown(actual: string, shown: string): void {
  const pattern = shown
    .split(new RegExp(`(${number.source}|…)`))
    .map((part) => {
      if (part === "…") return "[^]*?";
      return number.test(part) ? `(${number.source})` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  const found = new RegExp(`^${pattern}$`).exec(actual);
  if (!found) expect(actual).toBe(shown);
  const told = Array.from(shown.matchAll(new RegExp(number, "g")), ([one]) => one);
  for (const [i, one] of told.entries()) {
    const decimals = /\.(\d+)$/.exec(one)?.[1].length ?? 0;
    expect(Number(found?.[i + 1]).toFixed(decimals), actual).toBe(Number(one).toFixed(decimals));
  }
}

/** The words of a line as a shell splits them. */
function wordsOf(line: string): string[] {
  return Array.from(
    line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
    ([, single, double, bare]) => single ?? double ?? bare,
  );
}

describe("commands give what the guides show", () => {
  test.each(shells.filter(({ line }) => line.startsWith("cloze ")))(
    "$guide: $line",
    async ({ line, shown }) => {
      const { code, out, err } = await cloze(wordsOf(line).slice(1));
      expect(code, err).toBe(0);
      expectShown(out.trimEnd(), shown);
    },
  );
});

describe("requests give what the guides show", () => {
  let app: ReturnType<typeof createApp>;
  const close: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const bert = await load(starter);
    const { session, config } = bert;
    const running = await startServer({ session, config, model: "starter" });
    close.push(
      () => running.close(),
      () => bert[Symbol.asyncDispose](),
    );
    const server = { url: running.url, model: "starter" };
    app = createApp({ model: readModel(await readModelTexts(starter)), server });
  });
  afterAll(async () => {
    for (const end of close) await end();
  });

  test.each(shells.filter(({ line }) => line.startsWith("curl ")))(
    "$guide: $line",
    async ({ line, shown }) => {
      const words = wordsOf(line);
      const url = words.find((word) => word.startsWith("localhost:8787"));
      const response = await app.request(`http://${url}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: words[words.indexOf("-d") + 1],
      });
      expectShown(await response.text(), shown);
    },
  );
});

test("every line of the shell in a guide is of one of both", () => {
  expect(shells.map(({ line }) => line).filter((line) => !/^(?:cloze|curl) /.test(line))).toEqual([]);
  expect(shells.length).toBeGreaterThan(guides.length);
});
