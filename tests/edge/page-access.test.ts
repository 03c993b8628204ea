/**
 * Who can use the demo page: with the keyboard alone, by a screen reader, at 320 pixels, in the light and in the dark. It
 * is read as browsers tell it to such programs, and its colours are measured as they are drawn.
 */
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { installed, usePage, verdict } from "./page-stand.ts";
import { useStand } from "./stand.ts";

/** The tabs, and the button that asks in each. */
const tabs = {
  Ask: "Ask",
  Classify: "Classify",
  Entities: "Tag",
  Plugins: "Fill in",
  Compare: "Compare",
  Fill: "Fill in",
};

describe.runIf(installed)("the demo page, for everybody", () => {
  const edge = useStand();
  const stand = usePage(() => edge.worker.url);

  /** Each tab with an answer in it, or, of tasks that the server has no rule for, with an error. */
  async function eachAnswered(
    page: Page,
    look: (panel: Locator, tab: string) => Promise<void>,
  ): Promise<void> {
    for (const [tab, verb] of Object.entries(tabs)) {
      const panel = await stand.show(tab, page);
      if (tab === "Classify") {
        await panel.getByLabel("Many, a line each").check();
        await panel
          .getByLabel("Text (one a line)")
          .fill("warm\ndull and rather long, so that it has to be wrapped");
      }
      await panel.getByRole("button", { name: verb, exact: true }).click();
      await expect.poll(() => verdict(panel).textContent()).not.toMatch(/^(Nothing is asked yet|Asking …)$/);
      await look(panel, tab);
    }
    stand.expected = /^Failed to load resource/;
  }

  it.each(["light", "dark"] as const)("has colours that are told apart in the %s", async (colorScheme) => {
    const page = await stand.open("", { colorScheme });
    await eachAnswered(page, async (_, tab) => {
      expect([tab, ...(await page.evaluate(faintTexts))]).toEqual([tab]);
    });
    await page.getByRole("radio", { name: "this tab" }).check();
    await page.getByText("This deployment does not offer it").waitFor();
    expect(await page.evaluate(faintTexts)).toEqual([]);
  });

  it.each([
    ["320 pixels", { viewport: { width: 320, height: 640 } }],
    ["200 % of a screen of 1280", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ])("fits a width of %s", async (_, options) => {
    const page = await stand.open("", options);
    await eachAnswered(page, async (__, tab) => {
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([tab, beyond]).toEqual([tab, 0]);
    });
  });

  it("tells a screen reader what everything is called, in order", async () => {
    const page = await stand.open();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
    const reader = await page.context().newCDPSession(page);
    await eachAnswered(page, async (_, tab) => {
      const { nodes } = await reader.send("Accessibility.getFullAXTree");
      const named =
        /^(button|checkbox|combobox|dialog|link|progressbar|radio|region|tab|tablist|tabpanel|textbox)$/;
      const nameless = nodes.filter(
        ({ ignored, role, name }) => !ignored && named.test(String(role?.value)) && !name?.value,
      );
      expect([tab, ...nameless.map(({ role }) => role?.value as string)]).toEqual([tab]);
      const { levels, twice } = await page.evaluate(() => {
        const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
        const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter((heading) =>
          heading.checkVisibility(),
        );
        return {
          levels: headings.map(({ tagName }) => Number(tagName[1])),
          twice: ids.filter((id, i) => ids.indexOf(id) !== i),
        };
      });
      expect(twice).toEqual([]);
      expect([tab, ...levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1)]).toEqual([tab]);
    });
  });

  it("reads as a form and its result", async () => {
    const panel = await stand.show("Classify");
    await panel.getByLabel("Text").fill("warm");
    await panel.getByRole("button", { name: "Classify" }).click();
    await panel.getByRole("term").first().waitFor();
    const read = await panel.ariaSnapshot();
    expect(read.replace(/\d+ ms.*/, "TIMING")).toBe(
      [
        `- tabpanel "Classify":`,
        `  - heading "Say what a text is" [level=2]`,
        `  - group "How many":`,
        `    - text: How many`,
        `    - radio "One" [checked]`,
        `    - text: One`,
        `    - radio "Many, a line each"`,
        `    - text: Many, a line each`,
        `  - text: Text`,
        `  - textbox "Text": warm`,
        `  - button "Classify"`,
        `  - button "Cancel" [disabled]`,
        `  - button "Copy link"`,
        `  - group "Examples":`,
        `    - button "a warm , funny and touching film"`,
        `    - button "dull , clumsy and far too long"`,
        `  - group: The same as a request`,
        `  - region "Result":`,
        `    - status: positive, 98.2 %`,
        `    - term: positive`,
        `    - definition: 98.2 %`,
        `    - term: negative`,
        `    - definition: 1.8 %`,
        `    - paragraph: TIMING`,
      ].join("\n"),
    );
  });

  it("is used with the keyboard alone", async () => {
    const { page } = stand;
    await page.getByRole("tab", { name: "Fill" }).focus();
    const names = await page.getByRole("tab").allTextContents();
    for (const name of names) {
      const panel = page.getByRole("tabpanel", { name });
      await panel.waitFor();
      expect(await focused(page)).toBe(`tab ${name}`);
      const reached = new Set<string>();
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(focus);
        if (at === undefined) break;
        expect([at.name, at.outline]).toEqual([at.name, true]);
        reached.add(at.name);
      }
      expect(await page.evaluate(focus)).toBeUndefined(); // no control holds it
      expect([...(await panel.evaluate(stops))].filter((stop) => !reached.has(stop))).toEqual([]);
      await page.getByRole("tab", { name }).focus();
      await page.keyboard.press("ArrowRight");
    }
    expect(await focused(page)).toBe(`tab ${names[0]}`); // all the way round
    await page.keyboard.press("End");
    expect(await focused(page)).toBe(`tab ${names.at(-1)}`);
    await page.keyboard.press("Home");
    expect(await focused(page)).toBe(`tab ${names[0]}`);
  });

  it("runs by Ctrl+Enter and by an example, and a question by Enter", async () => {
    const { page } = stand;
    const classify = await stand.show("Classify");
    await classify.getByRole("button", { name: "dull , clumsy" }).press("Enter");
    await expect.poll(() => verdict(classify).textContent()).toMatch(/50\.0/);
    await classify.getByLabel("Text").fill("warm");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => verdict(classify).textContent()).toBe("positive, 98.2\u00a0%");
    const ask = await stand.show("Ask");
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/v1/answer"))));
    await ask.getByLabel("Question").fill("Who?");
    for (const [i, keys] of ["Enter", "Control+Enter"].entries()) {
      await page.keyboard.press(keys);
      await expect.poll(() => asked).toBe(i + 1);
      await ask.locator("[aria-busy=false]").waitFor();
      await expect.poll(() => verdict(ask).textContent()).toMatch(/^Anton Chekhov/);
    }
    expect(await ask.getByLabel("Question").inputValue()).toBe("Who?");
    expect(asked).toBe(2); // once a key
  });

  it("is stopped by Escape while it waits", async () => {
    const release = edge.server.session.hold();
    const panel = await stand.show("Classify");
    await panel.getByLabel("Text").fill("warm");
    await stand.page.keyboard.press("Control+Enter");
    await panel.locator("[aria-busy=true]").waitFor();
    await stand.page.keyboard.press("Escape");
    await panel.locator("[aria-busy=false]").waitFor();
    expect(await verdict(panel).textContent()).toBe("Cancelled");
    release();
    edge.server.session.gate = async () => {};
  });

  it("moves with the arrows among the words that may be masked", async () => {
    const panel = await stand.show("Fill");
    await panel.getByLabel("Text").fill("one two three");
    await panel.getByRole("button", { name: "one" }).focus();
    await stand.page.keyboard.press("ArrowRight");
    await stand.page.keyboard.press("Enter");
    const two = panel.getByRole("button", { name: "two" });
    await two.and(panel.locator("[aria-pressed=true]")).waitFor();
    expect(await two.evaluate((button) => button === document.activeElement)).toBe(true); // it is still there
    await stand.page.keyboard.press("Enter");
    await two.and(panel.locator("[aria-pressed=false]")).waitFor();
    await expect.poll(() => verdict(panel).textContent()).toBe("No answer"); // the server has no rule for it
    stand.expected = /^Failed to load resource/;
  });

  it("moves nothing that is being read when an answer comes late", async () => {
    const page = await stand.open("", {}, () => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, hadRecentInput } = entry as PerformanceEntry & {
            value: number;
            hadRecentInput: boolean;
          };
          if (!hadRecentInput) shifts.push(value);
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    for (const [tab, verb] of Object.entries({ Ask: "Ask", Classify: "Classify", Entities: "Tag" })) {
      const panel = await stand.show(tab, page);
      const release = edge.server.session.hold();
      await panel.getByRole("button", { name: verb, exact: true }).click();
      await page.waitForTimeout(700); // after half a second what moves is no longer put down to the click
      release();
      edge.server.session.gate = async () => {};
      await panel.locator("[aria-busy=false]").waitFor();
      await page.waitForTimeout(200);
    }
    expect(await page.evaluate("shifts")).toEqual([]);
  });

  it("brings an answer into view, on a small screen and in a long passage", async () => {
    const page = await stand.open("", { viewport: { width: 320, height: 480 } });
    const panel = await stand.show("Ask", page);
    await panel.getByLabel("Passage").fill(`${"It rained. ".repeat(300)}Anton Chekhov wrote it.`);
    await panel.getByRole("button", { name: "Ask" }).click();
    await expect.poll(() => verdict(panel).textContent()).toMatch(/^Anton Chekhov/);
    const [top, bottom, height] = await panel.locator(".verdict").evaluate((said) => {
      const box = said.getBoundingClientRect();
      return [box.top, box.bottom, innerHeight];
    });
    expect([top >= 0, bottom <= height]).toEqual([true, true]);
    const [above, below] = await panel.locator("mark").evaluate((mark) => {
      const [inner, outer] = [mark, mark.closest(".passage")!].map((one) => one.getBoundingClientRect());
      return [inner.top - outer.top, outer.bottom - inner.bottom];
    });
    expect([above >= 0, below >= 0]).toEqual([true, true]);
  });

  it("does not move for those who want no motion", async () => {
    const page = await stand.open("", { reducedMotion: "reduce" });
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter((one) => {
          const { transitionProperty, transitionDuration, animationName } = getComputedStyle(one);
          const still = transitionProperty === "none" || /^0s(, 0s)*$/.test(transitionDuration);
          return !still || animationName !== "none";
        }).length,
    );
    expect(moving).toBe(0);
  });
});

