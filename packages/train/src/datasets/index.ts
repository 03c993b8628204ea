/**
 * Data sets: text to examples, with checks. No file system: a caller reads, these parse.
 */
export { parseChoices } from "./choices.ts";
export type { LabelledChoice } from "./choices.ts";
export { parseConll } from "./conll.ts";
export type { TaggedSentence } from "./conll.ts";
export { readJsonLines } from "./json-lines.ts";
export type { JsonLine } from "./json-lines.ts";
export { readLines } from "./lines.ts";
export type { Line, TextSource } from "./lines.ts";
export { parseSquad } from "./squad.ts";
export type { MisplacedAnswer, SquadAnswer, SquadData, SquadQuestion } from "./squad.ts";
export { parseTsv } from "./tsv.ts";
export type { LabelledText, TsvOptions } from "./tsv.ts";
