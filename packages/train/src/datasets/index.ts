/**
 * Data sets: text to examples, with checks. No file system: a caller reads, these parse.
 */
export { parseChoices } from "./choices.ts";
export type { LabelledChoice } from "./choices.ts";
export { parseConll } from "./conll.ts";
export type { TaggedSentence } from "./conll.ts";
export { parseCsv } from "./csv.ts";
export { readJsonLines } from "./json-lines.ts";
export type { JsonLine } from "./json-lines.ts";
export { classesOf, classOf, findLabels, labelList, valueOf } from "./labels.ts";
export type { LabelOf } from "./labels.ts";
export { readLines } from "./lines.ts";
export type { Line, TextSource } from "./lines.ts";
export { convertScheme, findScheme, writeLabels } from "./schemes.ts";
export type { Scheme, SchemeOptions } from "./schemes.ts";
export { parseSquad } from "./squad.ts";
export type { MisplacedAnswer, SquadAnswer, SquadData, SquadQuestion } from "./squad.ts";
export type { LabelledText, TextOptions } from "./table.ts";
export { parseJsonTexts, parseTexts } from "./texts.ts";
export { parseTsv } from "./tsv.ts";
