/**
 * Recipes: whole trainings, from files to a model folder, in Node.
 */
export { pretrain } from "./pretrain.ts";
export type {
  HeldOutMetrics,
  Masking,
  PretrainBegin,
  PretrainOptions,
  PretrainResult,
} from "./pretrain-options.ts";
export { planPretraining } from "./pretrain-plan.ts";
export type { PretrainPlan } from "./pretrain-plan.ts";
export { scoreMasks, tellMetrics } from "./pretrain-evaluation.ts";
export type { MaskScores } from "./pretrain-evaluation.ts";
export { finetune } from "./finetune.ts";
export { finetuneTasks } from "./finetune-options.ts";
export type { FinetuneOptions, FinetuneResult, FinetuneTask, SeedResult } from "./finetune-options.ts";
export {
  evaluateAnswers,
  evaluateChoices,
  evaluateClassification,
  evaluateRegression,
  evaluateTags,
} from "./evaluate.ts";
export type {
  AnswerEvaluationOptions,
  AskedOptions,
  Evaluation,
  Metrics,
  Mistake,
  TextEvaluationOptions,
  WordLabels,
} from "./evaluate.ts";
export { planFinetuning } from "./finetune-plan.ts";
export type { FinetunePlan } from "./finetune-plan.ts";
export type { FrozenOptions } from "./frozen.ts";
export { exportTraining } from "./training-export.ts";
export type { StepDescription, StepInput, StepParameter, TrainingExportOptions } from "./training-export.ts";
