/** A plugin of code: what it gives is shown as the JSON that it is. */
import { element } from "../dom.ts";
import type { Task } from "./task.ts";

export const code: Task<object> = {
  verb: "Run",
  fields: [
    { name: "text", label: "Text", rows: 4 },
    { name: "pair", label: "Second text (may be empty)", rows: 2 },
  ],
  each: "text",
  inputs: ({ text, pair }) => [pair ? { text, pair } : { text }],
  say: () => "Answered",
  show: ([answer]) => [element("pre", { tabIndex: 0 }, JSON.stringify(answer, null, 2))],
  row: (answer) => [element("code", {}, JSON.stringify(answer))],
};
