/**
 * Next Answer: walks through the answers, the best first, round and round.
 */
import type { Command } from "../cloze.ts";
import { tellStanding } from "../views/answers.ts";

export const nextAnswer: Command = {
  id: "cloze.nextAnswer",
  run: async ({ answers }) => tellStanding(await answers.step(1)),
};
