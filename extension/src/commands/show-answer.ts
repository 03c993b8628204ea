/**
 * Goes to one of the answers: what a row of the results leads to. It is in no menu.
 */
import type { Command } from "../cloze.ts";
import { tellStanding } from "../views/answers.ts";

export const showAnswer: Command = {
  id: "cloze.showAnswer",
  run: async ({ answers }, index = 0) => tellStanding(await answers.reveal(Number(index))),
};
