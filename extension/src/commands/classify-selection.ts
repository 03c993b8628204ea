/**
 * Classify Selection: each selection, each line of a long one, or the sentence at the cursor gets a label.
 */
import type { TextInput } from "@cloze/core";
import type { Command } from "../cloze.ts";
import { settings } from "../settings.ts";
import { listPlugins, pickPlugin } from "./pick-plugin.ts";
import { faces } from "./plugin-faces.ts";
import { answerGiven, givenOf, runOnEditor } from "./run-on-texts.ts";

export const classifySelection: Command = {
  id: "cloze.classifySelection",
  async run(cloze, argument) {
    const set = settings().get("classify.plugin");
    const given = givenOf(argument);
    if (given) {
      const { plugin = set || undefined } = argument as { plugin?: string };
      return answerGiven(given, (inputs, run) =>
        cloze.engine.run("classify", { inputs: inputs as TextInput[], plugin }, run),
      );
    }
    return runOnEditor(cloze, async () => {
      const plugins = (await listPlugins(cloze)).filter(({ face }) => face === faces.classify);
      return pickPlugin(cloze, plugins, "classify", set);
    });
  },
};
