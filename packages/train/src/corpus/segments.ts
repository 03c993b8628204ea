/**
 * Single segments, `[CLS] text [SEP]`, for objectives without pairs: whole sentences of one document, as many as there
 * is room for (RoBERTa's FULL-SENTENCES, but not over the end of a document).
 */
import type { Random } from "../random.ts";
import type { Documents, Examples, SegmentOptions } from "./examples.ts";

const AROUND = 2;

/** Appends a document's segments. Each of its tokens is in one; a sentence is cut only where it is longer than one. */
export function makeSegments(
  documents: Documents,
  document: number,
  { length, shortProbability, specials: { cls, sep } }: SegmentOptions,
  random: Random,
  examples: Examples,
): void {
  const { ids, ends } = documents.read(document);
  const room = length - AROUND;
  let sentence = 0;
  for (let start = 0; start < ids.length;) {
    const target = random.uniform() < shortProbability ? 2 + random.below(room - 1) : room;
    let end = start;
    while (sentence < ends.length && ends[sentence] - start <= target) end = ends[sentence++];
    if (end === start) end += target; // the sentence is longer
    let at = examples.begin(length);
    const row = examples.ids;
    row[at++] = cls;
    for (let token = start; token < end; token++) row[at++] = ids[token];
    row[at] = sep;
    examples.end(end - start + AROUND, end - start + AROUND, false);
    start = end;
  }
}
