import { afterAll, describe, expect, test } from "vitest";
import { tinyModel } from "@cloze/core/testing";
import { EPOCHS, FITS } from "../engine/epochs.ts";
import { PluginSet } from "./plugins.ts";
import { train } from "./train.ts";
import type { Opened } from "./open.ts";

const hash = "1".repeat(64);
const model = tinyModel();
afterAll(() => model[Symbol.asyncDispose]());

/** As `open` gives it, as far as training reads it. */
function opened(): Opened {
  const plugins = new PluginSet(model, hash);
  const info = { model: { name: "tiny", sha256: hash } } as Opened["info"];
  return { plugins, bert: model, info, changed: async () => {} };
}

const rows = Array.from({ length: 30 }, (_, i) => (i % 2 ? `aaa aaa ${i}\tlow` : `zzz zz ${i}\thigh`));
const file = { file: "a.tsv", source: `text\tlabel\n${rows.join("\n")}\n` };
const given = { ...file, name: "tone", title: "Tone" };

describe("training", () => {
  test("gives a plugin of this encoder, its worth, and the same one each time", async () => {
    const { plugin, rows: parts, counts, wrong } = await train(opened(), given, {});
    expect(plugin).toMatchObject({
      name: "tone",
      task: "classify",
      labels: ["high", "low"],
      encoder: { name: "tiny", sha256: hash },
    });
    expect(parts).toEqual({ train: 24, dev: 6 });
    expect(counts).toEqual([
      { label: "high", count: 15 },
      { label: "low", count: 15 },
    ]);
    expect(wrong).toHaveLength(Math.round(6 * (1 - Number(plugin.metrics.accuracy))));
    expect((await train(opened(), given, {})).plugin.sha256).toBe(plugin.sha256);
  });

  test("tells its progress: a text each, then an epoch each", async () => {
    const told: number[] = [];
    await train(opened(), given, {
      onProgress({ done, total }) {
        expect(total).toBe(30 + EPOCHS * FITS);
        told.push(done);
      },
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told).toEqual(expect.arrayContaining([30, 31, 32]));
  });

  test("ends between two epochs when it is cancelled", async () => {
    const abort = new AbortController();
    let last = 0;
    const running = train(opened(), given, {
      signal: abort.signal,
      onProgress({ done }) {
        last = done;
        if (done === 31) setTimeout(() => abort.abort()); // as a message from the host comes: when the thread is free
      },
    });
    await expect(running).rejects.toThrow(expect.objectContaining({ code: "aborted" }));
    expect(last).toBeLessThan(36);
  });

  test("is refused a name that the model's own plugin has, before there is work", async () => {
    const never = { onProgress: () => expect.unreachable() };
    await expect(train(opened(), { ...given, name: "mood" }, never)).rejects.toThrow(
      "a plugin of the model itself",
    );
  });
});

describe("the plugins of a running model", () => {
  test("come, are replaced and go, and the model's own stay", async () => {
    const { plugins } = opened();
    const own = plugins.summaries.map(({ name }) => name);
    const { plugin } = await train(opened(), given, {});
    await plugins.add(plugin.bytes, "tone");
    await plugins.add(plugin.bytes, "tone");
    expect(plugins.summaries.map(({ name }) => name)).toEqual([...own, "tone"]);
    expect(await plugins.bert.classify("zzz", { plugin: "tone" })).toHaveProperty("label");
    await plugins.remove("tone");
    expect(plugins.summaries.map(({ name }) => name)).toEqual(own);
  });

  test("are none of another model's, and one that is refused changes nothing", async () => {
    const { plugin } = await train(opened(), given, {});
    const other = new PluginSet(model, "2".repeat(64));
    await expect(other.add(plugin.bytes, "tone.cloze")).rejects.toThrow(
      "tone.cloze was made for the model tiny, and another one is in use",
    );
    expect(other.bert).toBe(model);
    await expect(other.check(new Uint8Array(2 ** 23 + 1), "big.cloze")).rejects.toThrow(
      "make its head smaller",
    );
  });
});
