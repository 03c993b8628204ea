/** The client's methods, with the types of what the routes take and give: only types, so that no zod comes along. */
import type { Classification } from "@cloze/core";
import type * as z from "zod";
import type { listSchema, pluginSchema } from "../plugins/answers.ts";
import type { answer } from "../routes/answer.ts";
import type { choose } from "../routes/choose.ts";
import type { classify } from "../routes/classify.ts";
import type { embed } from "../routes/embed.ts";
import type { fill } from "../routes/fill.ts";
import type { next } from "../routes/next.ts";
import type { Route } from "../routes/route.ts";
import type { tag } from "../routes/tag.ts";
import type { tokenize } from "../routes/tokenize.ts";
import type { readySchema } from "../status-routes.ts";

/** How a request is sent. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, the service and its inference server included; by default the client's. */
  readonly timeoutMs?: number | undefined;
}

/** Asks for results as they come. */
export interface StreamOption {
  readonly stream: true;
}

/**
 * A task as a method. One input gives one result; an array gives an array in the same order; a stream, or an array with
 * `stream: true`, gives the results one by one as they come. What fails for one of several inputs fails them all, and
 * the error's `index` says which it was.
 */
export interface RemoteTask<I, O, Options> {
  (
    inputs: readonly I[],
    options: Options & RequestOptions & StreamOption,
  ): AsyncGenerator<O, void, undefined>;
  (inputs: AsyncIterable<I>, options?: Options & RequestOptions): AsyncGenerator<O, void, undefined>;
  (inputs: readonly I[], options?: Options & RequestOptions): Promise<O[]>;
  (input: I, options?: Options & RequestOptions): Promise<O>;
}

/** What a task takes: where a text is enough, the text alone too. */
type InputOf<R extends Route> =
  z.input<R["input"]> | ({ text: string } extends z.input<R["input"]> ? string : never);

type TaskOf<R extends Route, O = z.output<R["answer"]>> = RemoteTask<InputOf<R>, O, z.input<R["options"]>>;

/** One method a task, as the service has them under /v1. */
export interface Tasks {
  /** A label, or a number, for a text or a pair of texts. */
  readonly classify: TaskOf<typeof classify, Classification>;
  /** The answer to a question, found in a passage. */
  readonly answer: TaskOf<ReturnType<typeof answer>>;
  /** Names and other entities in a text. */
  readonly tag: TaskOf<ReturnType<typeof tag>>;
  /** The words that stand behind the [MASK]s of a text. */
  readonly fill: TaskOf<ReturnType<typeof fill>>;
  /** Whether the second of two texts follows the first. */
  readonly next: TaskOf<typeof next>;
  /** Which of several texts goes best with another. */
  readonly choose: TaskOf<typeof choose>;
  /** A vector for a text or a pair of texts. */
  readonly embed: TaskOf<ReturnType<typeof embed>>;
  /** Ids, tokens and where they stand in the text. */
  readonly tokenize: TaskOf<typeof tokenize>;
}

/** A plugin as the service tells of it. */
export type PluginInfo = z.output<typeof pluginSchema>;
/** All plugins: of one that is broken, why. */
export type PluginInfos = z.output<typeof listSchema>["plugins"];
/** Whether all of the service's inference servers are well. */
export type Readiness = z.output<typeof readySchema>;

/** Any object: what a plugin takes and gives is its task's, or its own, matter. */
export type Fields = Readonly<Record<string, unknown>>;

/** Plugins, run and installed from afar. */
export interface RemotePlugins {
  list(options?: RequestOptions): Promise<PluginInfos>;
  get(name: string, options?: RequestOptions): Promise<PluginInfo>;
  /** Runs one: it takes what its task takes. */
  run<O extends object = Fields>(
    name: string,
    inputs: readonly (string | object)[],
    options?: Fields & RequestOptions,
  ): Promise<O[]>;
  run<O extends object = Fields>(
    name: string,
    input: string | object,
    options?: Fields & RequestOptions,
  ): Promise<O>;
  /** Installs one from the bytes of a `.cloze` file, in the place of another of its name. Wants an admin key. */
  install(
    name: string,
    file: Uint8Array<ArrayBuffer> | ArrayBuffer | Blob,
    options?: RequestOptions,
  ): Promise<PluginInfo>;
  /** Makes an earlier file live again: by its version or its SHA-256. Wants an admin key. */
  activate(name: string, version: string, options?: RequestOptions): Promise<PluginInfo>;
  /** Removes one with all its files. Wants an admin key. */
  remove(name: string, options?: RequestOptions): Promise<void>;
}
