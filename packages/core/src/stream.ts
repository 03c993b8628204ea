/**
 * A stream of inputs answered as it comes: what has gathered while the model was busy is the next batch.
 */

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
 * Answers a stream, in its order. Nothing is read before the first result is asked for; a consumer that stops early
 * closes the source.
 */
export async function* answerStream<I, O>(
  source: AsyncIterable<I>,
  run: (inputs: readonly I[]) => Promise<readonly O[]>,
): AsyncGenerator<O, void, undefined> {
  const waiting: I[] = [];
  const state = { ended: false };
  const came = new Bell();
  const went = new Bell();
  const read = async (): Promise<void> => {
    try {
      for await (const input of source) {
        waiting.push(input);
        came.ring();
        while (waiting.length >= ROOM && !state.ended) await went.wait();
        if (state.ended) return;
      }
    } finally {
      state.ended = true;
      came.ring();
    }
  };
  const reading = read();
  reading.catch(() => {}); // told below, when what came before is answered
  try {
    for (;;) {
      while (waiting.length === 0 && !state.ended) await came.wait();
      if (waiting.length === 0) break;
      const inputs = waiting.splice(0);
      went.ring();
      yield* await run(inputs);
    }
    await reading;
  } finally {
    state.ended = true;
    went.ring();
  }
}
