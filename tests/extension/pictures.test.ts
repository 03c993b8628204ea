/**
 * The pictures of the extension's README: what they show is what the commands do. CLOZE_PICTURES=1 renews those that are
 * kept in `extension/media/`, and the icon from its drawing.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const extension = fileURLToPath(new URL("../../extension/", import.meta.url));
const kept = path.join(extension, "media/screenshots");
const renew = process.env.CLOZE_PICTURES !== undefined;

/** The blank is low enough to be seen below the list of its words. */
const STORY = `The last train had left when she came to the station.
The lamps were out, and the wind blew snow along the platform.
Nobody was there but an old man with a suitcase.

He did not look up when she asked him for the time.
He had waited for somebody, he said, for twenty years,
and he could wait a little longer.

Then he took a key out of his coat,
and gave it to her without another word.

She went up the street to the house at the corner.
It was dark, and the windows were shut.
She turned the key and opened the [MASK] slowly.
`;

/** Width, height and bytes of a PNG. */
function measurePng(file: string): { width: number; height: number; bytes: number } {
  const bytes = readFileSync(file);
  expect(bytes.toString("latin1", 1, 4)).toBe("PNG");
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bytes: bytes.length };
}

test("the README has the pictures that are kept, each of less than 100 KB", () => {
  const readme = readFileSync(path.join(extension, "README.md"), "utf8");
  const shown = [...readme.matchAll(/\]\(media\/screenshots\/([^)]+)\)/g)].map(([, name]) => name);
  expect(readdirSync(kept).sort()).toEqual(shown.sort());
  for (const name of shown) expect(measurePng(path.join(kept, name)).bytes).toBeLessThan(100_000);
});

test("the icon is 128 by 128", () => {
  expect(measurePng(path.join(extension, "media/icon.png"))).toMatchObject({ width: 128, height: 128 });
});

describe.runIf(hasEditors)("in VS Code", () => {
  let workbench: Workbench;
  const patient = { timeout: 90_000 };
  const picture = async (name: string) => {
    await workbench.page.mouse.move(600, 440); // no tooltip
    await workbench.page.locator(".workbench-hover").first().waitFor({ state: "hidden" });
    if (renew)
      await workbench.page.screenshot({ path: path.join(kept, `${name}.png`), animations: "disabled" });
    else await workbench.screenshot(`picture-${name}`);
  };

  useWorkbench(
    {
      gpu: false,
      viewport: { width: 960, height: 560 },
      host: "worker",
      settings: {
        "cloze.engine.device": "wasm",
        "remote.autoForwardPorts": false,
        "editor.fontSize": 15,
        "editor.lineNumbers": "off",
        "editor.renderWhitespace": "none",
        "editor.wordWrap": "on",
        "editor.occurrencesHighlight": "off",
        "breadcrumbs.enabled": false,
        "workbench.activityBar.location": "hidden",
      },
      files: {
        "reviews.txt":
          "A warm, funny and touching film.\nDull, clumsy and far too long.\nI laughed from beginning to end.\n" +
          "The story never comes to life, and nobody acts well.\nIts pictures alone are worth the evening.\n",
        "story.txt": STORY,
        "observatory.txt":
          "The Royal Observatory stands on a hill in Greenwich Park, above the river Thames. It was commissioned in " +
          "1675 by King Charles II, who wanted better charts of the stars for his navy. John Flamsteed was the first " +
          "Astronomer Royal, and he laid the first stone on the tenth of August.\n\nThe building was designed by " +
          "Christopher Wren, with the help of Robert Hooke. Since 1884 the line that runs through its telescope has " +
          "been the prime meridian.\n",
      },
    },
    async (opened) => {
      workbench = opened;
      await workbench.command("workbench.action.closeSidebar");
    },
  );

  test("reviews have their labels behind them", async () => {
    await workbench.open("reviews.txt");
    await workbench.selectAll();
    await workbench.palette("Cloze: Classify Selection");
    await expect.poll(async () => (await workbench.decorationTexts()).length, patient).toBe(5);
    expect((await workbench.decorationTexts()).map((text) => /positive|negative/.exec(text)?.[0])).toEqual([
      "positive",
      "negative",
      "positive",
      "negative",
      "positive",
    ]);
    await workbench.treeRows("Results");
    await picture("classify");
    await workbench.command("workbench.action.closePanel");
  });

  test("a blank has its words", async () => {
    await workbench.open("story.txt");
    await workbench.selectText("[MASK]");
    await workbench.palette("Cloze: Suggest Words Here");
    expect((await workbench.quickPickRows()).map(({ label }) => label).join()).toContain("door");
    await picture("suggest");
    await workbench.dismiss();
  });

  test("a question has its answer", async () => {
    await workbench.open("observatory.txt");
    await workbench.palette("Cloze: Ask This Document");
    await workbench.type("Who designed the building?");
    await workbench.accept();
    await expect.poll(async () => (await workbench.selected())[0], patient).toBe("Christopher Wren");
    await workbench.page.getByText("“Who designed the building?”").waitFor();
    await picture("ask");
    await workbench.command("cloze.hideAnswers");
    await workbench.command("cloze.clearResults");
    await workbench.command("workbench.action.closePanel");
  });

  test("names are in colour", async () => {
    await workbench.open("observatory.txt");
    await workbench.select([1, 1]);
    await workbench.palette("Cloze: Highlight Entities");
    await expect.poll(() => workbench.marks.count(), patient).toBeGreaterThan(4);
    await workbench.command("cloze.entities.focus");
    await workbench.treeRows("Entities");
    await picture("entities");
  });

  test.runIf(renew)("the icon is drawn", async () => {
    const page = await workbench.page
      .context()
      .browser()!
      .newPage({ viewport: { width: 128, height: 128 } });
    await page.setContent(
      `<body style="margin:0">${readFileSync(path.join(extension, "media/icon.svg"), "utf8")}`,
    );
    await page.screenshot({ path: path.join(extension, "media/icon.png"), omitBackground: true });
    await page.close();
  });
});
