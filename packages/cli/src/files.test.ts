import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { withScratch } from "./files.ts";

test("a scratch folder is gone when its use has ended, be it in vain", async () => {
  let folder = "";
  const use = async (scratch: string): Promise<string[]> => readdirSync((folder = scratch));
  expect(await withScratch(use)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  await expect(withScratch((scratch) => Promise.reject(new Error((folder = scratch))))).rejects.toThrow();
  expect([folder === "", existsSync(folder)]).toEqual([false, false]);
});

test.runIf(process.platform !== "win32")(
  "a signal leaves no scratch folder, and ends the program as a signal does",
  async () => {
    const module = JSON.stringify(new URL("files.ts", import.meta.url).href);
    const program = `import { writeFileSync } from "node:fs";
    import { withScratch } from ${module};
    await withScratch(async (scratch) => {
      writeFileSync(scratch + "/tokens", "1");
      console.log(scratch);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    let folder = "";
    child.stdout.on("data", (chunk: Buffer) => {
      folder += chunk.toString();
      child.kill("SIGTERM");
    });
    const signal = await new Promise((resolve) => child.once("close", (_, by) => resolve(by)));
    expect([signal, folder !== "", existsSync(folder.trim())]).toEqual(["SIGTERM", true, false]);
  },
);
