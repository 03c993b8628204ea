/**
 * A run: the loop of training, the folder that keeps it, the report that tells of it.
 */
export { train } from "./trainer.ts";
export type { EvaluationOptions, ProgressReport, TrainOptions, TrainResult } from "./trainer.ts";
export { timingFields } from "./store.ts";
export type {
  Checkpoint,
  EvaluationLine,
  LogLine,
  RunStore,
  StepLine,
  TrainProgress,
  WarningLine,
} from "./store.ts";
export type { LossWatch } from "./loss-watch.ts";
export { openRun, RunFolder } from "./run-folder.ts";
export type { RunOptions } from "./run-folder.ts";
export type { DataFile, HashedFile, Manifest, RunDescription } from "./manifest.ts";
export { writeReport } from "./report.ts";
export type { ReportOptions } from "./report.ts";
export type { Table } from "./report-page.ts";
