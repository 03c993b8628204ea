/**
 * Those who wait for a session's thread, and what is checked before anything is sent there: the same on every host.
 */
import { aborted, ClozeError, MASKED_POSITIONS } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions } from "@cloze/core";
import { buffersOf } from "./model.ts";
import type { Reply } from "./protocol.ts";

type Outputs = Record<string, FloatTensor>;

export interface Waiter {
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: ClozeError) => void;
}

/**
 * Waits for an answer, or until the caller gives up. Its place in the line stays then, since the thread answers in
 * order; what comes there is thrown away.
 */
export function wait(line: Waiter[], options: RunOptions): Promise<Outputs> {
  return untilAborted(new Promise((resolve, reject) => line.push({ resolve, reject })), options);
}

/** An answer, or the end of it as soon as the caller gives up. */
export function untilAborted(answer: Promise<Outputs>, { signal }: RunOptions): Promise<Outputs> {
  if (!(signal instanceof AbortSignal)) return answer;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(aborted(signal));
    signal.addEventListener("abort", stop);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

export function settle(waiter: Waiter | undefined, reply: Reply): void {
  if ("error" in reply) waiter?.reject(new ClozeError(reply.error.code, reply.error.message));
  else waiter?.resolve(reply.outputs);
}

/**
 * Sends a request, its buffers given away.
 *
 * @throws ClozeError `invalid-input` where they were given away before.
 */
export function give(feeds: Feeds, send: (buffers: ArrayBuffer[]) => void): void {
  try {
    send(buffersOf(feeds));
  } catch (cause) {
    throw new ClozeError("invalid-input", "The feeds were given away before: make new ones for every run.", {
      cause,
    });
  }
}

/**
 * Refuses what no run can answer: outputs that are not there, places of masks that are not in the rows.
 *
 * @throws ClozeError `invalid-option`, `invalid-input`.
 */
export function expectRun(feeds: Feeds, asked: readonly string[], known: readonly string[]): void {
  expectOutputs(asked, known);
  expectPositions(feeds, asked, known);
}

function expectOutputs(asked: readonly string[], known: readonly string[]): void {
  if (asked.length === 0)
    throw new ClozeError("invalid-option", `Ask for at least one output; there are ${known.join(", ")}.`);
  for (const name of asked)
    if (!known.includes(name))
      throw new ClozeError(
        "invalid-option",
        `There is no output named ${name}; there are ${known.join(", ")}.`,
      );
}

/** Refuses places of masks that are not in the rows, and outputs of a head on masked words without any place. */
function expectPositions(feeds: Feeds, asked: readonly string[], known: readonly string[]): void {
  const { input_ids: ids, [MASKED_POSITIONS]: positions } = feeds as Partial<Feeds>;
  const masked = asked.find((name) => known.includes(`${name.replace(/\.(ids|scores|total)$/, "")}.total`));
  if (masked !== undefined && !(positions && positions.dims[1] > 0))
    throw new ClozeError(
      "invalid-input",
      `${masked} speaks of masked words: feed their places as ${MASKED_POSITIONS}, [batch, masks].`,
      { field: MASKED_POSITIONS },
    );
  const length = ids?.dims[1] ?? 0;
  const wrong = positions?.data.find((at) => !(at >= 0 && at < length));
  if (wrong !== undefined)
    throw new ClozeError(
      "invalid-input",
      `${MASKED_POSITIONS} should be 0 to ${length - 1}, but has ${wrong}.`,
      { field: MASKED_POSITIONS },
    );
}
