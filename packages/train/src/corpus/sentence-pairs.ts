/**
 * Pairs of segments for next sentence prediction, drawn as google-research/bert's `create_pretraining_data.py` draws
 * them, its quirks included: a document has one target length, and what a random segment pushed out is used again.
 */
import type { Random } from "../random.ts";
import type { Documents, Examples, SegmentOptions } from "./examples.ts";

/** `[CLS] a [SEP] b [SEP]` */
const AROUND = 3;
const TRIES = 10;

/**
 * Appends a document's pairs. A second segment that does not follow is from another document; where ten draws find
 * none, because there are few, it is from a random place of this one, as in the original.
 */
export function makePairs(
  documents: Documents,
  document: number,
  { length, shortProbability, specials: { cls, sep } }: SegmentOptions,
  random: Random,
  examples: Examples,
): void {
  const own = documents.read(document);
  const room = length - AROUND;
  const target = random.uniform() < shortProbability ? 2 + random.below(room - 1) : room;
  const last = own.ends.length - 1;
  let first = 0; // sentence of the chunk
  for (let nth = 0; nth <= last; nth++) {
    const start = first === 0 ? 0 : own.ends[first - 1];
    if (nth < last && own.ends[nth] - start < target) continue;
    const sentences = nth + 1 - first;
    const firsts = sentences === 1 ? 1 : 1 + random.below(sentences - 1);
    const middle = own.ends[first + firsts - 1];
    let { ids } = own;
    let startB = middle;
    let endB = own.ends[nth];
    const isRandom = sentences === 1 || random.uniform() < 0.5;
    if (isRandom) {
      const other = findOther(documents, document, random);
      const from = random.below(documents.sentences(other));
      ({ ids } = documents.read(other, from, target - (middle - start)));
      startB = 0;
      endB = ids.length;
      nth = first + firsts - 1; // the sentences that were to follow are put back
    }
    first = nth + 1;

    let [startA, endA] = [start, middle];
    while (endA - startA + endB - startB > room) {
      const front = random.uniform() < 0.5;
      if (endA - startA > endB - startB) {
        if (front) startA++;
        else endA--;
      } else if (front) startB++;
      else endB--;
    }
    let at = examples.begin(length);
    const row = examples.ids;
    row[at++] = cls;
    for (let token = startA; token < endA; token++) row[at++] = own.ids[token];
    row[at++] = sep;
    for (let token = startB; token < endB; token++) row[at++] = ids[token];
    row[at] = sep;
    examples.end(endA - startA + endB - startB + AROUND, endA - startA + 2, isRandom);
  }
}

function findOther({ documents }: Documents, document: number, random: Random): number {
  let other = document;
  for (let tried = 0; tried < TRIES && other === document; tried++) other = random.below(documents);
  return other;
}
