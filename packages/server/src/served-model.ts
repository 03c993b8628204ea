/** One version of a model that is served: what it takes and gives, its place before the device, and its end. */
import { MASKED_POSITIONS } from "@cloze/core";
import type { BertConfig, Session } from "@cloze/core";
import { Batcher } from "./batcher.ts";
import type { Run } from "./batcher.ts";
import type { Device } from "./device.ts";
import { inputNames } from "./inputs.ts";
import type { Job, Result } from "./job.ts";
import { expectPaddable, probe } from "./shapes.ts";
import type { OutputShapes } from "./shapes.ts";
import { Statistics } from "./statistics.ts";
import { warmUp } from "./warm-up.ts";
import type { WarmUp } from "./warm-up.ts";

/** A model in memory; a `Predictor` is one. */
export interface LoadedModel extends AsyncDisposable {
  readonly session: Session;
  readonly config: BertConfig;
}

/** What all models of a server share. */
export interface Serving {
  readonly device: Device;
  readonly maxRows: number;
  readonly maxTokens: number;
  /** The longest that a model is warmed up, in milliseconds. */
  readonly warmUpMs: number;
  readonly onRun: (model: string, run: Run) => void;
}

/** A model in memory with its place before the device. */
export class ServedModel {
  readonly name: string;
  readonly version: string;
  readonly config: BertConfig;
  readonly shapes: OutputShapes;
  /** The names of what it takes. */
  readonly inputs: readonly string[];
  readonly warmedUp: WarmUp;
  readonly statistics = new Statistics();
  readonly batcher: Batcher;
  readonly #loaded: LoadedModel;
  #inUse = 0;
  #unused: (() => void) | undefined;

  private constructor(
    name: string,
    version: string,
    loaded: LoadedModel,
    shapes: OutputShapes,
    warmedUp: WarmUp,
    { device, maxRows, maxTokens, onRun }: Serving,
  ) {
    const { session, config } = loaded;
    this.name = name;
    this.version = version;
    this.config = config;
    this.shapes = shapes;
    this.warmedUp = warmedUp;
    const masked = [...shapes.values()].some((shape) => shape.includes("masks"));
    this.inputs = masked ? [...inputNames, MASKED_POSITIONS] : inputNames;
    this.#loaded = loaded;
    this.batcher = new Batcher(session, device, {
      maxRows,
      maxTokens,
      maxLength: config.maxPositions,
      shapes,
      onRun: (run) => {
        this.statistics.run(run);
        onRun(name, run);
      },
    });
  }

  /**
   * Finds out what a model gives, warms it up, and takes it to the device.
   *
   * @throws ClozeError `unsupported` for a model whose rows cannot be padded, and what the session throws.
   */
  static async open(
    name: string,
    version: string,
    loaded: LoadedModel,
    serving: Serving,
  ): Promise<ServedModel> {
    const { session, config } = loaded;
    expectPaddable(session, config);
    const shapes = await serving.device.alone(() => probe(session, config));
    const warmedUp = await warmUp(loaded, shapes, serving);
    return new ServedModel(name, version, loaded, shapes, warmedUp, serving);
  }

  /** Runs a request; the model does not go before it is answered. */
  async run(job: Job): Promise<Result> {
    this.#inUse++;
    try {
      return await this.batcher.submit(job);
    } finally {
      this.#inUse--;
      if (this.#inUse === 0) this.#unused?.();
    }
  }

  /** Answers the requests that it has, and gives its memory back. It must get no more. */
  async retire(): Promise<void> {
    if (this.#inUse > 0) await new Promise<void>((resolve) => (this.#unused = resolve));
    this.batcher.close();
    await this.#loaded[Symbol.asyncDispose]();
  }
}
