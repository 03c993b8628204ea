/** Labels for a text, or for a pair of texts, or a number. */
import type { Classification } from "@cloze/core";
import { element, note, percent } from "../dom.ts";
import { bars, ranked } from "../show.ts";
import type { Task } from "./task.ts";

export const classify: Task<Classification> = {
  route: "/v1/classify",
  verb: "Classify",
  fields: [{ name: "text", label: "Text", rows: 3 }],
  each: "text",
  inputs: ({ text }) => [{ text }],
  say: ([answer]) =>
    answer.scores ? `${answer.label}, ${percent(answer.score)}` : answer.value.toPrecision(4),
  show: ([{ scores, truncated }]) => [
    ...(scores ? [bars(ranked(scores))] : []),
    ...(truncated ? [note("The text was longer than the model reads: its end was left out.")] : []),
  ],
  row: (answer) =>
    answer.scores
      ? [element("strong", {}, answer.label), ` ${percent(answer.score)}`]
      : [element("strong", {}, answer.value.toPrecision(4))],
};

/** For heads that may compare two texts. */
export const classifyPair: Task<Classification> = {
  ...classify,
  fields: [...classify.fields, { name: "pair", label: "Second text (for heads that compare two)", rows: 2 }],
  inputs: ({ text, pair }) => [pair ? { text, pair } : { text }],
};
