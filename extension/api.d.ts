/**
 * What the extension Cloze exports to other extensions: copy this file into yours. How it is used, and what works
 * across extension hosts, is in docs/extension-api.md.
 */

/** `vscode.extensions.getExtension<ClozeExports>("cloze.cloze")`, its `exports` after `activate()`. */
export interface ClozeExports {
  /** @throws An error with the code `unsupported` for a version that the installed extension has not. */
  getApi(version: 1): ClozeApi;
}

/** Version 1. Offsets are [start, end) in UTF-16 units, as everywhere in VS Code. */
export interface ClozeApi {
  readonly version: 1;
  /** The best label of a text, and the probability of each. */
  readonly classify: ClozeTask<ClozeText, ClozeClassification, { top?: number }>;
  /** Words for each `[MASK]` of a text. */
  readonly fill: ClozeTask<
    string | { text: string },
    ClozeFilled,
    { top?: number; targets?: readonly string[] }
  >;
  /** The passage of `context` that answers; `answer` is "" and `start` null where there is none. */
  readonly ask: ClozeTask<
    ClozeQuestion,
    ClozeAnswer,
    { top?: number; noAnswer?: boolean; threshold?: number }
  >;
  /** The names in a text. */
  readonly tag: ClozeTask<string | { text: string }, ClozeTagging, { aggregation?: ClozeAggregation }>;
  /** A vector of a text. */
  readonly embed: ClozeTask<ClozeText, ClozeEmbedding, ClozeEmbedOptions>;
  /** The tokens that the model reads of a text. */
  readonly tokenize: ClozeTask<ClozeText, ClozeTokens, object>;
  /** Texts, the nearest to the query first. */
  similar(
    query: string,
    texts: readonly string[],
    options?: ClozeOptions & { top?: number },
  ): Promise<ClozeSimilar[]>;
  /** Runs any plugin by its name, those of code too. */
  plugin(name: string, inputs: readonly object[], options?: ClozeOptions): Promise<object[]>;
  /**
   * Adds a plugin of code: it stands in *Cloze: Run Plugin…*, and is the command `cloze.plugin.NAME`. What
   * `definePlugin` of `@cloze/core` makes is one, too.
   *
   * @returns Removes it again.
   */
  registerPlugin(plugin: ClozePlugin): { dispose(): void };
}

/** A task: one input gives one answer, a list gives a list in its order. */
export interface ClozeTask<I, O, Options> {
  (inputs: readonly I[], options?: Options & ClozePluginOption): Promise<O[]>;
  (input: I, options?: Options & ClozePluginOption): Promise<O>;
}

/** What every call takes. An aborted call is rejected with the code `aborted`. */
export interface ClozeOptions {
  readonly signal?: AbortSignal;
}

export interface ClozePluginOption extends ClozeOptions {
  /** The plugin that answers, by its name; by default the first that can. */
  readonly plugin?: string;
}

/** What a call is rejected with: one sentence that says what to do, and a stable code such as `invalid-input`. */
export interface ClozeError extends Error {
  readonly code: string;
}

export type ClozeText = string | { readonly text: string; readonly pair?: string };
export type ClozeAggregation = "none" | "simple" | "first" | "average" | "max";

/** A label with its probabilities; from a head without labels, a number. */
export type ClozeClassification =
  | {
      readonly label: string;
      readonly score: number;
      readonly scores: Readonly<Record<string, number>>;
      readonly truncated?: true;
    }
  | { readonly value: number; readonly truncated?: true };

export interface ClozeFilled {
  readonly masks: readonly {
    readonly start: number;
    readonly end: number;
    readonly predictions: readonly { readonly token: string; readonly id: number; readonly score: number }[];
  }[];
}

export interface ClozeQuestion {
  readonly question: string;
  readonly context: string;
}

export interface ClozeAnswer {
  readonly answer: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly score: number | null;
  readonly answers: readonly {
    readonly text: string;
    readonly start: number;
    readonly end: number;
    readonly score: number;
    readonly probability: number;
  }[];
}

export interface ClozeTagging {
  readonly entities: readonly {
    readonly label: string;
    readonly start: number;
    readonly end: number;
    readonly text: string;
    readonly score: number;
  }[];
}

export interface ClozeEmbedOptions {
  readonly pooling?: "mean" | "cls" | "pooler";
  readonly normalize?: boolean;
}

export interface ClozeEmbedding {
  readonly embedding: Float32Array;
  readonly truncated?: true;
}

export interface ClozeTokens {
  readonly ids: readonly number[];
  /** 0 for the text, 1 for its pair. */
  readonly segments: readonly number[];
  readonly tokens: readonly string[];
  readonly offsets: readonly (readonly [start: number, end: number])[];
}

export interface ClozeSimilar {
  /** The text's place in the list. */
  readonly index: number;
  readonly text: string;
  /** The cosine. */
  readonly score: number;
}

/** A plugin whose head is a function. */
export interface ClozePlugin {
  /** 1 to 64 lower-case letters, digits and hyphens. */
  readonly name: string;
  /** What people read in the palette. Default: the name. */
  readonly title?: string;
  readonly version?: string;
  /** What it reads: one vector of the text, or with `hidden` every token's. */
  readonly features: "pooler" | "mean" | "cls" | "last-four" | "hidden";
  /** Tokens that are read, special ones included. Default: all that the model takes. */
  readonly maxLength?: number;
  /** Answers one text, with what becomes JSON. */
  run(input: ClozePluginInput): object | Promise<object>;
}

export interface ClozePluginInput {
  readonly text: string;
  readonly pair?: string | undefined;
  /** [width], or with `hidden` [tokens, width], row by row. */
  readonly features: Float32Array;
  readonly width: number;
  readonly encoding: {
    readonly ids: Int32Array;
    /** 0 for the text, 1 for its pair. */
    readonly segments: Int32Array;
    /** [start, end) of each token, two numbers a token; 0, 0 for special ones. */
    readonly offsets: Int32Array;
    readonly truncated: boolean;
  };
}
