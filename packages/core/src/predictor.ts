/**
 * A model that is ready to be asked: a tokenizer, a session and heads, with one method a task.
 *
 * Runtimes make it (`load` in @cloze/runtime); the Worker, the command line and people's own programs call it.
 */
import type { TextInput } from "./encoding/encode.ts";
import { ClozeError } from "./errors.ts";
import { findHead } from "./heads/index.ts";
import { sequence } from "./heads/sequence.ts";
import { span } from "./heads/span.ts";
import { token } from "./heads/token.ts";
import type { Head } from "./heads/head.ts";
import type { BertConfig } from "./model/config.ts";
import type { Plugin } from "./plugin.ts";
import type { Session } from "./session.ts";
import { ask } from "./tasks/question-answering.ts";
import type { Answer, AskOptions, Question } from "./tasks/question-answering.ts";
import { embed } from "./tasks/feature-extraction.ts";
import type { Embedding, EmbedOptions } from "./tasks/feature-extraction.ts";
import { classify } from "./tasks/text-classification.ts";
import type { Classification, ClassifyOptions } from "./tasks/text-classification.ts";
import type { TaskModel } from "./tasks/task.ts";
import { tag } from "./tasks/token-classification.ts";
import type { Tagging, TagOptions } from "./tasks/token-classification.ts";
import type { Tokenizer } from "./tokenizer/index.ts";

/** Which head to use where a model has several: the only one, or the first of its kind, by default. */
interface PluginOption {
  readonly plugin?: string | undefined;
}

export interface PredictorParts {
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly config: BertConfig;
  readonly plugins: readonly Plugin[];
}

/**
 * @example
 * await using bert = await load();
 * const { label } = await bert.classify("a warm , funny film");
 * const { answer } = await bert.ask({ question: "Who wrote it?", context: "Chekhov wrote it in 1896." });
 */
export class Predictor implements TaskModel, AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly config: BertConfig;
  readonly plugins: readonly Plugin[];

  constructor({ tokenizer, session, config, plugins }: PredictorParts) {
    this.tokenizer = tokenizer;
    this.session = session;
    this.config = config;
    this.plugins = plugins;
  }

  /** Classifies a text, a pair, or an array of them; results in the same order. */
  classify(input: string | TextInput, options?: ClassifyOptions & PluginOption): Promise<Classification>;
  classify(
    inputs: readonly (string | TextInput)[],
    options?: ClassifyOptions & PluginOption,
  ): Promise<Classification[]>;
  async classify(
    input: string | TextInput | readonly (string | TextInput)[],
    options: ClassifyOptions & PluginOption = {},
  ): Promise<Classification | Classification[]> {
    return oneOrMany(input, (inputs) =>
      classify(this, this.plugin(sequence, options.plugin), inputs.map(textInput), options),
    );
  }

  /** Answers a question from its context, or an array of questions; answers in the same order. */
  ask(question: Question, options?: AskOptions & PluginOption): Promise<Answer>;
  ask(questions: readonly Question[], options?: AskOptions & PluginOption): Promise<Answer[]>;
  async ask(
    question: Question | readonly Question[],
    options: AskOptions & PluginOption = {},
  ): Promise<Answer | Answer[]> {
    return oneOrMany(question, (questions) =>
      ask(this, this.plugin(span, options.plugin), questions, options),
    );
  }

  /** Finds the entities of a text, or of an array of texts; results in the same order. */
  tag(text: string | { readonly text: string }, options?: TagOptions & PluginOption): Promise<Tagging>;
  tag(
    texts: readonly (string | { readonly text: string })[],
    options?: TagOptions & PluginOption,
  ): Promise<Tagging[]>;
  async tag(
    input: string | { readonly text: string } | readonly (string | { readonly text: string })[],
    options: TagOptions & PluginOption = {},
  ): Promise<Tagging | Tagging[]> {
    return oneOrMany(input, (inputs) =>
      tag(this, this.plugin(token, options.plugin), inputs.map(textInput), options),
    );
  }

  /** Embeds a text, a pair, or an array of them; vectors in the same order. */
  embed(input: string | TextInput, options?: EmbedOptions): Promise<Embedding>;
  embed(inputs: readonly (string | TextInput)[], options?: EmbedOptions): Promise<Embedding[]>;
  async embed(
    input: string | TextInput | readonly (string | TextInput)[],
    options: EmbedOptions = {},
  ): Promise<Embedding | Embedding[]> {
    return oneOrMany(input, (inputs) => embed(this, inputs.map(textInput), options));
  }

  /**
   * The plugin that serves a head's kinds: the named one, or the first.
   *
   * @throws ClozeError `not-found` when there is none, `invalid-option` when the named one is of another kind.
   */
  plugin(head: Head, name?: string): Plugin {
    const fitting = this.plugins.filter(({ kind }) => findHead(kind) === head);
    const found = name === undefined ? fitting.at(0) : fitting.find((plugin) => plugin.name === name);
    if (found) return found;
    const names = fitting.map((plugin) => plugin.name).join(", ") || "none";
    if (name === undefined)
      throw new ClozeError(
        "not-found",
        `This model has no head of kind ${head.kinds.join(" or ")}: load one that has, or add a plugin.`,
      );
    if (this.plugins.some((plugin) => plugin.name === name))
      throw new ClozeError(
        "invalid-option",
        `The plugin ${name} is not of kind ${head.kinds.join(" or ")}; these are: ${names}.`,
        { field: "plugin" },
      );
    throw new ClozeError(
      "not-found",
      `There is no plugin named ${name}; for this task there are: ${names}.`,
      { field: "plugin" },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

async function oneOrMany<I, O>(
  input: I | readonly I[],
  run: (inputs: readonly I[]) => Promise<O[]>,
): Promise<O | O[]> {
  if (Array.isArray(input)) return run(input as readonly I[]);
  const [result] = await run([input as I]);
  return result;
}

function textInput(input: string | TextInput): TextInput {
  return typeof input === "string" ? { text: input } : input;
}
