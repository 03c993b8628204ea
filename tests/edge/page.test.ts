/** The demo page in a real browser, over the Worker in real workerd and a server that answers by rule. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyOf } from "../plugins/files.ts";
import { installed, usePage, verdict } from "./page-stand.ts";
import { useStand } from "./stand.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

const markup = `<img src="x" onerror="intruder=1"><b>Anton</b> Chekhov & "1896"`;

describe.runIf(installed)("the demo page", () => {
  const edge = useStand();
  const stand = usePage(() => edge.worker.url);

  it("has a tab for each task that the model has a head for, and one for all plugins", async () => {
    expect(await stand.page.getByRole("tab").allTextContents()).toEqual([
      "Fill",
      "Ask",
      "Classify",
      "Entities",
      "Compare",
      "Plugins",
    ]);
  });

  it("classifies a text, and shows the scores and where the time went", async () => {
    const panel = await stand.show("Classify");
    await panel.getByLabel("Text").fill("what a warm film");
    await panel.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => verdict(panel).textContent()).toBe("positive, 98.2\u00a0%");
    expect(await panel.getByRole("term").allTextContents()).toEqual(["positive", "negative"]);
    expect(await panel.getByText(/^\d+ ms · tokenize/).textContent()).toMatch(/ · inference \d/);
  });

  it("shows the best label first, also where labels look like numbers", async () => {
    const body = `{"label":"2","score":0.6,"scores":{"2":0.6,"0":0.3,"1":0.1}}`;
    await stand.page.route("**/v1/classify", (route) =>
      route.fulfill({ contentType: "application/json", body }),
    );
    const panel = await stand.show("Classify");
    await panel.getByRole("button", { name: "Classify" }).click();
    await panel.getByRole("term").first().waitFor();
    expect(await panel.getByRole("term").allTextContents()).toEqual(["2", "0", "1"]);
    expect(await panel.locator(".best dt").allTextContents()).toEqual(["2"]);
  });

  it("marks and labels the entities of a text", async () => {
    const panel = await stand.show("Entities");
    await panel.getByLabel("Text").fill("👍 <b>Anton Chekhov</b> and Anton");
    await panel.getByRole("button", { name: "Tag", exact: true }).click();
    await expect.poll(() => verdict(panel).textContent()).toBe("2 entities: 2 PER");
    expect(await panel.locator("mark").allTextContents()).toEqual(["Anton ChekhovPER", "AntonPER"]);
    expect(await panel.locator("blockquote").textContent()).toBe("👍 <b>Anton ChekhovPER</b> and AntonPER");
    await panel.getByLabel("Text").fill("nobody");
    await panel.getByRole("button", { name: "Tag", exact: true }).click();
    await expect.poll(() => verdict(panel).textContent()).toBe("There is nothing to tag in this text.");
  });

  it("marks an answer in its passage, and another candidate when it is looked at or chosen", async () => {
    const panel = await stand.show("Ask");
    await panel.getByLabel("Question").fill("Who?");
    await panel.getByLabel("Passage").fill("👍 <b>Anton Chekhov</b> wrote it in 1896.");
    await panel.getByRole("button", { name: "Ask" }).click();
    const mark = panel.locator("mark");
    await mark.waitFor();
    expect(await mark.textContent()).toBe("Anton Chekhov");
    expect(await panel.locator("blockquote").textContent()).toBe("👍 <b>Anton Chekhov</b> wrote it in 1896.");
    const other = panel.locator(".candidate", { hasText: "1896" }).first();
    await other.hover();
    expect(await mark.textContent()).toContain("1896");
    await stand.page.mouse.move(0, 0);
    expect(await mark.textContent()).toBe("Anton Chekhov");
    await other.focus();
    expect(await mark.textContent()).toContain("1896");
    await other.press("Enter");
    await panel.getByLabel("Question").focus();
    expect(await mark.textContent()).toContain("1896");
    expect(await other.getAttribute("aria-pressed")).toBe("true");
  });

  it("says when the passage does not hold the answer", async () => {
    const panel = await stand.show("Ask");
    await panel.getByLabel("Passage").fill("");
    await panel.getByRole("button", { name: "Ask" }).click();
    await expect.poll(() => verdict(panel).textContent()).toBe("The passage does not say.");
  });

  it("asks whether the answer may be missing", async () => {
    const panel = await stand.show("Ask");
    await panel.getByLabel("The answer may be missing").check();
    const [sent] = await Promise.all([
      stand.page.waitForRequest("**/v1/answer"),
      panel.getByRole("button", { name: "Ask" }).click(),
    ]);
    expect(sent.postDataJSON()).toMatchObject({ noAnswer: true, top: 6 });
  });

  it("shows texts, labels and titles as they are, markup too", async () => {
    const panel = await stand.show("Entities");
    await panel.getByLabel("Text").fill(markup);
    await panel.getByRole("button", { name: "Tag", exact: true }).click();
    await panel.locator("blockquote").waitFor();
    expect(await panel.locator("blockquote").innerText()).toContain(`<img src="x" onerror="intruder=1"><b>`);
    const scores = { [markup]: 0.9, "</script><script>intruder=1</script>": 0.1 };
    await stand.page.route("**/v1/classify", (route) =>
      route.fulfill({ json: { label: markup, score: 0.9, scores } }),
    );
    const classify = await stand.show("Classify");
    await classify.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => verdict(classify).textContent()).toBe(`${markup}, 90.0\u00a0%`);
    expect(await classify.getByRole("term").allTextContents()).toEqual(Object.keys(scores));
    expect(
      await stand.page.evaluate(() => "intruder" in window || document.querySelector("img")),
    ).toBeFalsy();
  });

  it("shows what went wrong in the service's own words, with the request's id", async () => {
    edge.server.session.gate = () => Promise.reject(new Error("no"));
    const panel = await stand.show("Classify");
    await panel.getByRole("button", { name: "Classify" }).click();
    const alert = panel.getByRole("alert");
    await expect.poll(() => alert.textContent()).toContain("inference server");
    expect(await panel.getByText(/^Request /).textContent()).toMatch(/^Request [\w-]{36}$/);
    edge.server.session.gate = async () => {};
    await stand.page.route("**/v1/classify", (route) => route.abort());
    await panel.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => alert.textContent()).toBe("The service cannot be reached: try again.");
    stand.expected = /^Failed to load resource/;
  });

  it("works in a browser that keeps nothing", async () => {
    stand.page = await stand.open("", {}, () => {
      Object.defineProperty(window, "sessionStorage", {
        get: () => {
          throw new DOMException("Access is denied for this document.", "SecurityError");
        },
      });
    });
    const panel = await stand.show("Classify");
    await panel.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => verdict(panel).textContent()).toMatch(/^positive, /);
  });

  it("gives a line for a shell that asks the same", async () => {
    const panel = await stand.show("Classify");
    await panel.getByLabel("Text").fill("it's warm");
    await panel.getByText("The same as a request").click();
    expect(await panel.locator("pre").textContent()).toBe(
      `curl ${new URL(edge.worker.url).origin}/v1/classify -H 'content-type: application/json' -d '{"text":"it'\\''s warm"}'`,
    );
  });

  describe("many at once", () => {
    it("answers a line each, in order, in as many requests as it takes", async () => {
      const panel = await stand.show("Classify");
      await panel.getByLabel("Many, a line each").check();
      const lines = Array.from({ length: 150 }, (_, i) => (i % 3 === 0 ? `warm ${i}` : `dull ${i}`));
      await panel.getByLabel("Text (one a line)").fill(lines.join("\n\n"));
      await panel.getByRole("button", { name: "Classify" }).click();
      await expect.poll(() => verdict(panel).textContent()).toMatch(/^150 answers in \d+\.\d s$/);
      expect(await panel.getByRole("rowheader").allTextContents()).toEqual(lines);
      const answers = await panel.getByRole("cell").allTextContents();
      expect(answers.map((answer) => answer.startsWith("positive"))).toEqual(
        lines.map((_, i) => i % 3 === 0),
      );
    });

    it("shows rows while others are on their way, and stops when it is cancelled", async () => {
      const panel = await stand.show("Classify");
      await panel.getByLabel("Many, a line each").check();
      await panel.getByLabel("Text (one a line)").fill(Array(40).fill("warm").join("\n"));
      const before = edge.server.session.runs.length;
      const held: (() => void)[] = [];
      edge.server.session.gate = async () => {
        if (edge.server.session.runs.length - before > 2)
          await new Promise<void>((resolve) => held.push(resolve));
      };
      await panel.getByRole("button", { name: "Classify" }).click();
      await expect.poll(() => panel.getByRole("row").count()).toBeGreaterThan(8);
      await stand.page.keyboard.press("Escape");
      await expect.poll(() => verdict(panel).textContent()).toBe("Cancelled");
      const rows = await panel.getByRole("rowheader").count();
      expect(rows).toBeLessThan(40);
      expect(await panel.getByText(/ of 40$/).textContent()).toBe(`${rows} of 40`);
      expect(await panel.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value)).toBe(
        rows,
      );
      edge.server.session.gate = async () => {};
      for (const release of held) release();
      expect(await panel.getByRole("rowheader").count()).toBe(rows);
      expect(await panel.getByRole("button", { name: "Cancel" }).isDisabled()).toBe(true);
    });

    it("asks a question a line of one passage, and copies all answers as JSON Lines", async () => {
      await stand.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const panel = await stand.show("Ask");
      await panel.getByLabel("Many, a line each").check();
      await panel.getByLabel("Question").fill("Who?\nWho wrote it?");
      await panel.getByRole("button", { name: "Ask" }).click();
      await expect.poll(() => verdict(panel).textContent()).toMatch(/^2 answers/);
      expect((await panel.getByRole("cell").allTextContents())[0]).toMatch(/^Anton Chekhov/);
      await panel.getByRole("button", { name: "Copy as JSON Lines" }).click();
      const copied = await stand.page.evaluate(() => navigator.clipboard.readText());
      expect(
        copied
          .trimEnd()
          .split("\n")
          .map((line) => (JSON.parse(line) as { answer: string }).answer),
      ).toEqual(["Anton Chekhov", "Anton Chekhov"]);
    });

    it("keeps the answers that came when the service fails on the way", async () => {
      const panel = await stand.show("Classify");
      await panel.getByLabel("Many, a line each").check();
      await panel.getByLabel("Text (one a line)").fill("warm\ndull");
      await stand.page.route("**/v1/classify", (route) =>
        route.fulfill({
          contentType: "application/x-ndjson",
          body:
            `{"label":"positive","score":1,"scores":{"positive":1}}\n` +
            `{"error":{"code":"timeout","message":"It took too long.","requestId":"r-1"}}\n`,
        }),
      );
      await panel.getByRole("button", { name: "Classify" }).click();
      await expect.poll(() => panel.getByRole("alert").textContent()).toBe("It took too long.");
      expect(await panel.getByText("Request r-1").count()).toBe(1);
      expect(await panel.getByRole("rowheader").allTextContents()).toEqual(["warm"]);

      // Of several failures the last alone is told.
      await panel.getByLabel("Text (one a line)").fill(" \n ");
      const alert = panel.getByRole("alert");
      for (let i = 0; i < 2; i++) {
        await panel.getByRole("button", { name: "Classify" }).click();
        await expect.poll(() => alert.allTextContents()).toEqual([expect.stringContaining("no line")]);
      }
      expect(await panel.getByText("Request r-1").count()).toBe(0);
    });
  });

  describe("a link", () => {
    it("opens the page as it was, and runs nothing", async () => {
      await stand.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const panel = await stand.show("Ask");
      await panel.getByLabel("Question").fill(markup);
      await panel.getByLabel("Passage").fill("a & b = c\n#?%");
      await panel.getByLabel("The answer may be missing").check();
      await panel.getByRole("button", { name: "Copy link" }).click();
      await panel.getByRole("button", { name: "Copied" }).waitFor();
      const link = await stand.page.evaluate(() => navigator.clipboard.readText());
      await expect.poll(() => stand.page.url()).toBe(link);
      const asked: string[] = [];
      const other = await stand.open();
      other.on("request", (request) => asked.push(request.url()));
      await other.goto(link);
      const opened = other.getByRole("tabpanel", { name: "Ask" });
      expect(await opened.getByLabel("Question").inputValue()).toBe(markup);
      expect(await opened.getByLabel("Passage").inputValue()).toBe("a & b = c\n#?%");
      expect(await opened.getByLabel("The answer may be missing").isChecked()).toBe(true);
      expect(asked.filter((url) => url.includes("/v1/"))).toEqual([]);
      expect(await other.evaluate(() => "intruder" in window)).toBe(false);
    });

    it("to a tab that there is not opens the first", async () => {
      const page = await stand.open("#nowhere?text=a");
      expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Fill");
    });

    it("that is pasted into an open page is opened too", async () => {
      await stand.page.evaluate(() => (location.hash = "#classify?many=on&text=one%0Atwo"));
      const panel = stand.page.getByRole("tabpanel", { name: "Classify" });
      await expect.poll(() => panel.getByLabel("Text (one a line)").inputValue()).toBe("one\ntwo");
    });
  });

  it("says that a deployment without the model's files does not run it in a tab", async () => {
    await stand.page.getByRole("radio", { name: "this tab" }).check();
    const dialog = stand.page.getByRole("dialog", { name: "Run it in this tab" });
    await dialog.getByText("This deployment does not offer it").waitFor();
    expect(await dialog.getByRole("button", { name: "Download" }).isDisabled()).toBe(true);
    await stand.page.keyboard.press("Escape");
    await expect.poll(() => stand.page.getByRole("radio", { name: "the Worker" }).isChecked()).toBe(true);
    stand.expected = /^Failed to load resource.*404/;
  });

  it("loads nothing from elsewhere, and lets no other script run", async () => {
    const { headers, text } = await edge.worker.send("/");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'nonce-[0-9a-f-]{36}' 'self' 'wasm-unsafe-eval'; style-src 'nonce-[0-9a-f-]{36}'; worker-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(text).not.toMatch(/\{\{|https?:\/\/(?!www\.w3\.org)/);
    const ran = await stand.page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.intruder = true";
      document.body.append(script);
      return "intruder" in window;
    });
    expect(ran).toBe(false);
    await expect.poll(() => stand.complaints).toEqual([expect.stringContaining("script")]); // it was refused
    stand.expected = /script/;
  });
});

