/**
 * BERT in a real browser: every task as Node's CPU answers it, and what a session in a page promises beyond numbers.
 * WebGPU is computed by this machine's CPU there, so few texts run on it.
 */
import path from "node:path";
import { load } from "@cloze/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { starter } from "../starter.ts";
import { call, expectNear, open, useStand, valueOf } from "./models.ts";
import type { Task } from "./models.ts";
import type { Tools } from "./page.ts";
import { hasBrowser, openBrowser, openPage, POLICY } from "./stand.ts";

declare const cloze: Tools;

const stand = useStand();
const devices = ["webgpu", "wasm"] as const;
const film = "a warm , funny film";

/** The candidates after the best are of like scores, whose order rounding may turn. */
const best = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer, (key, value: unknown) => {
      if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
      return key === "answers" ? undefined : value;
    }),
  );

const questions: readonly (readonly [string, Task, unknown])[] = [
  ["starter", "classify", film],
  ["starter", "fill", "He closed the [MASK] behind him."],
  [
    "starter",
    "ask",
    { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896." },
  ],
  ["starter", "tag", "Mr. Smith went to Paris with Anna."],
  ["starter", "embed", "Ein Café in Köln"],
  ["models/choice", "choose", { context: "the cat", choices: ["sat on the mat", "a film in Paris"] }],
  ["models/next-sentence", "next", { text: "the cat sat", pair: "on the mat" }],
  ["models/bf16", "embed", "the cat sat on the mat"],
];

describe.runIf(hasBrowser)("in a browser", () => {
  describe.each(devices)("on %s", (device) => {
    let page: Page;
    const opened = new Set<string>();
    beforeAll(async () => {
      page = await openPage(stand().browser, stand().site.url);
    });
    afterAll(() => page.context().close());

    test.each(questions)("%s answers %s as Node does", async (model, task, input) => {
      if (!opened.has(model)) {
        for (const other of opened) await page.evaluate((name) => cloze.close(name), other);
        opened.clear();
        expect(valueOf(await open(page, model, `/${model}`, { device }))).toMatchObject({ device });
        opened.add(model);
      }
      const found = valueOf(await call(page, model, task, input));
      await using bert = await load(
        model === "starter" ? starter : path.join(stand().fixtures, model.slice(7)),
      );
      expectNear(best(found), best(await (bert[task] as (input: unknown) => Promise<unknown>)(input)));
    });

    test("two models answer at once, each with its own", async () => {
      for (const name of ["f16", "regression"])
        valueOf(await open(page, name, `/models/${name}`, { device }));
      const asks = [
        () => call(page, "f16", "embed", "the cat sat on the mat"),
        () => call(page, "regression", "classify", "the cat sat on the mat"),
      ];
      const alone = [await asks[0](), await asks[1]()];
      const all = Array.from({ length: 8 }, (_, i) => asks[i % 2]());
      for (const [i, answer] of (await Promise.all(all)).entries()) expect(answer).toEqual(alone[i % 2]);
    });

    test("a call that is given up ends between runs, and the next is answered", async () => {
      const texts = Array.from({ length: 200 }, () => "the cat sat on the mat ".repeat(5));
      expect(await page.evaluate((list) => cloze.giveUp("regression", list), texts)).toMatchObject({
        error: { code: "aborted" },
      });
      valueOf(await call(page, "regression", "classify", "the cat"));
    });

    test("a closed model answers no more, and its worker is gone", async () => {
      const workers = () => expect.poll(() => page.workers().length);
      await workers().toBe(opened.size + 2); // the two of above; one that was given up may have got another
      const pending = call(page, "regression", "classify", "the cat ".repeat(20));
      await page.evaluate(() => cloze.close("regression"));
      expect(await call(page, "regression", "classify", "the cat")).toMatchObject({
        error: { code: "disposed" },
      });
      await pending;
      await workers().toBe(opened.size + 1);
    });

    const runs = device === "wasm" || process.env.CLOZE_LONG ? 1000 : 100; // a CPU's shaders take their time
    test(`${runs} runs take no memory`, { timeout: 900_000 }, async () => {
      await using isolated = await stand().serve({ isolated: true });
      const other = await openPage(stand().browser, isolated.url);
      valueOf(await open(other, "small", "/models/regression", { device, threads: 1 }));
      const after = async (count: number): Promise<number> => {
        valueOf(await other.evaluate((times) => cloze.repeat("small", "the cat", times), count));
        return valueOf(await other.evaluate(() => cloze.memory())) as number;
      };
      const before = await after(20);
      const then = await after(runs);
      console.log(
        `memory on ${device}: ${(before / 2 ** 20).toFixed(1)} MiB, ${(then / 2 ** 20).toFixed(1)} MiB after ${runs} runs`,
      );
      expect(then - before).toBeLessThan(2 ** 20);
      await other.context().close();
    });
  });

  test("a page stays live while its model runs", async () => {
    const page = await openPage(stand().browser, stand().site.url);
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    const texts = Array.from({ length: 60 }, (_, i) => `${film} about ${i} people who meet in Paris`);
    const told = valueOf(await page.evaluate((list) => cloze.frames("starter", list), texts));
    const { frames, ms } = told as { frames: number; ms: number };
    console.log(
      `wasm, one thread: ${((60 / ms) * 1000).toFixed(0)} texts/s, ${((frames / ms) * 1000).toFixed(0)} frames/s`,
    );
    expect(frames / (ms / 1000)).toBeGreaterThan(5); // where the page's own thread ran the model there would be two
    await page.context().close();
  });

  test("auto takes WebAssembly where WebGPU is a CPU's", async () => {
    const page = await openPage(stand().browser, stand().site.url);
    expect(valueOf(await open(page, "small", "/models/erf"))).toMatchObject({ device: "wasm" });
    await page.context().close();
  });

  test("an isolated page takes threads, another is told what they need", async () => {
    await using isolated = await stand().serve({ isolated: true });
    const page = await openPage(stand().browser, isolated.url);
    valueOf(await open(page, "starter", "/starter", { device: "wasm", threads: 2 }));
    const { score } = valueOf(await call(page, "starter", "classify", film)) as { score: number };
    expect(score).toBeCloseTo(0.9997, 3);
    const texts = Array.from({ length: 60 }, (_, i) => `${film} about ${i} people who meet in Paris`);
    const { ms } = valueOf(await page.evaluate((list) => cloze.frames("starter", list), texts)) as {
      ms: number;
    };
    console.log(`wasm, two threads: ${((60 / ms) * 1000).toFixed(0)} texts/s`);
    await page.context().close();
    const other = await openPage(stand().browser, stand().site.url);
    expect(await open(other, "small", "/models/erf", { device: "wasm", threads: 2 })).toMatchObject({
      error: { code: "unsupported", message: expect.stringContaining("cross-origin isolated") as string },
    });
    await other.context().close();
  });

  test.each(devices)(
    "a host may start a classic worker from its text and give it its bytes: %s",
    async (device) => {
      const policy = POLICY.replace("worker-src 'self'", "worker-src blob:");
      await using own = await stand().serve({ policy });
      const page = await openPage(stand().browser, own.url);
      valueOf(await open(page, "small", "/models/erf", { device, classic: "/classic.js", reads: true }));
      valueOf(await call(page, "small", "classify", "the cat"));
      const asked = own.asked.map(({ path: name }) => name).filter((name) => name.endsWith(".wasm"));
      expect(asked).toEqual([expect.stringMatching(/^packed/)]);
      await page.context().close();
    },
  );
});

test.runIf(hasBrowser)("without WebGPU, it is WebAssembly or a sentence", async () => {
  const plain = await openBrowser(["--disable-features=WebGPU,WebGPUService", "--disable-gpu"]);
  const page = await openPage(plain, stand().site.url);
  await page.evaluate(() => void Object.defineProperty(navigator, "gpu", { value: undefined }));
  expect(await open(page, "small", "/models/erf", { device: "webgpu" })).toMatchObject({
    error: { code: "unsupported", message: expect.stringContaining("There is no WebGPU here") as string },
  });
  expect(valueOf(await open(page, "small", "/models/erf"))).toMatchObject({ device: "wasm" });
  await plain.close();
});

test.runIf(hasBrowser)("a worker that cannot be started is a sentence", async () => {
  const page = await openPage(stand().browser, stand().site.url);
  expect(
    await open(page, "small", "/models/erf", { device: "wasm", workers: ["/nowhere.js"] }),
  ).toMatchObject({
    error: { message: expect.stringContaining("its script cannot be loaded") as string },
  });
  await page.context().close();
});
