/** What a card knows of its task: the fields of its form, the question that they make, and how the answer looks. */
import type { Json } from "../engine.ts";
import type { Values } from "../link.ts";

export interface Field {
  readonly name: string;
  readonly label?: string;
  /** A text of so many rows by default; a flag is ticked or not; what is hidden is set by the task's own tool. */
  readonly kind?: "text" | "flag" | "hidden";
  readonly rows?: number;
}

/** What a task's own tool may do to the form that it stands in. */
export interface Form {
  readonly values: () => Values;
  readonly set: (name: string, value: string) => void;
  readonly run: () => void;
  readonly watch: (watcher: Watcher) => void;
}

/**
 * Is called at once, and whenever the form's fields change.
 *
 * @param written Whether somebody wrote in them, so that what is hidden no longer fits.
 */
export type Watcher = (values: Values, written: boolean) => void;

/** One task: `A` is what answers one input. */
export interface Task<A = unknown> {
  /** None for plugins of code, which have only their own. */
  readonly route?: string;
  /** What its button says. */
  readonly verb: string;
  readonly fields: readonly Field[];
  /** The field in which a line may be an input of its own. */
  readonly each?: string;
  /** The inputs that the fields make: nearly always one. */
  inputs(values: Values): readonly Json[];
  options?(values: Values): Json;
  /** Something more than fields to make the input with. */
  tool?(form: Form): HTMLElement;
  /** The answer in a few words. */
  say(answers: readonly A[], values: Values): string;
  show(answers: readonly A[], values: Values): readonly (Node | string)[];
  /** One answer among many, in a line. */
  row?(answer: A, values: Values): readonly (Node | string)[];
}

/** The texts of an example, for forms whose fields are called as the input's are. */
export function textsOf(example: Json): Values {
  return Object.fromEntries(
    Object.entries(example).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join("\n") : String(value),
    ]),
  );
}
