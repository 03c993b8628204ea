/** Tasks that set texts beside each other: which goes on, which goes best, how near two are. */
import type { Choice, NextSentence } from "@cloze/core";
import { element, note, percent } from "../dom.ts";
import { linesOf } from "../link.ts";
import { bars } from "../show.ts";
import type { Task } from "./task.ts";

export const next: Task<NextSentence> = {
  route: "/v1/next",
  verb: "Judge",
  fields: [
    { name: "text", label: "Text", rows: 2 },
    { name: "pair", label: "Does this follow?", rows: 2 },
  ],
  each: "pair",
  inputs: ({ text, pair }) => [{ text, pair }],
  say: ([{ isNext }]) =>
    isNext >= 0.5 ? `It follows, ${percent(isNext)}` : `It does not, ${percent(1 - isNext)}`,
  show: ([{ isNext }]) => [
    bars(
      isNext >= 0.5
        ? [
            ["follows", isNext],
            ["does not", 1 - isNext],
          ]
        : [
            ["does not", 1 - isNext],
            ["follows", isNext],
          ],
    ),
  ],
  row: ({ isNext }) => [element("strong", {}, isNext >= 0.5 ? "follows" : "does not"), ` ${percent(isNext)}`],
};

export const choose: Task<Choice> = {
  route: "/v1/choose",
  verb: "Choose",
  fields: [
    { name: "context", label: "Text", rows: 3 },
    { name: "question", label: "Question (may be empty)", rows: 1 },
    { name: "choices", label: "Choices, a line each", rows: 4 },
  ],
  inputs: ({ context, question, choices }) => [
    { context, ...(question ? { question } : {}), choices: linesOf(choices) },
  ],
  say: ([{ choice, scores }], { choices }) => `${linesOf(choices)[choice]}, ${percent(scores[choice])}`,
  show: ([{ scores }], { choices }) => [
    bars(
      linesOf(choices)
        .map((text, i) => [text, scores[i]] as const)
        .sort(([, a], [, b]) => b - a),
    ),
  ],
};

interface Embedded {
  readonly embedding: readonly number[];
}

export const compare: Task<Embedded> = {
  route: "/v1/embed",
  verb: "Compare",
  fields: [
    { name: "text", label: "One text", rows: 3 },
    { name: "other", label: "Another", rows: 3 },
  ],
  inputs: ({ text, other }) => [{ text }, { text: other }],
  options: () => ({ normalize: true }),
  say: ([one, other]) => `${cosine(one, other).toFixed(3)}, the cosine of their vectors`,
  show: () => [
    note(
      "1 is the same direction. A plain encoder finds all texts rather near: compare such figures with each other.",
    ),
  ],
};

function cosine({ embedding: a }: Embedded, { embedding: b }: Embedded): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0); // both have the length 1
}
