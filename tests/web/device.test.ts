/**
 * The device under a session, in a real browser: what it is given to do, what becomes of a session that loses it, whose
 * turn it is, what is measured, and how a run ends that nobody waits for.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { call, expectNear, open, useStand, valueOf } from "./models.ts";
import type { Tools } from "./page.ts";
import { hasBrowser, openPage } from "./stand.ts";

declare const cloze: Tools;

const stand = useStand();
const small = "/models/erf"; // two layers of 32, in heads of 8
const watched = { workers: ["/lossy.js"] };
const placeOf = async (page: Page) => valueOf(await page.evaluate(() => cloze.place("small")));
const classify = (page: Page) => call(page, "small", "classify", "the cat");

describe.runIf(hasBrowser)("a device", () => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(stand().browser, stand().site.url);
  });
  afterAll(() => page.context().close());

  test("computes every node of the model: each is a dispatch, and none is run twice", async () => {
    valueOf(await open(page, "small", small, { device: "webgpu", ...watched }));
    await page.evaluate(() => cloze.dispatches());
    valueOf(await classify(page));
    const counted = await page.evaluate(() => cloze.dispatches());
    const layers = 2;
    expect(counted).toEqual({
      Gather: 2 + (layers + 1) * 2, // words and segments; of each layer's outputs the mean and [CLS]
      Slice: 1, // positions
      Add: 2 + layers, // the embeddings; the mask onto each layer's scores
      Sub: 1, // the mask
      Mul: 1,
      LayerNorm: 1, // of the embeddings
      Gemm: layers * 6 + 2, // query, key, value, output, the two between; the pooler and the head
      Transpose: layers * 4,
      MatMul: layers * 2 + layers + 1, // scores and context; the means
      Softmax: layers,
      SkipLayerNorm: layers * 2,
      Gelu: layers,
      ReduceSum: 1, // how many tokens there are
      Div: 1,
      Tanh: 1,
    });
    await page.evaluate(() => cloze.close("small"));
  });

  test("computes rows of every length, and many, as WebAssembly does", async () => {
    const texts = Array.from({ length: 40 }, (_, i) =>
      "the cat sat on the mat "
        .repeat(8)
        .split(" ")
        .slice(0, i + 1)
        .join(" "),
    );
    valueOf(await open(page, "other", small, { device: "wasm" }));
    valueOf(await open(page, "small", small, { device: "webgpu" }));
    for (const input of [texts[0], texts.slice(1, 4), texts]) {
      const expected = valueOf(await call(page, "other", "classify", input));
      expectNear(valueOf(await call(page, "small", "classify", input)), expected);
    }
    for (const name of ["other", "small"]) await page.evaluate((each) => cloze.close(each), name);
  });

  const lose = () => page.evaluate(() => new BroadcastChannel("lose").postMessage("now"));

  test("that is lost is replaced, and what was asked is answered; and again later", async () => {
    valueOf(await open(page, "small", small, { device: "webgpu", ...watched }));
    const before = await classify(page);
    for (let time = 0; time < 2; time++) {
      await lose();
      const answers = await Promise.all([classify(page), classify(page), classify(page)]);
      expect(answers).toEqual([before, before, before]);
    }
    expect(await placeOf(page)).toMatchObject({ device: "webgpu", moves: ["webgpu"] });
    await page.evaluate(() => cloze.close("small"));
  });

  test("that is lost again is an error where it was asked for", async () => {
    valueOf(await open(page, "small", small, { device: "webgpu", workers: ["/lossy.js#always"] }));
    const failed = { error: { code: "unsupported", message: expect.stringMatching(/lost twice/) as string } };
    expect(await Promise.all([classify(page), classify(page)])).toMatchObject([failed, failed]);
    expect(await classify(page)).toMatchObject(failed);
  });

  test("that is lost again gives way to WebAssembly, and says why, where none was asked for", async () => {
    const other = await openPage(stand().browser, stand().site.url);
    await other.evaluate(() => cloze.pretend(false));
    valueOf(await open(other, "small", small, { workers: ["/lossy.js#always"], cache: false }));
    expect(await placeOf(other)).toMatchObject({ device: "webgpu" });
    const answers = await Promise.all([classify(other), classify(other)]);
    valueOf(await open(page, "small", small, { device: "wasm" }));
    expect(answers).toEqual([await classify(page), await classify(page)]);
    const lost = expect.stringMatching(/lost twice in a row/) as string;
    expect(await placeOf(other)).toEqual({
      device: "wasm",
      precision: "fp32",
      fallback: lost,
      moves: ["webgpu", expect.stringMatching(/^wasm: .*lost twice in a row/)],
    });
    await other.context().close();
  });

  test("is taken by one window at a time", async () => {
    const context = await stand().browser.newContext();
    const pages = [await context.newPage(), await context.newPage()];
    for (const each of pages) {
      await each.goto(stand().site.url);
      await each.locator("html[data-ready]").waitFor({ state: "attached" });
    }
    valueOf(await open(pages[0], "small", small, { device: "webgpu" }));
    const alone = valueOf(await classify(pages[0]));
    await pages[1].evaluate(() => cloze.holdTurn());
    let done = false;
    const waiting = classify(pages[0]).finally(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 700)); // it took far less alone
    expect(done).toBe(false);
    await pages[1].close();
    expect(valueOf(await waiting)).toEqual(alone);
    await context.close();
  });

  test("and WebAssembly are both measured, and the next load takes the faster", async () => {
    const other = await openPage(stand().browser, stand().site.url);
    await other.evaluate(() => cloze.pretend(true));
    valueOf(await open(other, "small", small));
    expect(await placeOf(other)).toMatchObject({ device: "webgpu", precision: "fp32" });
    const first = valueOf(await classify(other));
    const measured = valueOf(await other.evaluate(() => cloze.measured("small")));
    console.log("measured:", JSON.stringify(measured));
    // This card has no half precision, whatever it says: what was tried has failed, and says how.
    expect(measured).toEqual({
      webgpu: expect.any(Number) as number,
      wasm: expect.any(Number) as number,
      fastest: "wasm",
      refused: expect.any(String) as string,
    });
    await expect.poll(() => other.workers().length).toBe(1); // what was measured in is thrown away
    valueOf(await open(other, "small", small));
    expect(await placeOf(other)).toMatchObject({
      device: "wasm",
      fallback: "WebAssembly was measured to be faster here.",
    });
    expectNear(valueOf(await classify(other)), first);
    expect(await other.evaluate(() => cloze.measured("small"))).toEqual({ value: undefined });
    await other.context().close();
  });

  test("that is given by name measures nothing", async () => {
    const other = await openPage(stand().browser, stand().site.url);
    await other.evaluate(() => cloze.pretend(false));
    valueOf(await open(other, "small", small, { device: "webgpu" }));
    valueOf(await classify(other));
    expect(await other.evaluate(() => cloze.measured("small"))).toEqual({ value: undefined });
    await other.context().close();
  });

  test("without half precision refuses it where both were asked for", async () => {
    expect(await open(page, "small", small, { device: "webgpu", precision: "fp16" })).toMatchObject({
      error: { code: "unsupported", message: expect.stringMatching(/half precision/) as string },
    });
    const { precision } = valueOf(await open(page, "small", small, { precision: "fp16" })) as {
      precision: string;
    };
    expect(precision).toBe("fp32");
  });

  test("is warm when the model is given, where that is asked", async () => {
    const { timings } = valueOf(await open(page, "small", small, { device: "webgpu", warmUp: [16, 20] })) as {
      timings: Readonly<Record<string, number>>;
    };
    expect(timings.warmUp).toBeGreaterThan(0);
    const start = performance.now();
    valueOf(await classify(page));
    const first = performance.now() - start;
    console.log(
      `session ${timings.session.toFixed(0)} ms, warm-up ${timings.warmUp.toFixed(0)} ms, then ${first.toFixed(0)} ms`,
    );
    expect(first).toBeLessThan(timings.warmUp);
  });
});

test.runIf(hasBrowser)(
  "a long run that nobody waits for ends with its worker, and the others are answered",
  async () => {
    const page = await openPage(stand().browser, stand().site.url);
    valueOf(await open(page, "starter", "/starter", { device: "wasm" }));
    const film = "a warm , funny film";
    const alone = valueOf(await call(page, "starter", "classify", film));
    const long = "the long and dull film ".repeat(120); // one run of 512 tokens
    const found = valueOf(
      await page.evaluate(([text, other]) => cloze.giveUpRunning("starter", text, 50, other), [
        long,
        film,
      ] as const),
    ) as { code: string; ms: number; other: unknown };
    expect(found).toMatchObject({ code: "aborted", other: alone });
    expect(found.ms).toBeLessThan(100);
    await expect.poll(() => page.workers().length).toBe(1); // the browser tells of the end of one a little later
    await page.context().close();
  },
);
