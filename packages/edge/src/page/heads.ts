/** The heads that a service has, as it tells of them, and which task each kind of them is for. */
import type { HeadKind } from "@cloze/core";
import type { Json } from "./engine.ts";
import { ask } from "./tasks/ask.ts";
import { classifyPair } from "./tasks/classify.ts";
import { code } from "./tasks/code.ts";
import { fill } from "./tasks/fill.ts";
import { choose, next } from "./tasks/pairs.ts";
import { tag } from "./tasks/tag.ts";
import type { Task } from "./tasks/task.ts";

/** A plugin in what the page shows of it: a head, or code, which has no kind. */
export interface Head {
  readonly name: string;
  readonly title?: string;
  readonly version?: string;
  readonly kind?: HeadKind;
  /** Whether it came with the model, is code, or was installed; not said of those that the page comes with. */
  readonly source?: "bundled" | "code" | "installed";
  readonly labels?: readonly string[];
  readonly metrics?: Json;
  readonly examples?: readonly Json[];
  /** Why it cannot run. */
  readonly error?: { readonly message: string };
}

const tasks: Readonly<Record<HeadKind, Task>> = {
  sequence: classifyPair,
  "multi-label": classifyPair,
  regression: classifyPair,
  span: ask,
  token: tag,
  choice: choose,
  "masked-lm": fill,
  "next-sentence": next,
};

export function taskOf({ kind }: Head): Task {
  return kind === undefined ? code : tasks[kind];
}
