/**
 * Clear Answers: takes the highlights away and leaves the list.
 */
import type { Command } from "../cloze.ts";

export const clearAnswers: Command = {
  id: "cloze.clearAnswers",
  run: async ({ answers }) => answers.clear(),
};
