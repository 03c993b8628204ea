/**
 * A stream of inputs answered as it comes: what has gathered while the model was busy is the next batch.
 */
import { aborted } from "./abort.ts";
import type { Abort } from "./abort.ts";

/** The most inputs that wait: the source is not read further until there is room. */
const ROOM = 256;

/** Somebody waits, somebody else rings. */
class Bell {
  #heard: (() => void) | undefined;

  wait(): Promise<void> {
    return new Promise((heard) => (this.#heard = heard));
  }

  ring(): void {
    this.#heard?.();
  }
}

/**
 * Answers a stream, in its order. Nothing is read before the first result is asked for. A consumer that stops early, or
 * aborts, waits for nothing: the source is told, and closes when it can.
 */
export function answerStream<I, O>(
  source: AsyncIterable<I>,
  run: (inputs: readonly I[]) => Promise<readonly O[]>,
  signal?: Abort,
): AsyncGenerator<O, void, undefined> {
  const waiting: I[] = [];
  const state: { ended: boolean; failure?: unknown } = { ended: false };
  const came = new Bell();
  const went = new Bell();
  let reader: AsyncIterator<I> | undefined;

  const end = (failure?: unknown): void => {
    if (state.ended) return;
    state.ended = true;
    if (failure !== undefined) state.failure = failure;
    came.ring();
    went.ring();
  };
  /** Ends before the source does. */
  const stop = (failure?: unknown): void => {
    if (state.ended) return;
    waiting.length = 0;
    end(failure);
    void (async () => reader?.return?.())().catch(() => {}); // nobody waits to hear how it went
  };
  const abort = (): void => signal && stop(aborted(signal));

  async function read(from: AsyncIterator<I>): Promise<void> {
    try {
      while (!state.ended) {
        const step = await from.next();
        if (state.ended) return;
        if (step.done) return end();
        waiting.push(step.value);
        came.ring();
        while (waiting.length >= ROOM && !state.ended) await went.wait();
      }
    } catch (error) {
      end(error);
    }
  }

  async function* answers(): AsyncGenerator<O, void, undefined> {
    if (signal?.aborted) throw aborted(signal);
    signal?.addEventListener?.("abort", abort);
    try {
      reader = source[Symbol.asyncIterator]();
      void read(reader);
      for (;;) {
        while (waiting.length === 0 && !state.ended) await came.wait();
        if (waiting.length === 0) break;
        const inputs = waiting.splice(0);
        went.ring();
        yield* await run(inputs);
      }
      if (state.failure !== undefined) throw state.failure;
    } finally {
      signal?.removeEventListener?.("abort", abort);
      stop();
    }
  }

  const generator = answers();
  return {
    next: () => generator.next(),
    return(value) {
      stop(); // wakes a result that is waited for
      return generator.return(value);
    },
    throw(error) {
      stop();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}
