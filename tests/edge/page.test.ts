/** The demo page in a real browser, over the Worker in real workerd. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFakeServer } from "./fake-starter.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

/** Debian's; another system's browser may be named by CLOZE_CHROMIUM. */
const executablePath = process.env.CLOZE_CHROMIUM ?? "/usr/bin/chromium";
const installed = existsSync(executablePath);
if (!installed) console.warn(`The demo page was not tested: there is no browser at ${executablePath}.`);

describe.runIf(installed)("the demo page", () => {
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  let worker: Worker;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await startFakeServer();
    worker = await startWorker(server.url);
    browser = await chromium.launch({
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await worker?.[Symbol.asyncDispose]();
    await server?.close();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(worker.url);
  });
  afterEach(() => page.close());

  it("classifies a text, and shows the scores", async () => {
    const card = page.getByRole("region", { name: "Sentiment" });
    await card.getByLabel("Text").fill("what a warm film");
    await card.getByRole("button", { name: "Classify" }).click();
    await card.getByText("98.2 %").waitFor();
    expect(await card.getByRole("term").allTextContents()).toEqual(["positive", "negative"]);
    expect(complaints).toEqual([]);
  });

  it("shows the best label first, also where labels look like numbers", async () => {
    const body = `{"label":"2","score":0.6,"scores":{"2":0.6,"0":0.3,"1":0.1}}`;
    await page.route("**/v1/classify", (route) => route.fulfill({ contentType: "application/json", body }));
    const card = page.getByRole("region", { name: "Sentiment" });
    await card.getByRole("button", { name: "Classify" }).click();
    await card.getByText("60.0 %").waitFor();
    expect(await card.getByRole("term").allTextContents()).toEqual(["2", "0", "1"]);
    expect(await card.locator("dt.best").allTextContents()).toEqual(["2"]);
  });

  it("marks and labels the entities of a text", async () => {
    const card = page.getByRole("region", { name: "Entities" });
    await card.getByLabel("Text").fill("👍 <b>Anton Chekhov</b> and Anton");
    await card.getByRole("button", { name: "Tag", exact: true }).click();
    await card.locator("mark").first().waitFor();
    expect(await card.locator("mark").allTextContents()).toEqual(["Anton ChekhovPER", "AntonPER"]);
    expect(await card.locator("mark small").allTextContents()).toEqual(["PER", "PER"]);
    expect(await card.locator("blockquote").textContent()).toBe("👍 <b>Anton ChekhovPER</b> and AntonPER");
    await card.getByLabel("Text").fill("nobody");
    await card.getByRole("button", { name: "Tag", exact: true }).click();
    await card.getByText("There is nothing to tag in this text.").waitFor();
    expect(complaints).toEqual([]);
  });

  it("marks an answer in its passage, and another candidate when it is chosen", async () => {
    const card = page.getByRole("region", { name: "Answers" });
    await card.getByLabel("Question").fill("Who?");
    await card.getByLabel("Passage").fill("👍 <b>Anton Chekhov</b> wrote it in 1896.");
    await card.getByRole("button", { name: "Ask" }).click();
    const mark = card.locator("mark");
    await mark.waitFor();
    expect(await mark.textContent()).toBe("Anton Chekhov");
    expect(await card.locator("blockquote").textContent()).toBe("👍 <b>Anton Chekhov</b> wrote it in 1896.");
    await card.getByRole("button", { name: "1896", exact: false }).first().click();
    expect(await mark.textContent()).toContain("1896");
    expect(complaints).toEqual([]);
  });

  it("says when the passage does not hold the answer", async () => {
    const card = page.getByRole("region", { name: "Answers" });
    await card.getByLabel("Passage").fill("");
    await card.getByRole("button", { name: "Ask" }).click();
    await card.getByText("The passage does not say.").waitFor();
  });

  it("is used with the keyboard alone: an example by Enter, a text by Ctrl+Enter", async () => {
    const card = page.getByRole("region", { name: "Sentiment" });
    await card.getByRole("button", { name: "dull , clumsy" }).focus();
    await page.keyboard.press("Enter");
    await card.getByText("50.0 %").first().waitFor();
    await card.getByLabel("Text").fill("warm");
    await page.keyboard.press("Control+Enter");
    await card.getByText("98.2 %").waitFor();
  });

  it("shows what went wrong in the service's own words", async () => {
    server.session.gate = () => Promise.reject(new Error("no"));
    const card = page.getByRole("region", { name: "Sentiment" });
    await card.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => card.getByRole("alert").textContent()).toContain("The inference server");
    server.session.gate = async () => {};
    await page.route("**/v1/classify", (route) => route.abort());
    await card.getByRole("button", { name: "Classify" }).click();
    await expect
      .poll(() => card.getByRole("alert").textContent())
      .toBe("The service cannot be reached: try again.");
  });

  it("loads nothing from elsewhere, and lets no other script run", async () => {
    const { headers, text } = await worker.send("/");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'nonce-[0-9a-f-]{36}';/,
    );
    expect(text).not.toMatch(/\{\{|https?:\/\/(?!www\.w3\.org)/);
    const ran = page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.intruder = true";
      document.body.append(script);
      return "intruder" in window;
    });
    expect(await ran).toBe(false);
  });

  it("offers each head", async () => {
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
      "Sentiment",
      "Answers",
      "Entities",
    ]);
  });
});
