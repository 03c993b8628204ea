/**
 * What a plugin of code reads of texts: the encoder's features, with the tokens. Its function itself runs in the
 * extension that brought it, on the host's side.
 */
import { definePlugin, Predictor } from "@cloze/core";
import type { CodePluginInput, FeatureKind, RunOptions, TextInput } from "@cloze/core";
import type { Opened } from "./open.ts";

/** What is asked for. */
export interface FeatureRequest {
  readonly inputs: readonly TextInput[];
  readonly features: FeatureKind;
  readonly maxLength?: number | undefined;
}

export async function readFeatures(
  { bert: { tokenizer, session, config } }: Opened,
  { inputs, features, maxLength }: FeatureRequest,
  run: RunOptions,
): Promise<CodePluginInput[]> {
  const reader = await new Predictor({ tokenizer, session, config, plugins: [] }).plugin(
    definePlugin({
      name: "features",
      features,
      ...(maxLength !== undefined && { maxLength }),
      run: ({ encoding: { ids, segments, offsets, truncated }, ...input }) => ({
        ...input,
        encoding: { ids, segments, offsets, truncated, sources: [] }, // the rest is large, and of no use over there
      }),
    }),
  );
  return reader.run(inputs, { ...run });
}
