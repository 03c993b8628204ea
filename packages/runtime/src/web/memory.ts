/** Running out of memory, of which browsers, WebAssembly and ONNX Runtime each have words of their own. */
import { ClozeError } from "@cloze/core";

const words =
  /out of memory|bad_alloc|allocation failed|could not allocate|failed to allocate|memory access out of bounds|invalid (?:typed )?array length/i;

/** The sentence for an error that is a lack of memory; other errors as they are. */
export function orWithoutMemory(error: unknown): unknown {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof ClozeError || !words.test(said)) return error;
  return new ClozeError(
    "unsupported",
    `There is not enough memory here for this model: close other tabs, or take a smaller model (${said}).`,
    { cause: error },
  );
}
