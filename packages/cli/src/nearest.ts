/**
 * Ranking texts against one: chunk by chunk, so that of any number of texts no more than the best are held. A ranking
 * has no place for a bad line: its error is printed before.
 */
import type { ClozeError, Similar } from "@cloze/core";
import { tellBadLines } from "./answer.ts";
import type { Item } from "./input.ts";
import type { Io } from "./io.ts";
import type { FormatOptions } from "./options.ts";
import { Printer } from "./output.ts";
import type { View } from "./output.ts";

const CHUNK = 256;

/**
 * Prints texts, the nearest first, and the errors of bad lines before them. Sets exit code 2 when a line was bad.
 *
 * @param rank Ranks some texts.
 * @param top How many are printed; all by default.
 */
export async function printNearest(
  rank: (texts: readonly string[]) => Promise<readonly Similar[]>,
  items: AsyncIterable<Item<{ readonly text: string }>>,
  top: number | undefined,
  view: View<undefined, Similar>,
  options: FormatOptions,
  io: Io,
): Promise<void> {
  await rank([]); // what is wrong with the options, before anything is read
  const printer = new Printer(view, options, io);
  const bad: { line: number; error: ClozeError }[] = [];
  let best: Similar[] = [];
  let waiting: { readonly text: string; readonly index: number }[] = [];
  const rankWaiting = async (): Promise<void> => {
    const ranked = await rank(waiting.map(({ text }) => text));
    best.push(...ranked.map((one) => ({ ...one, index: waiting[one.index].index })));
    best = best.sort((a, b) => b.score - a.score).slice(0, top);
    waiting = [];
  };
  let index = 0;
  for await (const item of items) {
    if ("error" in item) {
      bad.push(item);
      await printer.printError(item.line, item.error);
    } else waiting.push({ text: item.value.text, index });
    index++;
    if (waiting.length === CHUNK) await rankWaiting();
  }
  if (waiting.length > 0) await rankWaiting();
  for (const one of best) await printer.print(undefined, one);
  await printer.end();
  await tellBadLines(bad, index, io);
}
