/**
 * Hide Answers: takes the highlights away and leaves the list, whose rows still lead to them.
 */
import type { Command } from "../cloze.ts";

export const hideAnswers: Command = {
  id: "cloze.hideAnswers",
  run: async ({ answers }) => answers.hide(),
};
