/**
 * What a plugin of code reads of texts: the encoder's features, with the tokens. Its function itself runs in the
 * extension that brought it, on the host's side.
 */
import { definePlugin } from "@cloze/core";
import type { CodePluginInput, FeatureKind, LoadedPlugin, RunOptions, TextInput } from "@cloze/core";
import type { Opened } from "./open.ts";

/** What is asked for. */
export interface FeatureRequest {
  readonly inputs: readonly TextInput[];
  readonly features: FeatureKind;
  readonly maxLength?: number | undefined;
}

/** Plugins that give back what they get, by what they read. */
const readers = new WeakMap<Opened, Map<string, Promise<LoadedPlugin<CodePluginInput>>>>();

export async function readFeatures(
  opened: Opened,
  { inputs, features, maxLength }: FeatureRequest,
  run: RunOptions,
): Promise<CodePluginInput[]> {
  const known = readers.get(opened) ?? new Map<string, Promise<LoadedPlugin<CodePluginInput>>>();
  readers.set(opened, known);
  const name = `features-of-${features}-${maxLength ?? "all"}-tokens`;
  const reader =
    known.get(name) ??
    opened.bert.plugin(
      definePlugin({ name, features, ...(maxLength !== undefined && { maxLength }), run: (input) => input }),
    );
  known.set(name, reader);
  const read = await (await reader).run(inputs, { ...run });
  return read.map(({ encoding: { ids, segments, offsets, truncated }, ...input }) => ({
    ...input,
    encoding: { ids, segments, offsets, truncated, sources: [] }, // the rest is large, and of no use over there
  }));
}
