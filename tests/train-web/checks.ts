/**
 * Statements about training a plugin that hold wherever there is ECMAScript: bundled once, and run in each host of
 * `portable/hosts.ts`. The encoder is a tiny one in plain JS, whose features tell words apart, if not what they mean.
 */
import { parsePlugin } from "@cloze/core";
import { tinyModel } from "@cloze/core/testing";
import { pluginFiles, trainPlugin } from "@cloze/train";
import type { LabelledExample } from "@cloze/train";
import { equal, refused } from "../portable/assert.ts";
import type { Checks } from "../portable/assert.ts";
import { makeChecks } from "../portable/make-checks.ts";

const subjects = ["a film", "the film", "paris", "who", "the good", "a bad one", "it", "he", "she", "we"];
const say = (ends: Readonly<Record<string, LabelledExample["label"]>>): LabelledExample[] =>
  Object.entries(ends).flatMap(([end, label]) =>
    subjects.map((subject) => ({ text: `${subject} is ${end}`, label })),
  );

const moods = say({ "good!": "glad", "so good!": "glad", "bad?": "sad", "too bad?": "sad" });
const stars = say({ "good!!!!": 5, "good!": 4, "bad?": 2, "bad????": 1 });
const topics = say({
  "good 1111": ["number", "praise"],
  "good good good": ["praise"],
  "111111": ["number"],
  "??????": [],
});

export const checks: Checks = {
  "labelled texts give a plugin that tells others apart": async () => {
    const bert = tinyModel();
    const plugin = await trainPlugin(bert, moods, { name: "moods", rate: 0.01 });
    equal([plugin.rows.train, plugin.rows.dev, plugin.metrics.accuracy], [32, 8, 1]);
    equal(
      [plugin.plugin.kind, plugin.plugin.features, plugin.plugin.labels],
      ["sequence", "last-four", ["glad", "sad"]],
    );
    const { run } = await bert.plugin(plugin);
    const said = await bert.classify(["this film is good!", "that film is bad?"], { plugin: "moods" });
    equal(
      said.map(({ label }) => label),
      ["glad", "sad"],
    );
    equal(await run("this film is good!"), said[0]);
  },

  "numbers give a regression": async () => {
    const bert = tinyModel();
    const plugin = await trainPlugin(bert, stars, { name: "stars", rate: 0.01 });
    equal([plugin.plugin.kind, plugin.metrics.pearson > 0.95], ["regression", true]);
    await bert.plugin(plugin);
    const [more, less] = await bert.classify(["they is good!!!!", "they is bad????"], { plugin: "stars" });
    equal([more.value! > 4, less.value! < 2], [true, true]);
  },

  "lists give a head that finds any number of labels": async () => {
    const bert = tinyModel();
    const plugin = await trainPlugin(bert, topics, { name: "topics", rate: 0.01 });
    equal([plugin.plugin.kind, plugin.plugin.labels], ["multi-label", ["number", "praise"]]);
    equal(plugin.metrics.microF1 > 0.9, true);
  },

  "pairs and every kind of features are trained on, examples may be held out by hand": async () => {
    const pairs = moods.map(({ text, label }) => ({ text: "who is it", pair: text, label }));
    for (const features of ["pooler", "mean", "cls"] as const) {
      const trained = await trainPlugin(tinyModel(), pairs, { name: "pairs", features, dev: pairs });
      equal([features, trained.metrics.accuracy > 0.9, trained.rows.dev], [features, true, pairs.length]);
    }
  },

  "the same seed gives the same plugin": async () => {
    const options = { name: "moods", seed: 3, epochs: 5 };
    const [one, other] = [tinyModel(), tinyModel()].map((bert) => trainPlugin(bert, moods, options));
    equal((await one).weights.get("weight"), (await other).weights.get("weight"));
  },

  "a plugin becomes files": async () => {
    const trained = await trainPlugin(tinyModel(), moods, { name: "moods", title: "Moods", licence: "CC0" });
    const files = await pluginFiles(trained);
    equal([...files.keys()], ["plugin.json", "head.safetensors", "README.md"]);
    const { scope: _, ...described } = parsePlugin(new TextDecoder().decode(files.get("plugin.json")));
    const { scope: __, ...expected } = trained.plugin;
    equal(
      Object.entries(described).sort(([a], [b]) => (a < b ? -1 : 1)),
      Object.entries(expected).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  },

  "what cannot be learned is refused": async () => {
    const bert = tinyModel();
    const train =
      (examples: readonly LabelledExample[], more = {}) =>
      () =>
        trainPlugin(bert, examples, { name: "moods", ...more });
    await refused("invalid-input", train([]), "examples");
    await refused("invalid-input", train([...moods, ...stars]), "label");
    await refused("invalid-input", train(moods.slice(0, 3)), "label");
    await refused("invalid-input", train(moods, { labels: ["glad", "angry"] }), "label");
    await refused("invalid-option", train(moods, { heldOut: 0 }), "heldOut");
    await refused("invalid-option", train(moods, { epochs: 0 }), "epochs");
    await refused("invalid-plugin", train(moods, { name: "No" }), "name");
    await refused("aborted", train(moods, { signal: { aborted: true } }));
  },
};

export const run = () => makeChecks(checks);
