/** The package, as it is given to people: packed, really installed, and its first answer. */
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { hasEditors, openBrowser, startCodeServer, Workbench } from "./editor.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(path.join(root, "extension/package.json"), "utf8")) as {
  version: string;
};
const vsix = path.join(root, `extension/cloze-${version}.vsix`);

describe("npm run package", () => {
  let said: string;
  beforeAll(async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["package.mjs"], {
      cwd: path.join(root, "extension"),
    });
    said = stdout + stderr;
  });

  test("packs without a warning, in less than 60 MB", () => {
    expect(said).not.toMatch(/warn|error/i);
    expect(statSync(vsix).size).toBeLessThan(60e6);
    expect(statSync(vsix).size).toBeGreaterThan(40e6); // with the model
    console.log(/cloze-.* MB, .* files/.exec(said)![0]);
  });

  test.runIf(hasEditors).each(["worker", "node"] as const)(
    "gives what code-server installs, and what answers then, in the %s host",
    { timeout: 240_000 },
    async (host) => {
      await using browser = await openBrowser({ gpu: false });
      await using editor = await startCodeServer({
        vsix,
        host,
        settings: { "cloze.engine.device": "wasm" },
        files: { "a.txt": "a warm , funny film" },
      });
      await using workbench = await Workbench.open(browser, editor);
      await workbench.open("a.txt");
      await workbench.selectAll();
      await workbench.palette("Cloze: Classify Selection");
      const asked = performance.now();
      await expect
        .poll(() => workbench.decorationTexts(), { timeout: 120_000 })
        .toContainEqual(expect.stringContaining("positive"));
      const took = ((performance.now() - asked) / 1000).toFixed(1);
      console.log(
        `From the command to the first answer after install, on the processor, ${host} host: ${took} s`,
      );
      await workbench.screenshot(`package-first-answer-${host}`);
      expect(workbench.foreign).toEqual([]);
    },
  );
});
