/**
 * What the engine can be asked: a name, what it takes, what it gives. A task more is a function more; the host's side
 * is typed by it.
 */
import type {
  AskOptions,
  ChoiceQuestion,
  EmbedOptions,
  FillOptions,
  Question,
  RunOptions,
  Similar,
  SimilarOptions,
  TagOptions,
  TextInput,
  TextPair,
} from "@cloze/core";
import { readFeatures } from "./features.ts";
import { measure } from "./measure.ts";
import { lookAtColumns } from "./labelled-file.ts";
import type { LabelledFile } from "./labelled-file.ts";
import { nearest } from "./nearest.ts";
import type { Opened } from "./open.ts";
import { likelihood, suggest } from "./suggest.ts";
import type { PluginFiles } from "./plugins.ts";
import { train } from "./train.ts";
import { selfTest } from "./self-test.ts";
import { tokens } from "./tokens.ts";

/** Inputs, with the options of their task beside them. */
type Asked<I, O> = { readonly inputs: readonly I[]; readonly plugin?: string | undefined } & Omit<
  O,
  keyof RunOptions
>;

export const tasks = {
  classify: ({ bert }: Opened, { inputs, ...options }: Asked<TextInput, { top?: number }>, run: RunOptions) =>
    bert.classify(inputs, { ...options, ...run }),

  fill: ({ bert }: Opened, { inputs, ...options }: Asked<{ text: string }, FillOptions>, run: RunOptions) =>
    bert.fill(inputs, { ...options, ...run }),

  /** Words for the editor's blanks. */
  suggest,

  likelihood,

  ask: ({ bert }: Opened, { inputs, ...options }: Asked<Question, AskOptions>, run: RunOptions) =>
    bert.ask(inputs, { ...options, ...run }),

  tag: ({ bert }: Opened, { inputs, ...options }: Asked<{ text: string }, TagOptions>, run: RunOptions) =>
    bert.tag(inputs, { ...options, ...run }),

  choose: ({ bert }: Opened, { inputs, ...options }: Asked<ChoiceQuestion, object>, run: RunOptions) =>
    bert.choose(inputs, { ...options, ...run }),

  next: ({ bert }: Opened, { inputs, ...options }: Asked<TextPair, object>, run: RunOptions) =>
    bert.next(inputs, { ...options, ...run }),

  /** Runs a plugin by its name, on what its task takes. */
  plugin: (
    { bert }: Opened,
    { name, inputs }: { name: string; inputs: readonly object[] },
    run: RunOptions,
  ) => bert.loaded(name).run(inputs, { ...run }),

  embed: ({ bert }: Opened, { inputs, ...options }: Asked<TextInput, EmbedOptions>, run: RunOptions) =>
    bert.embed(inputs, { ...options, ...run }),

  /** What plugins of code read. */
  features: readFeatures,

  similar: (
    { bert }: Opened,
    {
      query,
      texts,
      ...options
    }: { query: string; texts: readonly string[] } & Omit<SimilarOptions, keyof RunOptions>,
    run: RunOptions,
  ): Promise<Similar[]> => bert.similar(query, texts, { ...options, ...run }),

  /** Which columns a file of labelled texts has. */
  lookAtColumns: async (_: Opened, file: LabelledFile) => lookAtColumns(file),

  /** Trains a plugin from labelled texts; it is not added. */
  train,

  /** Looks at all of a plugin, which is not added. */
  checkPlugin: (
    { plugins }: Opened,
    { file, place }: { file: Uint8Array<ArrayBuffer> | PluginFiles; place: string },
  ) => plugins.check(file, place),

  /** Adds an installed plugin, in the place of one that has its name. */
  addPlugin: async (
    { plugins, changed }: Opened,
    { bytes, place }: { bytes: Uint8Array<ArrayBuffer>; place: string },
  ) => {
    await plugins.add(bytes, place);
    await changed();
  },

  removePlugin: async ({ plugins, changed }: Opened, { name }: { name: string }) => {
    await plugins.remove(name);
    await changed();
  },

  measure,
  selfTest,

  /** As `similar`; texts that come again cost nothing. */
  nearest,

  /** What the model reads of a text. */
  tokens,
};

export type Tasks = typeof tasks;
