/**
 * `pipeline(task, model, options)` as transformers.js has it, for programs that come from there.
 */
import { findPipeline } from "@cloze/core";
import type { PipelineTask, Predictor } from "@cloze/core";
import type { FetchProgress } from "../hub/index.ts";
import type { DType } from "../variants.ts";
import type { NodeDevice } from "./device.ts";
import { load } from "./load.ts";

/** transformers.js's names for what `load` takes. */
export interface PipelineOptions {
  readonly dtype?: DType | undefined;
  readonly device?: NodeDevice | "auto" | undefined;
  readonly revision?: string | undefined;
  readonly cache_dir?: string | undefined;
  readonly local_files_only?: boolean | undefined;
  readonly progress_callback?: ((progress: FetchProgress) => void) | undefined;
}

/** A pipeline, the model that is behind it, and its end. */
export type Pipeline<N extends PipelineTask> = ReturnType<ReturnType<typeof findPipeline<N>>> & {
  readonly model: Predictor;
  dispose(): Promise<void>;
};

/**
 * Loads a model as a pipeline.
 *
 * @param task `text-classification` (`sentiment-analysis`), `token-classification` (`ner`), `question-answering`,
 *   `fill-mask` or `feature-extraction`.
 * @param model As `load` takes it: a folder, an `.onnx` file, a name on the hub.
 * @throws ClozeError As `load` does; `invalid-option` for a task that there is not.
 *
 * @example
 * const fill = await pipeline("fill-mask", "models/starter");
 * const [{ token_str }] = await fill("He closed the [MASK] behind him."); // "door"
 * await fill.dispose();
 */
export async function pipeline<N extends PipelineTask>(
  task: N,
  model: string,
  options: PipelineOptions = {},
): Promise<Pipeline<N>> {
  const {
    cache_dir: cacheDir,
    local_files_only: offline,
    progress_callback: onProgress,
    ...others
  } = options;
  const make = findPipeline(task); // a task that there is not is told before anything is fetched
  const bert = await load(model, { ...others, cacheDir, offline, onProgress });
  return Object.assign(make(bert), { model: bert, dispose: () => bert[Symbol.asyncDispose]() });
}
