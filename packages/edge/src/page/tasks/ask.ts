/** A question about a passage: the answer is marked in it, and the other candidates are there to be looked at. */
import type { Answer } from "@cloze/core";
import { element, percent } from "../dom.ts";
import { markSpans, passage } from "../show.ts";
import type { Task } from "./task.ts";

export const ask: Task<Answer> = {
  route: "/v1/answer",
  verb: "Ask",
  fields: [
    { name: "question", label: "Question", rows: 1 },
    { name: "context", label: "Passage", rows: 7 },
    { name: "noAnswer", label: "The answer may be missing", kind: "flag" },
  ],
  each: "question",
  inputs: ({ question, context }) => [{ question, context }],
  options: ({ noAnswer }) => ({ noAnswer: noAnswer !== "", top: 6 }),
  say: ([{ answer, start, answers }]) =>
    start === null ? "The passage does not say." : `${answer}, ${percent(answers[0].probability)}`,
  show([{ start, answers }], { context }) {
    const shown = passage(context, []);
    const candidates = answers.map(({ text, probability }) =>
      element(
        "button",
        { className: "candidate", type: "button" },
        element("span", {}, text),
        element("span", { className: "number" }, percent(probability)),
      ),
    );
    let chosen = start === null ? -1 : 0;
    const look = (i: number) => markSpans(shown, context, i < 0 ? [] : [answers[i]]);
    const choose = (i: number) => {
      look((chosen = i));
      for (const [j, button] of candidates.entries()) button.ariaPressed = String(i === j);
    };
    for (const [i, button] of candidates.entries()) {
      button.onclick = () => choose(i);
      button.onpointerenter = button.onfocus = () => look(i);
      button.onpointerleave = button.onblur = () => look(chosen);
    }
    choose(chosen);
    const caption = start === null ? "What came closest" : "Candidates";
    const list = element(
      "ol",
      { className: "candidates" },
      ...candidates.map((one) => element("li", {}, one)),
    );
    return [shown, ...(answers.length === 0 ? [] : [element("h3", {}, caption), list])];
  },
  row: ({ answer, start, answers }) =>
    start === null ? ["no answer"] : [element("strong", {}, answer), ` ${percent(answers[0].probability)}`],
};
