/**
 * Files of predictions: a JSON object from question ids to answers, or to probabilities.
 */
import { ClozeError } from "@cloze/core";

/**
 * `{id: text}`.
 *
 * @throws ClozeError `invalid-input`, naming the file.
 */
export function parsePredictions(text: string, file: string): Map<string, string> {
  return new Map(
    Object.entries(parseObject(text, file)).map(([id, value]) => {
      if (typeof value === "string") return [id, value];
      throw new ClozeError("invalid-input", `${file}: the prediction of ${id} should be a text.`);
    }),
  );
}

/**
 * `{id: number}`, in the order of the file: JavaScript's objects put ids that look like integers first, and the
 * official script's search for a threshold depends on the order of equal probabilities.
 *
 * @throws ClozeError `invalid-input`, naming the file.
 */
export function parseProbabilities(text: string, file: string): Map<string, number> {
  const values = parseObject(text, file);
  for (const [id, value] of Object.entries(values))
    if (typeof value !== "number")
      throw new ClozeError("invalid-input", `${file}: the probability of ${id} should be a number.`);
  const keys = text.matchAll(/"(?:[^"\\]|\\.)*"/g); // no value is a text, so every text is a key
  return new Map(
    Array.from(keys, ([key]) => {
      const id = JSON.parse(key) as string;
      return [id, values[id] as number];
    }),
  );
}

function parseObject(text: string, file: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (cause) {
    throw new ClozeError("invalid-input", `${file} is not JSON.`, { cause });
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return json as Readonly<Record<string, unknown>>;
  throw new ClozeError("invalid-input", `${file} should hold one JSON object by question id.`);
}
