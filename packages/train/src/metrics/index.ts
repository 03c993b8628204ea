/**
 * Metrics: predictions against what is right. Free of models and of autodiff.
 */
export { scoreClassification } from "./classification.ts";
export type { ClassificationMetrics } from "./classification.ts";
export { scoreMaskedLm } from "./masked-lm.ts";
export type { MaskedLmMetrics } from "./masked-lm.ts";
export { scoreMultiLabel } from "./multi-label.ts";
export type { MultiLabelMetrics } from "./multi-label.ts";
export { scoreRegression } from "./regression.ts";
export type { RegressionMetrics } from "./regression.ts";
export { entityKind, labelledSpans, scoreSpans } from "./spans.ts";
export type { LabelledSpan, SpanMetrics } from "./spans.ts";
export { bootstrapInterval, meanAndSpread } from "./spread.ts";
export type { BootstrapOptions, Interval, Spread } from "./spread.ts";
export { normalizeAnswer, scoreSquad1, scoreSquad2, tuneThreshold } from "./squad.ts";
export type {
  Predictions,
  QuestionScore,
  ScoredQuestion,
  Squad1Metrics,
  Squad2Metrics,
  Squad2Options,
} from "./squad.ts";
