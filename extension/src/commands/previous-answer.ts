/**
 * Previous Answer: walks through the answers backwards.
 */
import type { Command } from "../cloze.ts";
import { tellStanding } from "../views/answers.ts";

export const previousAnswer: Command = {
  id: "cloze.previousAnswer",
  run: async ({ answers }) => tellStanding(await answers.step(-1)),
};
