/**
 * Recipes: whole trainings, from files to a model folder, in Node. Measuring alone is `evaluate.ts`.
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
export { tellMetrics } from "./pretrain-evaluation.ts";
export { finetune } from "./finetune.ts";
export { finetuneTasks } from "./finetune-options.ts";
export type { FinetuneOptions, FinetuneResult, FinetuneTask, SeedResult } from "./finetune-options.ts";
export { planFinetuning } from "./finetune-plan.ts";
export type { FinetunePlan } from "./finetune-plan.ts";
export type { FrozenOptions } from "./frozen.ts";
export { exportTraining } from "./training-export.ts";
export type { StepDescription, StepInput, StepParameter, TrainingExportOptions } from "./training-export.ts";
export type { TrainingOptions } from "./training-options.ts";
