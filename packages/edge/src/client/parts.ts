/** Inputs in parts of a size, and no later than there is something to send. */

/** Parts of an array, or of a stream: where that pauses, what has come so far is a part. */
export async function* inParts<T>(
  inputs: readonly T[] | AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  if (Array.isArray(inputs)) {
    for (let from = 0; from < inputs.length; from += size) yield inputs.slice(from, from + size) as T[];
    return;
  }
  const source = (inputs as AsyncIterable<T>)[Symbol.asyncIterator]();
  const read = () => {
    const step = source.next();
    step.catch(() => {}); // told when it is waited for
    return step;
  };
  let part: T[] = [];
  let coming = read();
  try {
    for (;;) {
      let step: IteratorResult<T> | undefined;
      try {
        step = await (part.length === 0 ? coming : Promise.race([coming, pause()]));
      } catch (error) {
        if (part.length > 0) yield part;
        throw error;
      }
      if (step && !step.done) {
        part.push(step.value);
        coming = read();
        if (part.length < size) continue;
      }
      if (part.length > 0) yield part;
      part = [];
      if (step?.done) return;
    }
  } finally {
    source.return?.()?.catch(() => {}); // nobody waits to hear how it went
  }
}

function pause(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve));
}
