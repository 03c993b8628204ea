/**
 * Measuring a model on data: a file a task. A predictor is asked as it is asked in use; what it says is scored.
 */
export { evaluateAnswers } from "./evaluation/answers.ts";
export type { AnswerEvaluationOptions } from "./evaluation/answers.ts";
export { evaluateChoices } from "./evaluation/choices.ts";
export { evaluateClassification } from "./evaluation/classification.ts";
export type { TextEvaluationOptions } from "./evaluation/classification.ts";
export type { AskedOptions, Evaluation, Metrics, Mistake } from "./evaluation/evaluation.ts";
export { scoreMasks } from "./evaluation/masked-words.ts";
export type { MaskScores } from "./evaluation/masked-words.ts";
export { evaluateRegression } from "./evaluation/regression.ts";
export { evaluateTags } from "./evaluation/tags.ts";
export type { WordLabels } from "./evaluation/tags.ts";
