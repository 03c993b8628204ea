import { tinyModel } from "@cloze/core/testing";
import { afterAll, expect, test } from "vitest";
import type { Opened } from "./open.ts";
import { PluginSet } from "./plugins.ts";
import { train } from "./train.ts";

const hash = "1".repeat(64);
const model = tinyModel();
afterAll(() => model[Symbol.asyncDispose]());

test("plugins that come at once are all there then", async () => {
  const plugins = new PluginSet(model, hash);
  const info = { model: { name: "tiny", sha256: hash } } as Opened["info"];
  const opened: Opened = { plugins, bert: model, info, changed: async () => {} };
  const rows = Array.from({ length: 10 }, (_, i) => (i % 2 ? `aaa ${i}\tlow` : `zzz ${i}\thigh`));
  const file = { file: "a.tsv", source: `text\tlabel\n${rows.join("\n")}\n` };
  const own = plugins.summaries.map(({ name }) => name);
  const { plugin } = await train(opened, { ...file, name: "one", title: "One" }, {});
  const { plugin: other } = await train(opened, { ...file, name: "two", title: "Two" }, {});
  const names = () => plugins.summaries.map(({ name }) => name);
  await Promise.all([plugins.add(plugin.bytes, "one"), plugins.add(other.bytes, "two")]);
  expect(names()).toEqual([...own, "one", "two"]);
  await Promise.all([plugins.remove("one"), plugins.remove("two")]);
  expect(names()).toEqual(own);
});
