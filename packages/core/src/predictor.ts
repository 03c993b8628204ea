/**
 * A model that is ready to be asked: a tokenizer, a session and heads, with one method a task.
 *
 * Runtimes make it (`load` in @cloze/runtime); the Worker, the command line and people's own programs call it.
 */
import type { TextInput } from "./encoding/encode.ts";
import { ClozeError } from "./errors.ts";
import { AttachedSession } from "./heads/attached.ts";
import type { HeadWeights } from "./heads/attached.ts";
import { choice } from "./heads/choice.ts";
import type { Head } from "./heads/head.ts";
import { checkPlugin, findHead } from "./heads/index.ts";
import { maskedLm } from "./heads/masked-lm.ts";
import { nextSentence } from "./heads/next-sentence.ts";
import { sequence } from "./heads/sequence.ts";
import { span } from "./heads/span.ts";
import { token } from "./heads/token.ts";
import type { BertConfig } from "./model/config.ts";
import { OWN_HEAD } from "./plugin.ts";
import type { Plugin } from "./plugin.ts";
import type { RunOptions, Session } from "./session.ts";
import { answerStream } from "./stream.ts";
import { checkCodePlugin, runCode } from "./tasks/code-plugin.ts";
import type { CodePlugin } from "./tasks/code-plugin.ts";
import { embed } from "./tasks/feature-extraction.ts";
import type { Embedding, EmbedOptions } from "./tasks/feature-extraction.ts";
import { fill } from "./tasks/fill-mask.ts";
import type { Filled, FillOptions } from "./tasks/fill-mask.ts";
import { pluginTasks } from "./tasks/plugin-tasks.ts";
import { choose } from "./tasks/multiple-choice.ts";
import type { Choice, ChoiceQuestion, ChooseOptions } from "./tasks/multiple-choice.ts";
import { next } from "./tasks/next-sentence.ts";
import type { NextOptions, NextSentence, TextPair } from "./tasks/next-sentence.ts";
import { ask } from "./tasks/question-answering.ts";
import type { Answer, AskOptions, Question } from "./tasks/question-answering.ts";
import { similar } from "./tasks/similarity.ts";
import type { Similar, SimilarOptions } from "./tasks/similarity.ts";
import { classify } from "./tasks/text-classification.ts";
import type { Classification, ClassifyOptions } from "./tasks/text-classification.ts";
import type { TaskModel } from "./tasks/task.ts";
import { tag } from "./tasks/token-classification.ts";
import type { Tagging, TagOptions } from "./tasks/token-classification.ts";
import type { Tokenizer } from "./tokenizer/index.ts";

/**
 * A task as a method. One input gives one result; an array gives an array in the same order; a stream gives a stream
 * in the same order, read no faster than it is answered. What is refused rejects the promise, and ends the stream.
 */
export interface Task<I, O, Options> {
  (inputs: readonly I[], options?: Options): Promise<O[]>;
  (inputs: AsyncIterable<I>, options?: Options): AsyncGenerator<O, void, undefined>;
  (input: I, options?: Options): Promise<O>;
}

/** Which head to use where a model has several: the only one, or the first of its kind, by default. */
interface PluginOption {
  readonly plugin?: string | undefined;
}

type Text = string | { readonly text: string };

/** What a predictor is made of. */
export interface PredictorParts {
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly config: BertConfig;
  readonly plugins: readonly Plugin[];
  /** Reads a plugin that is named by its place, where there are places: a folder, or a `.cloze` file. */
  readonly readPlugin?: (place: string) => Promise<HeadWeights>;
  /** Refuses a plugin that was made for another encoder. */
  readonly checkEncoder?: (plugin: Plugin) => Promise<void>;
}

/** What a plugin's task takes besides: each task has options of its own. */
type PluginOptions = RunOptions & { readonly [option: string]: unknown };

/** A plugin that was added to a model, ready to be run. */
export interface LoadedPlugin<O extends object = object> {
  readonly name: string;
  readonly title: string;
  /** Answers what the plugin's task takes: texts, pairs, questions. */
  readonly run: Task<unknown, O, PluginOptions>;
}

/**
 * A model with one method a task. Each takes one input, an array or a stream, and the options of its task.
 *
 * @example
 * await using bert = await load("models/starter");
 * const { label } = await bert.classify("a warm , funny film"); // "positive"
 * const { masks } = await bert.fill("He closed the [MASK] behind him.");
 * const { answer } = await bert.ask({ question: "Who wrote it?", context: "Chekhov wrote it in 1896." }); // "Chekhov"
 */