const focused = (page: Page) => page.evaluate(focus).then((at) => at?.name);

/** In the page: what has the focus, and whether that is seen. */
function focus(): { name: string; outline: boolean } | undefined {
  const at = document.activeElement;
  if (at === null || at === document.body) return undefined;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const name = `${at.getAttribute("role") ?? at.localName} ${at.id && at.localName !== "button" ? at.id : at.textContent.slice(0, 40)}`;
  return { name, outline: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
}

/** In the page: what can be stopped at in a panel. Of radio buttons only one of a group can. */
function stops(panel: Element): string[] {
  const all = panel.querySelectorAll<HTMLElement>(
    "button, textarea, select, summary, [tabindex], input:checked",
  );
  return [...all]
    .filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.matches(":disabled"))
    .map(
      (at) =>
        `${at.getAttribute("role") ?? at.localName} ${at.id && at.localName !== "button" ? at.id : at.textContent.slice(0, 40)}`,
    );
}

/** In the page: texts with less contrast than 4.5 with what is behind them, and edges of fields with less than 3. */
function faintTexts(): string[] {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  const pixel = (color: string) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (color: string) => {
    const [r, g, b] = Array.from(pixel(color), (byte) => byte / 255).map((share) =>
      share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (at: Element | null) => {
    for (let one = at; one; one = one.parentElement) {
      const { backgroundColor } = getComputedStyle(one);
      if (pixel(backgroundColor)[3] === 255) return backgroundColor;
    }
    return "white";
  };
  const faint: string[] = [];
  for (const one of document.querySelectorAll<HTMLElement>("body *")) {
    const says =
      one.matches("textarea, input, select") ||
      [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim());
    if (
      !says ||
      !one.checkVisibility({ opacityProperty: true }) ||
      one.closest(":disabled, script, noscript")
    )
      continue;
    if (one.matches(".unseen")) continue;
    const style = getComputedStyle(one);
    const text = contrast(style.color, behind(one));
    if (text < 4.5)
      faint.push(`${one.localName}.${one.className} "${one.textContent.slice(0, 30)}" ${text.toFixed(2)}`);
    if (!one.matches("textarea, select, input[type=password]")) continue;
    const edge = contrast(style.borderTopColor, behind(one.parentElement));
    if (edge < 3) faint.push(`${one.localName}'s edge ${edge.toFixed(2)}`);
  }
  return faint;
}
