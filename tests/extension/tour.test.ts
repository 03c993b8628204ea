/**
 * Every command by the palette, as a person would, with the engine at each of its places, on WebGPU. What each command
 * does with odd documents is said in its own file; here it is that all of them work everywhere.
 */
import { describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { places } from "./places.ts";
import { useWorkbench } from "./use-workbench.ts";

const story = `Anton Chekhov wrote the play in 1896. The play was written by Leo Tolstoy.

It was a warm , funny film.

He closed the door behind him.
`;
const topics = ["It rained all night.", "A warm wind blew.", "Snow fell on the hills.", "The storm is over."]
  .map((text) => `${text}\tweather`)
  .concat(
    ["She baked a loaf.", "The soup was salty.", "We ate fish.", "He likes bread."].map(
      (text) => `${text}\tfood`,
    ),
  );
const files = { "story.md": story, "topics.tsv": `text\tlabel\n${topics.join("\n")}\n` };

/** A whole tour at each place takes minutes with a graphics card played by two cores; a short one has the first two. */
const visited = process.env.CLOZE_LONG ? places : places.slice(0, 2);

const soon = (read: () => unknown) => expect.poll(read, { timeout: 100_000, interval: 200 });

describe.runIf(hasEditors).each(visited)("a tour with the engine in %s", (place, start) => {
  let workbench: Workbench;
  useWorkbench({ start, files, settings: { "cloze.engine.device": "webgpu" } }, async (opened) => {
    workbench = opened;
    await workbench.open("story.md");
  });

  /** A test that keeps a picture of how it ended. */
  const step = (name: string, work: () => Promise<void>) =>
    test(name, async () => {
      await work();
      await workbench.screenshot(`tour-${place}-${name}`);
    });
  const command = (label: string) => workbench.palette(`Cloze: ${label}`);

  step("Classify Selection, Copy Results, Clear Results", async () => {
    await workbench.selectText("a warm , funny film");
    await command("Classify Selection");
    await soon(() => workbench.decorationTexts()).toContainEqual(expect.stringContaining("positive"));
    await command("Copy Results");
    await soon(() => workbench.clipboard()).toMatch(/a warm , funny film\tpositive\t0\.99/);
    await workbench.screenshot(`tour-${place}-labels`);
    await command("Clear Results");
    await soon(() => workbench.decorationTexts()).toEqual([]);
  });

  step("Suggest Words Here", async () => {
    await workbench.selectText("door");
    await command("Suggest Words Here");
    await workbench.quickInput.getByText("window").first().waitFor();
    await workbench.pick("window");
    await soon(() => workbench.text()).toContain("He closed the window behind him.");
    await workbench.focusEditor();
    await workbench.page.keyboard.press("ControlOrMeta+Z");
    await soon(() => workbench.text()).toBe(story);
  });

  step("Ask This Document, Next Answer, Previous Answer", async () => {
    await workbench.select([1, 1]);
    await command("Ask This Document");
    await workbench.type("Who wrote the play?");
    await workbench.accept();
    await soon(() => workbench.selected()).toEqual(["Anton Chekhov"]);
    await command("Next Answer");
    await soon(() => workbench.selected()).not.toEqual(["Anton Chekhov"]);
    await command("Previous Answer");
    await soon(() => workbench.selected()).toEqual(["Anton Chekhov"]);
  });

  step("Highlight Entities", async () => {
    await command("Highlight Entities");
    await soon(() => workbench.treeRows("Entities")).toContainEqual(expect.stringContaining("Anton Chekhov"));
    await command("Highlight Entities");
  });

  step("Find Similar Sentences", async () => {
    await workbench.selectText("It was a warm , funny film.");
    await command("Find Similar Sentences");
    await soon(() =>
      workbench.page.locator(".monaco-list-row", { hasText: "He closed the door" }).count(),
    ).toBe(1);
  });

  step("Tokens of Selection", async () => {
    await workbench.selectText("Anton Chekhov");
    await command("Tokens of Selection");
    await workbench.webview("##khov", 100_000);
    await workbench.open("story.md");
  });

  step("Train Classifier From File…, Run Plugin…, Manage Plugins…", async () => {
    await workbench.open("topics.tsv");
    await command("Train Classifier From File…");
    await soon(() => workbench.quickInputMessage()).toContain("A name for the plugin");
    await workbench.accept();
    await workbench.toast("is ready", 100_000);
    await workbench.clearToasts();
    await workbench.open("story.md");
    await workbench.selectText("He closed the door behind him.");
    await command("Run Plugin…");
    await workbench.pick("Topics");
    await soon(() => workbench.decorationTexts()).toContainEqual(expect.stringMatching(/weather|food/));
    await command("Manage Plugins…");
    expect((await workbench.quickPickRows()).map(({ label }) => label)).toContain("Topics");
    await workbench.dismiss();
  });

  step("Install Plugin…", async () => {
    await command("Install Plugin…");
    await workbench.quickInput.first().waitFor();
    await workbench.dismiss();
  });

  step("Manage Models…", async () => {
    await command("Manage Models…");
    expect((await workbench.quickPickRows())[0].label).toMatch(/starter/i);
    await workbench.dismiss();
  });

  step("Engine Info", async () => {
    await command("Engine Info");
    await soon(() => workbench.text()).toMatch(/WebGPU/);
  });

  step("Run Self-Test, Show Log, Restart Engine", async () => {
    await workbench.clearToasts();
    await command("Run Self-Test");
    expect(await workbench.toast("Cloze: all", 110_000)).toContain("answer rightly on");
    await command("Show Log");
    await command("Restart Engine");
    await soon(async () => (await workbench.statusItems()).map(({ text }) => text).join()).toContain("Cloze");
  });
});
