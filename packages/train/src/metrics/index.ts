/**
 * Metrics: predictions against what is right. Free of models and of autodiff.
 */
export { scoreClassification } from "./classification.ts";
export type { ClassificationMetrics } from "./classification.ts";
export { scoreRegression } from "./regression.ts";
export type { RegressionMetrics } from "./regression.ts";
export { entityKind, labelledSpans, scoreSpans } from "./spans.ts";
export type { LabelledSpan, SpanMetrics } from "./spans.ts";
export { normalizeAnswer, scoreSquad1, scoreSquad2, tuneThreshold } from "./squad.ts";
export type {
  Predictions,
  QuestionScore,
  ScoredQuestion,
  Squad1Metrics,
  Squad2Metrics,
  Squad2Options,
} from "./squad.ts";
