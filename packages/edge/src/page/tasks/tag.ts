/** Names and other entities, marked in their text with their labels. */
import type { Tagging } from "@cloze/core";
import { count } from "../dom.ts";
import { labelled, passage } from "../show.ts";
import type { Task } from "./task.ts";

export const tag: Task<Tagging> = {
  route: "/v1/tag",
  verb: "Tag",
  fields: [{ name: "text", label: "Text", rows: 5 }],
  each: "text",
  inputs: ({ text }) => [{ text }],
  say([{ entities }]) {
    if (entities.length === 0) return "There is nothing to tag in this text.";
    const byLabel = Map.groupBy(entities, ({ label }) => label);
    const counts = [...byLabel].map(([label, those]) => `${those.length} ${label}`);
    return `${count(entities.length, "entity", "entities")}: ${counts.join(", ")}`;
  },
  show: ([{ entities }], { text }) => [passage(text, entities)],
  row: ({ entities }) =>
    entities.length === 0 ? ["nothing"] : entities.flatMap(({ text, label }) => [labelled(text, label), " "]),
};
