/** The tasks as a model of this size has them, wherever it runs: at the edge over HTTP, or in a page. */
import type { BertConfig } from "@cloze/core";
import { answer } from "./answer.ts";
import { choose } from "./choose.ts";
import { classify } from "./classify.ts";
import { embed } from "./embed.ts";
import { fill } from "./fill.ts";
import { next } from "./next.ts";
import type { Route } from "./route.ts";
import { tag } from "./tag.ts";
import { tokenize } from "./tokenize.ts";

export { answerJson, answerLines } from "./run.ts";
export type { RunLimits, TaskModelHost } from "./run.ts";
export type { Route, TaskHost } from "./route.ts";

/**
 * The tasks' routes; `/v1/NAME` is where they stand.
 *
 * @example
 * taskRoutes(config).map(({ name }) => name); // ["classify", "answer", "tag", "fill", "next", "choose", "embed", "tokenize"]
 */
export function taskRoutes({ maxPositions, layers }: Pick<BertConfig, "maxPositions" | "layers">) {
  return [
    classify,
    answer(maxPositions),
    tag(maxPositions),
    fill(maxPositions),
    next,
    choose,
    embed(layers),
    tokenize,
  ] as const satisfies readonly Route[];
}