describe.runIf(installed)("the demo page of a service with keys and plugins of its own", () => {
  const edge = useStand();
  let worker: Worker;
  beforeAll(async () => {
    worker = await startWorker(edge.server.url, "cloze-starter", {
      CLOZE_KEYS: `people use ${hash("sesame")}\nboss admin ${hash("boss")}`,
      CLOZE_PLUGINS: { type: "kv" },
    });
  });
  afterAll(() => worker[Symbol.asyncDispose]());
  const stand = usePage(() => worker.url);

  it("asks for a key, keeps it for this browser tab alone, and asks again", async () => {
    const panel = await stand.show("Classify");
    await panel.getByLabel("Text").fill("warm");
    await panel.getByRole("button", { name: "Classify" }).click();
    await panel.getByLabel("API key").fill("wrong");
    const refused = stand.page.waitForResponse("**/v1/classify");
    await panel.getByRole("button", { name: "Use this key" }).click();
    await (await refused).finished();
    await panel.getByLabel("Result").and(panel.locator("[aria-busy=false]")).waitFor();
    expect(await panel.getByRole("alert").textContent()).toContain("Send a key of this service");
    await panel.getByLabel("API key").fill("sesame");
    await panel.getByLabel("API key").press("Enter");
    await expect.poll(() => verdict(panel).textContent()).toBe("positive, 98.2\u00a0%");
    expect(await panel.getByLabel("API key").count()).toBe(0);
    const button = panel.getByRole("button", { name: "Classify" });
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
    expect(await panel.locator("pre").textContent()).toContain(` -H "authorization: Bearer $CLOZE_KEY"`);
    expect(
      await stand.page.evaluate(() => [Object.values(sessionStorage), localStorage.length, document.cookie]),
    ).toEqual([["sesame"], 0, ""]);
    expect(stand.page.url()).not.toContain("sesame");
    const other = await stand.open();
    expect(await other.evaluate(() => sessionStorage.length)).toBe(0);
    stand.expected = /^Failed to load resource.*401/;
  });

  it("lists a plugin that was installed while it runs, with its markup as text, and tries it", async () => {
    await stand.page.evaluate(() => sessionStorage.setItem("cloze-key", "boss"));
    await stand.page.reload();
    const panel = await stand.show("Plugins");
    await panel.getByText("5 plugins").waitFor();
    const file = await copyOf("sentiment", { title: markup, labels: [markup, "<i>"], version: "7.0.0" });
    const put = await worker.send("/v1/plugins/my-sentiment", {
      method: "PUT",
      headers: { authorization: "Bearer boss", "content-type": "application/zip" },
      body: file,
    });
    expect(put.status).toBe(201);
    await panel.getByRole("button", { name: "Look again" }).click();
    await panel.getByText("6 plugins").waitFor();
    await panel.getByRole("radio", { name: `${markup} sequence · 7.0.0 · installed` }).check();
    expect(await panel.getByRole("heading", { level: 3 }).first().textContent()).toBe(markup);
    expect(await panel.locator(".labels").textContent()).toBe(`Labels: ${markup}, <i>`);
    expect(await panel.locator(".figures").textContent()).toContain("sst2.dev.accuracy89.11");
    expect(await panel.locator("pre").textContent()).toContain("/v1/plugins/my-sentiment -H");
    const sent = stand.page.waitForRequest("**/v1/plugins/my-sentiment");
    await panel.getByRole("button", { name: "Classify" }).click();
    expect((await sent).postDataJSON()).toEqual({ text: "a warm , funny and touching film" });
    expect(
      await stand.page.evaluate(() => "intruder" in window || document.querySelector("img")),
    ).toBeFalsy();
    stand.expected = /^Failed to load resource.*502/; // the server that answers by rule has no features
  });

  it("opens a link to such a plugin, and keeps what it says", async () => {
    const page = await stand.open();
    await page.evaluate(() => sessionStorage.setItem("cloze-key", "boss"));
    await page.reload();
    await page.evaluate(() => (location.hash = "#plugins?plugin=my-sentiment&text=so+warm"));
    const panel = page.getByRole("tabpanel", { name: "Plugins" });
    await panel.getByRole("heading", { name: markup }).waitFor();
    expect(await panel.getByLabel("Text", { exact: true }).inputValue()).toBe("so warm");
    await page.evaluate(() => (location.hash = "#plugins?plugin=gone&text=so+warm"));
    await panel.getByRole("button", { name: "Look again" }).click();
    await panel.getByText("There is no plugin named gone here.").waitFor();
  });
});

function hash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