export class Predictor implements TaskModel, AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly config: BertConfig;
  readonly #readPlugin: PredictorParts["readPlugin"];
  readonly #checkEncoder: PredictorParts["checkEncoder"];
  #plugins: readonly Plugin[];
  #session: Session;
  readonly #code = new Map<string, LoadedPlugin>();
  /** The names of plugins that were added by their place, by that place. */
  readonly #places = new Map<string, string>();

  constructor({ tokenizer, session, config, plugins, readPlugin, checkEncoder }: PredictorParts) {
    this.tokenizer = tokenizer;
    this.config = config;
    this.#session = session;
    this.#plugins = plugins;
    this.#readPlugin = readPlugin;
    this.#checkEncoder = checkEncoder;
  }

  get session(): Session {
    return this.#session;
  }

  /** The heads, in the order in which they are chosen from. */
  get plugins(): readonly Plugin[] {
    return this.#plugins;
  }

  /** Classifies a text or a pair of texts: a label with the scores of all, or a number. */
  readonly classify = task<string | TextInput, Classification, ClassifyOptions & PluginOption>(
    (inputs, options) =>
      classify(this, this.findPlugin(sequence, options.plugin), inputs.map(textInput), options),
  );

  /** Fills the [MASK]s of a text. */
  readonly fill = task<Text, Filled, FillOptions & PluginOption>((inputs, options) =>
    fill(this, this.findPlugin(maskedLm, options.plugin), inputs.map(textInput), options),
  );

  /** Answers a question from its context. */
  readonly ask = task<Question, Answer, AskOptions & PluginOption>((questions, options) =>
    ask(this, this.findPlugin(span, options.plugin), questions, options),
  );

  /** Finds the entities of a text. */
  readonly tag = task<Text, Tagging, TagOptions & PluginOption>((inputs, options) =>
    tag(this, this.findPlugin(token, options.plugin), inputs.map(textInput), options),
  );

  /** Says which of several texts goes best with another. */
  readonly choose = task<ChoiceQuestion, Choice, ChooseOptions & PluginOption>((questions, options) =>
    choose(this, this.findPlugin(choice, options.plugin), questions, options),
  );

  /** Says whether the second text of a pair follows the first. */
  readonly next = task<TextPair, NextSentence, NextOptions & PluginOption>((pairs, options) =>
    next(this, this.findPlugin(nextSentence, options.plugin), pairs, options),
  );

  /** Embeds a text or a pair of texts: one vector, or one a token. */
  readonly embed = task<string | TextInput, Embedding, EmbedOptions>((inputs, options) =>
    embed(this, inputs.map(textInput), options),
  );

  /** Ranks texts by how near they are to another, the nearest first. */
  similar(query: string | TextInput, texts: readonly string[], options?: SimilarOptions): Promise<Similar[]> {
    return similar(this, query, texts, options);
  }

  /**
   * Adds a plugin: one that was made elsewhere (`definePlugin`, a head with its weights), or the folder or `.cloze` file
   * that it lies in. Its head then serves its task by its name (or place): `bert.classify(text, { plugin: "spam" })`.
   *
   * @throws ClozeError `invalid-plugin`, `encoder-mismatch` for one that was trained on another encoder, `not-found`,
   *   `unsupported` for a place where this runtime has none.
   * @example
   * const count = definePlugin({ name: "count", features: "mean", run: ({ encoding }) => ({ tokens: encoding.ids.length }) });
   * const { run } = await bert.plugin(count);
   * await run("a warm film"); // { tokens: 5 }
   */
  plugin(source: string | HeadWeights): Promise<LoadedPlugin>;
  plugin<O extends object>(source: CodePlugin<O>): Promise<LoadedPlugin<O>>;
  async plugin(source: string | HeadWeights | CodePlugin): Promise<LoadedPlugin> {
    if (typeof source !== "string" && "run" in source) {
      const { name, title } = checkCodePlugin(source);
      this.#expectFree(name);
      const run = task<unknown, object, PluginOptions>((inputs, options) =>
        runCode(this, source, inputs.map<never>(textInput), options),
      );
      const loaded = { name, title, run };
      this.#code.set(name, loaded);
      return loaded;
    }
    const head = typeof source === "string" ? await this.#read(source) : source;
    checkPlugin(head.plugin);
    await this.#checkEncoder?.(head.plugin);
    this.#expectFree(head.plugin.name); // after all waiting: another may have taken it
    this.#session = new AttachedSession(this.#session, this.config, head);
    this.#plugins = [...this.#plugins, head.plugin];
    if (typeof source === "string") this.#places.set(source, head.plugin.name);
    return this.#loaded(head.plugin);
  }

  /**
   * A plugin of this model by its name, ready to be run.
   *
   * @throws ClozeError `not-found`.
   * @example
   * await bert.loaded("sentiment").run("a warm , funny film");
   */
  loaded(name: string): LoadedPlugin {
    const code = this.#code.get(name);
    if (code) return code;
    const plugin = this.#plugins.find((one) => one.name === name);
    if (plugin) return this.#loaded(plugin);
    const names = [...this.#plugins, ...this.#code.values()].map((one) => one.name).join(", ") || "none";
    throw new ClozeError("not-found", `There is no plugin named ${name}; there are: ${names}.`, {
      field: "plugin",
    });
  }

  #expectFree(name: string): void {
    const taken = name === OWN_HEAD || this.#code.has(name) || this.#plugins.some((one) => one.name === name);
    if (!taken) return;
    throw new ClozeError("invalid-plugin", `The model has a plugin named ${name}: rename the new one.`, {
      field: "name",
    });
  }

  #loaded(plugin: Plugin): LoadedPlugin {
    const answer = pluginTasks.get(findHead(plugin.kind))!; // every head has a task: predictor.test.ts
    const run = task<unknown, object, PluginOptions>((inputs, options) =>
      answer(this, plugin, inputs.map<never>(textInput), options),
    );
    return { name: plugin.name, title: plugin.title, run };
  }

  #read(place: string): Promise<HeadWeights> {
    if (this.#readPlugin) return this.#readPlugin(place);
    throw new ClozeError(
      "unsupported",
      "This model cannot read plugins by their place: give the plugin itself.",
    );
  }

  /**
   * The plugin that serves a head's kinds: the named one, or the first. A plugin that was added by its place may be named
   * by that.
   *
   * @throws ClozeError `not-found` when there is none, `invalid-option` when the named one is of another kind.
   */
  findPlugin(head: Head, nameOrPlace?: string): Plugin {
    const name = nameOrPlace === undefined ? undefined : (this.#places.get(nameOrPlace) ?? nameOrPlace);
    const fitting = this.#plugins.filter(({ kind }) => findHead(kind) === head);
    const found = name === undefined ? fitting.at(0) : fitting.find((plugin) => plugin.name === name);
    if (found) return found;
    const names = fitting.map((plugin) => plugin.name).join(", ") || "none";
    if (name === undefined)
      throw new ClozeError(
        "not-found",
        `This model has no head of kind ${head.kinds.join(" or ")}: load one that has, or add a plugin.`,
      );
    if (this.#code.has(name))
      throw new ClozeError(
        "invalid-option",
        `The plugin ${name} is code: it is run by its own name, by loaded.`,
        {
          field: "plugin",
        },
      );
    if (this.#plugins.some((plugin) => plugin.name === name))
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
    await this.#session[Symbol.asyncDispose]();
  }
}

/** A task for one input, an array or a stream, from a function over arrays. */
function task<I, O, Options extends RunOptions>(
  answerAll: (inputs: readonly I[], options: Options) => Promise<O[]>,
): Task<I, O, Options> {
  const run = async (inputs: readonly I[], options: Options) => answerAll(inputs, options); // a refusal rejects
  function answer(input: I | readonly I[] | AsyncIterable<I>, options = {} as Options): unknown {
    if (Array.isArray(input)) return run(input as readonly I[], options);
    if (isStream<I>(input)) return answerStream(input, (inputs) => run(inputs, options), options.signal);
    return run([input as I], options).then(([result]) => result);
  }
  return answer as Task<I, O, Options>;
}

function isStream<I>(input: unknown): input is AsyncIterable<I> {
  return typeof input === "object" && input !== null && Symbol.asyncIterator in input;
}

/** A text alone is short for { text }; the tasks check what it is. */
function textInput<I extends object>(input: string | I): I | { readonly text: string };
function textInput(input: unknown): never;
function textInput(input: unknown): unknown {
  return typeof input === "string" ? { text: input } : input;
}
