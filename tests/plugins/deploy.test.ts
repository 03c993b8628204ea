/** `cloze deploy` against a Worker that runs: what goes live is told with the answer and the command to use it. */
import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { copyOf, partsOf } from "./files.ts";
import { startStand } from "./stand.ts";
import type { Stand } from "./stand.ts";

describe("cloze deploy", () => {
  let stand: Stand;
  let place: string;
  beforeAll(async () => {
    stand = await startStand("kv");
    place = await mkdtemp(path.join(tmpdir(), "cloze deploy "));
  });
  afterAll(async () => {
    await stand?.[Symbol.asyncDispose]();
    await rm(place, { recursive: true });
  });

  const deploy = (...argv: readonly string[]) => cloze(["deploy", ...argv, "--to", stand.url]);

  /** A plugin's folder, with what a training leaves beside it. */
  async function folder(version: string): Promise<string> {
    const to = path.join(place, `moods ${version}`);
    await mkdir(path.join(to, "checkpoints"), { recursive: true });
    for (const [name, content] of await partsOf("sentiment", { name: "moods", version }))
      await writeFile(path.join(to, name), content);
    await writeFile(path.join(to, "report.html"), "x".repeat(1000));
    return to;
  }

  it("puts a folder, tries its first example, and says how to use it", async () => {
    const { code, out, err } = await deploy("plugin", await folder("1.0.0"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`moods 1.0.0 is live at ${stand.url}/v1/plugins/moods`);
    expect(out).toContain('"label":"positive"');
    expect(out).toContain(`curl -s ${stand.url}/v1/plugins/moods -H 'content-type: application/json'`);
  });

  it("puts a file, rolls back to what was there before, lists and removes", async () => {
    const file = path.join(place, "moods.cloze");
    await writeFile(file, await copyOf("sentiment", { name: "moods", version: "2.0.0", examples: [] }));
    const put = await deploy("plugin", file, "--json");
    expect(put.json()).toMatchObject([
      { name: "moods", version: "2.0.0", url: `${stand.url}/v1/plugins/moods` },
    ]);
    const back = await deploy("rollback", "moods", "--json");
    expect(back.json()).toMatchObject([{ version: "1.0.0" }]);
    const list = await deploy("list", "--json");
    expect(list.json()).toContainEqual(expect.objectContaining({ name: "moods", version: "1.0.0" }));
    expect((await deploy("list")).out).toMatch(
      /^moods +1\.0\.0 +installed +sequence: negative, positive +[0-9a-f]{12}$/m,
    );
    const [{ sha256 }] = put.json() as { sha256: string }[];
    expect((await deploy("rollback", "moods", sha256.slice(0, 12))).out).toContain("moods 2.0.0");
    expect((await deploy("rollback", "moods", sha256.slice(0, 1))).code).toBe(2); // may be meant as a version
    const none = await deploy("rollback", "moods", "9.9.9");
    expect(none).toMatchObject({ code: 2, out: "" });
    expect(none.err).toMatch(
      /^The plugin moods has no version 9\.9\.9; it has: 2\.0\.0 \([0-9a-f]{12}\), 1\.0\.0 /,
    );
    expect(await deploy("remove", "moods")).toMatchObject({ code: 0, out: "moods is removed\n" });
    expect(await deploy("remove", "moods")).toMatchObject({ code: 1 });
  });

  it("says in a sentence what was refused, and by whom", async () => {
    const foreign = path.join(place, "foreign.cloze");
    await writeFile(
      foreign,
      await copyOf("sentiment", { name: "foreign", encoder: { name: "their-bert", sha256: "0".repeat(64) } }),
    );
    const mismatch = await deploy("plugin", foreign);
    expect(mismatch).toMatchObject({ code: 1, out: "" });
    expect(mismatch.err).toMatch(
      /^The plugin foreign was made for the encoder their-bert .* runs cloze-starter .*\n$/,
    );
    const taken = path.join(place, "taken.cloze");
    await writeFile(taken, await copyOf("sentiment", { name: "sentiment" }));
    expect((await deploy("plugin", taken)).err).toMatch(
      /^The plugin sentiment is part of this service: .*\n$/,
    );
    expect((await deploy("plugin", path.join(place, "nowhere"))).err).toMatch(/^There is no plugin at /);
  });
});
