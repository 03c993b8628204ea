/**
 * Which task a head serves: what a plugin does when it is run by its name, as its route and its command do.
 */
import { choice } from "../heads/choice.ts";
import type { Head } from "../heads/head.ts";
import { maskedLm } from "../heads/masked-lm.ts";
import { nextSentence } from "../heads/next-sentence.ts";
import { sequence } from "../heads/sequence.ts";
import { span } from "../heads/span.ts";
import { token } from "../heads/token.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import { fill } from "./fill-mask.ts";
import { choose } from "./multiple-choice.ts";
import { next } from "./next-sentence.ts";
import { ask } from "./question-answering.ts";
import { classify } from "./text-classification.ts";
import { tag } from "./token-classification.ts";
import type { TaskModel } from "./task.ts";

/** Answers inputs in order. Each task checks that its inputs are what it takes. */
export type PluginTask = (
  model: TaskModel,
  plugin: Plugin,
  inputs: readonly never[],
  options: RunOptions,
) => Promise<object[]>;

export const pluginTasks: ReadonlyMap<Head, PluginTask> = new Map<Head, PluginTask>([
  [maskedLm, fill],
  [nextSentence, next],
  [sequence, classify],
  [token, tag],
  [span, ask],
  [choice, choose],
]);
