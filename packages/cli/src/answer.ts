/**
 * From inputs to printed results: chunk by chunk, so that a file of any size is never held in memory and batches
 * still form; results in the order of the inputs, a bad line's error in its place.
 */
import { ClozeError } from "@cloze/core";
import type { Item } from "./input.ts";
import type { Io } from "./io.ts";
import { Printer } from "./output.ts";
import type { View } from "./output.ts";
import type { FormatOptions } from "./options.ts";

const CHUNK = 256;

/**
 * Answers inputs and prints the results. Sets exit code 2 when a line was bad.
 *
 * @throws ClozeError What `answer` says of no inputs at all, which is about the options; a refused argument; and
 *   what is no refusal.
 */
export async function answerAll<I, O>(
  items: AsyncIterable<Item<I>>,
  answer: (inputs: readonly I[]) => Promise<readonly O[]>,
  view: View<I, O>,
  options: FormatOptions,
  io: Io,
): Promise<void> {
  await answer([]); // before anything is read
  const printer = new Printer(view, options, io);
  let lines = 0;
  const bad: { line: number; error: ClozeError }[] = [];
  for await (const chunk of chunks(items, CHUNK)) {
    const outcomes = await answerChunk(chunk, answer);
    for (const [i, item] of chunk.entries()) {
      const outcome = outcomes[i];
      lines++;
      if (!(outcome instanceof ClozeError)) await printer.print((item as { value: I }).value, outcome);
      else if (item.line === undefined) throw outcome;
      else {
        bad.push({ line: item.line, error: outcome });
        await printer.printError(item.line, outcome);
      }
    }
  }
  await printer.end();
  await tellBadLines(bad, lines, io);
}

/** Says, where lines were bad, how many and what is wrong with the first; the exit code is then 2. */
export async function tellBadLines(
  bad: readonly { readonly line: number; readonly error: ClozeError }[],
  lines: number,
  io: Io,
): Promise<void> {
  if (bad.length === 0) return;
  io.exitCode = 2;
  const [{ line, error }] = bad;
  const which = bad.length === 1 ? "One line" : `${bad.length} lines`;
  await io.stderr.write(`${which} of ${lines} could not be answered; line ${line}: ${error.message}\n`);
}

/** The result or the error of each item. */
async function answerChunk<I, O>(
  chunk: readonly Item<I>[],
  answer: (inputs: readonly I[]) => Promise<readonly O[]>,
): Promise<(O | ClozeError)[]> {
  const values = chunk.flatMap((item) => ("value" in item ? [item.value] : []));
  const results = values.length === 0 ? [] : await answerTogether(values, answer);
  let next = 0;
  return chunk.map((item) => ("value" in item ? results[next++] : item.error));
}

/** All at once; where that is refused one by one, to find who is at fault. */
async function answerTogether<I, O>(
  values: readonly I[],
  answer: (inputs: readonly I[]) => Promise<readonly O[]>,
): Promise<readonly (O | ClozeError)[]> {
  try {
    return await answer(values);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (values.length === 1) return [error];
  }
  const results: (O | ClozeError)[] = [];
  for (const value of values) results.push(...(await answerTogether([value], answer)));
  return results;
}

function isRefusal(error: unknown): error is ClozeError {
  return error instanceof ClozeError && (error.code === "invalid-input" || error.code === "invalid-option");
}

/**
 * At most `size` items together, and fewer where the source pauses: a program that writes a line and waits for its
 * answer gets it.
 */
async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  const iterator = items[Symbol.asyncIterator]();
  const read = (): Promise<IteratorResult<T>> => {
    const result = iterator.next();
    result.catch(() => {}); // it is thrown where it is awaited, after the chunk before it was answered
    return result;
  };
  let next = read();
  for (;;) {
    const first = await next;
    if (first.done) return;
    const chunk = [first.value];
    next = read();
    const pause = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
    while (chunk.length < size) {
      const result = await Promise.race([next.catch(() => undefined), pause]);
      if (!result || result.done) break;
      chunk.push(result.value);
      next = read();
    }
    yield chunk;
  }
}
