/** Answers to many inputs: a table that grows as they come, how far it is, and all of them to be copied. */
import { copyButton, count, element } from "./dom.ts";
import type { Values } from "./link.ts";
import type { Task } from "./tasks/task.ts";

export interface ManyOptions {
  readonly task: Task;
  /** The form's values with each line in its field. */
  readonly each: readonly Values[];
  readonly answers: AsyncIterable<unknown>;
  /** Where it is shown. */
  readonly body: HTMLElement;
}

/**
 * Shows answers as they come.
 *
 * @returns How it went, in a few words.
 */
export async function showMany({ task, each, answers, body }: ManyOptions): Promise<string> {
  const start = performance.now();
  const raw: unknown[] = [];
  const progress = element("progress", { max: each.length, value: 0, ariaLabel: "Answers" });
  const counted = element("span", { className: "number" });
  const rows = element("tbody");
  const head = ["Text", "Answer"].map((name) => element("th", { scope: "col" }, name));
  const copyAll = copyButton("Copy as JSON Lines", () =>
    raw.map((answer) => `${JSON.stringify(answer)}\n`).join(""),
  );
  body.replaceChildren(
    element("div", { className: "row progress" }, progress, counted, copyAll),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), rows),
  );
  tell();
  for await (const answer of answers) {
    const i = raw.push(answer) - 1;
    rows.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, each[i][task.each!]),
        element("td", {}, ...cell(answer, each[i])),
      ),
    );
    tell();
  }
  return `${count(raw.length, "answer")} in ${((performance.now() - start) / 1000).toFixed(1)} s`;

  function tell(): void {
    progress.value = raw.length;
    counted.textContent = `${raw.length} of ${each.length}`;
  }

  function cell(answer: unknown, values: Values): readonly (Node | string)[] {
    const { error } = answer as { error?: { message: string } };
    if (error) return [element("span", { className: "alert" }, error.message)];
    return task.row?.(answer, values) ?? [task.say([answer], values)];
  }
}
