/**
 * Running a model over a data set and scoring what it says. One file a kind of task in `evaluation/`.
 */
export { evaluateChoose } from "./evaluation/choose.ts";
export { evaluateClassify, evaluateRegress } from "./evaluation/classify.ts";
export type { EvaluateOptions, Metrics } from "./evaluation/common.ts";
export { evaluateFill } from "./evaluation/fill.ts";
export { evaluateSquad } from "./evaluation/squad.ts";
export { evaluateTag } from "./evaluation/tag.ts";
