/**
 * Plugins that are added to a loaded model: a folder, or the same as one file. They say what they say in the model's own
 * graph, and one that does not belong to the model is refused.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Predictor } from "@cloze/core";
import { load, openPlugin } from "@cloze/runtime/node";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { starter } from "./starter.ts";

let bert: Predictor;
beforeAll(async () => {
  bert = await load(starter, { threads: 1 });
});
afterAll(() => bert[Symbol.asyncDispose]());

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cloze plugin "));
});
afterEach(() => rm(folder, { recursive: true }));

/** Copies one of the starter's plugins, under another name. */
async function copy(name: string, changes: object = {}): Promise<string> {
  await cp(path.join(starter, "plugins", name), folder, { recursive: true });
  const file = path.join(folder, "plugin.json");
  const json = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(
    file,
    JSON.stringify({
      ...json,
      name: `my-${name}-${path.basename(folder).slice(-6).toLowerCase()}`,
      ...changes,
    }),
  );
  return folder;
}

const refused = (place: string, code: string, message: string | RegExp) =>
  expect(bert.plugin(place)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
  );

/** With four places: a head in plain JS and one in ONNX Runtime add up in another order. */
const round = (value: unknown) =>
  JSON.stringify(value, (_, x: unknown) => (typeof x === "number" ? Number(x.toFixed(4)) : x));

/** Packs the folder, below a folder of the zip, as it is or compressed. */
async function pack(below = "", level = 5): Promise<string> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level });
  await zip.add("__MACOSX/._plugin.json", new Uint8ArrayReader(new Uint8Array(8)));
  for (const name of await readdir(folder))
    await zip.add(
      `${below}${name}`,
      new Uint8ArrayReader(new Uint8Array(await readFile(path.join(folder, name)))),
    );
  const file = path.join(folder, "head.cloze");
  await writeFile(file, await zip.close());
  return file;
}

const passage = "Anton Chekhov wrote the play in Yalta. It was first shown in 1896, in Saint Petersburg.";

describe("a folder", () => {
  test.each([
    ["sentiment", ["a warm , funny film", "", "dull , clumsy and far too long", "映画 🎬"]],
    ["entities", [passage, ""]],
    [
      "answers",
      [
        { question: "Who wrote it?", context: passage },
        { question: "", context: passage },
      ],
    ],
  ])("added later says of %s what the model's own graph says, to 1e-5", async (name, inputs) => {
    const { run, name: added } = await bert.plugin(await copy(name));
    const [later, inGraph] = await Promise.all([run(inputs), bert.loaded(name).run(inputs)]);
    expect(round(later)).toBe(round(inGraph));
    expect(bert.plugins.map((plugin) => plugin.name)).toContain(added);
  });

  test("serves its task by its name", async () => {
    const { name } = await bert.plugin(await copy("sentiment", { labels: ["bad", "good"] }));
    expect((await bert.classify("a warm , funny film", { plugin: name })).label).toBe("good");
    expect((await bert.classify("a warm , funny film")).label).toBe("positive"); // the first stays the usual one
  });
});

describe("one file", () => {
  test.each(["", "sentiment/"])("is the folder as a zip, under %j", async (below) => {
    await copy("sentiment");
    const { run } = await bert.plugin(await pack(below));
    expect(await run("a warm , funny film")).toMatchObject({ label: "positive" });
  });

  test("that is no zip is refused", async () => {
    const file = path.join(folder, "head.cloze");
    await writeFile(file, "not a zip");
    await refused(file, "invalid-plugin", /head\.cloze is no plugin in one file \(a zip\)/);
  });

  test("that is damaged is refused", async () => {
    await copy("sentiment");
    const file = await pack("", 0);
    const bytes = await readFile(file);
    bytes[bytes.indexOf('"bias"') + 400] ^= 64; // among the weights
    await writeFile(file, bytes);
    await refused(file, "invalid-plugin", /head\.cloze is no plugin in one file \(a zip\), or is damaged/);
  });

  test("without a head is refused", async () => {
    await copy("sentiment");
    await rm(path.join(folder, "head.safetensors"));
    await refused(await pack(), "not-found", "it has no head.safetensors");
  });
});

describe("refused with a sentence", () => {
  test("for another encoder", async () => {
    const place = await copy("sentiment", { encoder: { name: "bert-of-others", sha256: "0".repeat(64) } });
    await refused(place, "encoder-mismatch", /was made for the encoder bert-of-others/);
  });
  test("for another encoder, given as an object too", async () => {
    const head = await openPlugin(
      await copy("sentiment", { encoder: { name: "x", sha256: "0".repeat(64) } }),
    );
    await expect(bert.plugin(head)).rejects.toThrow(expect.objectContaining({ code: "encoder-mismatch" }));
  });
  test("under a name that the model has", async () => {
    await refused(
      await copy("sentiment", { name: "sentiment" }),
      "invalid-plugin",
      "The model has a plugin named sentiment",
    );
  });
  test("whose weights are of another size", async () => {
    await refused(
      await copy("sentiment", { labels: ["a", "b", "c"] }),
      "invalid-plugin",
      /needs weight of \[3,384\]/,
    );
  });
  test("whose labels do not fit its kind", async () => {
    await refused(
      await copy("sentiment", { kind: "regression" }),
      "invalid-plugin",
      "a regression has one label",
    );
  });
  test("where nothing is", async () => {
    await refused(path.join(folder, "nowhere"), "not-found", "There is no plugin at");
  });
  test("from a folder that is no plugin", async () => {
    await refused(folder, "not-found", "is not a plugin");
  });
});
