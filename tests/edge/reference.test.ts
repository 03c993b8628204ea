/** The API reference in a real browser: it shows the routes, and loads nothing from anywhere else. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { startWorker } from "./worker.ts";

/** Debian's; another system's browser may be named by CLOZE_CHROMIUM. */
const executablePath = process.env.CLOZE_CHROMIUM ?? "/usr/bin/chromium";
const installed = existsSync(executablePath);
const assets = path.join(path.dirname(fileURLToPath(import.meta.resolve("@cloze/worker/bundle"))), "assets");

describe.runIf(installed)("the API reference", () => {
  it("shows the routes, and loads nothing from anywhere else", async () => {
    await using worker = await startWorker("http://127.0.0.1:9", "cloze-starter", {}, assets);
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic"] });
    await using _browser = { [Symbol.asyncDispose]: () => browser.close() };
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const hosts = new Set<string>();
    const complaints: string[] = [];
    page.on("request", (request) => hosts.add(new URL(request.url()).host || request.url().slice(0, 5)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(new URL("docs", worker.url).href);
    await page.getByRole("heading", { name: "Cloze", level: 1 }).waitFor();
    await page.getByText("/v1/classify").first().waitFor();
    await page
      .getByRole("button", { name: /Plugins/ })
      .first()
      .click();
    await page.getByText("Installs a plugin, in the place of an installed one of its name").first().waitFor();
    if (process.env.CLOZE_SCREENSHOTS)
      await page.screenshot({ path: path.join(process.env.CLOZE_SCREENSHOTS, "reference.png") });
    expect(
      [...hosts].filter((host) => host !== new URL(worker.url).host && host !== "data:" && host !== "blob:"),
    ).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("says where its document is, where its script is not deployed", async () => {
    await using worker = await startWorker("http://127.0.0.1:9");
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic"] });
    await using _browser = { [Symbol.asyncDispose]: () => browser.close() };
    const page = await browser.newPage();
    await page.goto(new URL("docs", worker.url).href);
    await page.getByRole("link", { name: "/openapi.json" }).waitFor();
  });
});
