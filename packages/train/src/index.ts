/**
 * Learning: differentiation, losses, optimizers and the step that trains. No file system: it runs in a browser, too.
 */
export { grad, gradientName } from "./grad.ts";
export { buildTrainingGraph, lossName } from "./training-graph.ts";
export type { TrainingGraphOptions } from "./training-graph.ts";
export { labelsName, losses, weightsName } from "./losses.ts";
export type { LossOptions } from "./losses.ts";
export { adamW, bertAdam, clipScale, decays, gradientNorm } from "./optimizer.ts";
export type { AdamOptions, GraphUpdateAt, Optimizer, StepConstants, UpdateAt } from "./optimizer.ts";
export { createTrainStep, dropoutSeeds } from "./ort/step.ts";
export type { StepOptions } from "./ort/step.ts";
export type { TrainRuntime } from "./ort/runtime.ts";
export { LiveSession } from "./ort/live-session.ts";
export type { Batch, DataSource, Json, Numbers, StepReport, TrainState, TrainStep } from "./train-step.ts";
export { initialWeights } from "./initial-weights.ts";
export { trainPlugin } from "./plugin/train-plugin.ts";
export type { TrainedPlugin, TrainPluginOptions } from "./plugin/train-plugin.ts";
export type { LabelledExample, TextHeadKind } from "./plugin/examples.ts";
export type { FittedEpoch } from "./plugin/fit.ts";
export { pluginFiles } from "./plugin/plugin-files.ts";
export { constantSchedule, layerwiseRates, linearSchedule, rateGroups } from "./schedule.ts";
export type { LinearOptions, RateFactor, RateGroup, Schedule } from "./schedule.ts";
