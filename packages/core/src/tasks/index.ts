/**
 * The tasks as functions, for programs that count every kilobyte: a bundler takes the one that is used and leaves the
 * others. `Predictor` has them all as methods, with streams and plugins; their types are @cloze/core's.
 *
 * @example
 * const model = { tokenizer, session, config }; // a TaskModel
 * const [{ label }] = await classify(model, plugin, [{ text: "a warm , funny film" }]); // "positive"
 */
export { embed } from "./feature-extraction.ts";
export { fill } from "./fill-mask.ts";
export { choose } from "./multiple-choice.ts";
export { next } from "./next-sentence.ts";
export { ask } from "./question-answering.ts";
export { similar } from "./similarity.ts";
export { classify } from "./text-classification.ts";
export { tag } from "./token-classification.ts";
