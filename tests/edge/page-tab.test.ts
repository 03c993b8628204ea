/**
 * The demo page before the starter's real weights: on the inference server, and in the browser's own tab on WebGPU, which
 * answers the same without a server.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Predictor } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import type { RunningServer } from "@cloze/server";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { starter } from "../starter.ts";
import { installed, usePage, verdict } from "./page-stand.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

/** WebGPU that is computed by the CPU, where there is no GPU. */
const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const assets = path.join(path.dirname(fileURLToPath(import.meta.resolve("@cloze/worker/bundle"))), "assets");

describe.runIf(installed)("the demo page with real weights", () => {
  let bert: Predictor;
  let server: RunningServer;
  let worker: Worker;
  beforeAll(async () => {
    bert = await load(starter);
    server = await startServer({ session: bert.session, config: bert.config, model: "cloze-starter" });
    worker = await startWorker(server.url, "cloze-starter", {}, assets);
  });
  afterAll(async () => {
    await worker?.[Symbol.asyncDispose]();
    await server?.close();
    await bert?.[Symbol.asyncDispose]();
  });
  const stand = usePage(() => worker.url, webgpu);

  it("masks a word that is pressed, and shows what may stand there, the word itself among them", async () => {
    const panel = await stand.show("Fill");
    await panel.getByLabel("Text").fill("He closed the door behind him.");
    await panel.getByRole("button", { name: "door" }).click();
    const { masks } = await bert.fill("He closed the [MASK] behind him.", { top: 10 });
    const tokens = masks[0].predictions.map(({ token }) => token);
    await expect.poll(() => guesses(panel)).toEqual(tokens);
    expect(await panel.getByRole("heading", { level: 3 }).textContent()).toBe("In place of “door”");
    expect(tokens).toContain("door");
    expect(await panel.getByText("your word").locator("..").textContent()).toBe("dooryour word");
    expect(await panel.locator("blockquote").textContent()).toBe(`He closed the ${tokens[0]} behind him.`);
    expect(await panel.getByRole("button", { name: "door" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("fills several masks, those that are written too, and forgets a mask whose word is edited away", async () => {
    const panel = await stand.show("Fill");
    await panel.getByLabel("Text").fill("The [MASK] of France is a big city.");
    await panel.getByRole("button", { name: "city" }).click();
    await expect
      .poll(() => panel.getByRole("heading", { level: 3 }).allTextContents())
      .toEqual(["Mask 1", "In place of “city”"]);
    await panel.getByLabel("Text").fill("The [MASK] of France is a big town.");
    expect(await panel.getByRole("button", { pressed: true }).count()).toBe(0);
    await panel.getByRole("button", { name: "Fill in" }).click();
    await expect.poll(() => panel.getByRole("heading", { level: 3 }).allTextContents()).toEqual(["Mask 1"]);
  });

  it("of many texts answers those with a mask, and says of the others what they lack", async () => {
    const panel = await stand.show("Fill");
    await panel.getByLabel("Many, a line each").check();
    await panel.getByLabel("Text (one a line)").fill("He closed the [MASK].\nHe closed the door.");
    await panel.getByRole("button", { name: "Fill in" }).click();
    await expect.poll(() => verdict(panel).textContent()).toMatch(/^2 answers/);
    const [filled, refused] = await panel.getByRole("cell").allTextContents();
    expect(filled).toMatch(/^door \d/);
    expect(refused).toContain("no [MASK]");
  });

  it("compares two texts", async () => {
    const panel = await stand.show("Compare");
    await panel.getByRole("button", { name: "A man plays a guitar." }).click();
    const texts = ["A man plays a guitar.", "Somebody makes music."];
    const [one, other] = await bert.embed(texts, { normalize: true });
    const cosine = one.embedding.reduce((sum, value, i) => sum + value * other.embedding[i], 0);
    await expect
      .poll(() => verdict(panel).textContent())
      .toBe(`${cosine.toFixed(3)}, the cosine of their vectors`);
  });

  it.each([
    ["the model of another service", { "model.safetensors": { size: 1, sha256: "0".repeat(64) } }],
    ["what is not there, a page in its place", undefined],
  ])("does not offer a tab %s", async (_, files) => {
    const page = await stand.open("");
    await page.route("**/model/files.json", (route) =>
      route.fulfill(files ? { json: { files } } : { contentType: "text/html", body: "<!doctype html>" }),
    );
    await page.getByRole("radio", { name: "this tab" }).check();
    await page.getByText("it has no /tab.js for its model").waitFor();
  });

  it("runs in the tab, on WebGPU, with the server gone", async () => {
    const page = (stand.page = await stand.open("", {}, () => {
      // What is computed by the CPU is passed over for WebAssembly, which is faster there.
      Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { value: false });
    }));
    await page.getByRole("radio", { name: "this tab" }).check();
    const dialog = page.getByRole("dialog", { name: "Run it in this tab" });
    await dialog.getByText(/^\d\d MB for the model/).waitFor();
    await dialog.getByRole("button", { name: "Download and run here" }).click();
    await dialog.waitFor({ state: "hidden", timeout: 100_000 });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.route("**/v1/**", (route) => route.abort());

    const classify = await stand.show("Classify");
    await classify.getByLabel("Text").fill("a warm , funny and touching film");
    await classify.getByRole("button", { name: "Classify" }).click();
    await expect
      .poll(() => verdict(classify).textContent(), { timeout: 60_000 })
      .toMatch(/^positive, (99|100)/);
    expect(await classify.getByText(/ ms in this tab/).textContent()).toMatch(
      /^\d+ ms in this tab, on WebGPU$/,
    );

    await classify.getByLabel("Many, a line each").check();
    await classify.getByLabel("Text (one a line)").fill("warm and funny\ndull and clumsy");
    await classify.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => verdict(classify).textContent(), { timeout: 60_000 }).toMatch(/^2 answers/);
    const labels = await classify.getByRole("cell").getByRole("strong").allTextContents();
    expect(labels).toEqual(["positive", "negative"]);

    const ask = await stand.show("Ask");
    await ask.getByRole("button", { name: "Ask", exact: true }).click();
    await expect.poll(() => verdict(ask).textContent(), { timeout: 60_000 }).toMatch(/^Anton Chekhov, /);

    const fill = await stand.show("Fill");
    await fill.getByLabel("Text").fill("No word is masked.");
    await fill.getByRole("button", { name: "Fill in" }).click();
    await expect.poll(() => fill.getByRole("alert").textContent()).toContain("no [MASK]");
    expect(asked.filter((url) => url.includes("/v1/"))).toEqual([]);

    await page.getByRole("radio", { name: "the Worker" }).check();
    await fill.getByRole("button", { name: "Fill in" }).click();
    await expect.poll(() => fill.getByRole("alert").textContent()).toContain("cannot be reached");
    stand.expected = /^Failed to load resource|onnxruntime:, session_state/; // aborted above; a warning of ONNX Runtime's
  });

  it("stays with the Worker when the download is given up", async () => {
    const { page } = stand;
    await page.route("**/model/**", async (route) => {
      if (!route.request().url().endsWith("files.json")) await new Promise((done) => setTimeout(done, 5000));
      await route.continue().catch(() => {}); // given up
    });
    await page.getByRole("radio", { name: "this tab" }).check();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Download and run here" }).click();
    await dialog.getByText("Downloading and starting …").waitFor();
    await dialog.getByRole("button", { name: "Stay with the Worker" }).click();
    await expect.poll(() => page.getByRole("radio", { name: "the Worker" }).isChecked()).toBe(true);
  });
});

const guesses = (panel: Locator) =>
  panel.locator(".scores dt").evaluateAll((terms) => terms.map((term) => term.firstChild!.textContent));
