/**
 * Plugins written as code: for what no head computes. A plugin says which features of the encoder it reads; it gets
 * them as typed arrays beside the text and its tokens, and gives what becomes JSON.
 */
import type { Encoding } from "../encoding/encoding.ts";
import type { TextInput } from "../encoding/encode.ts";
import { ClozeError } from "../errors.ts";
import { featureOutputs } from "../model/outputs.ts";
import { featureKinds, isPluginName, PLUGIN_NAME } from "../plugin.ts";
import type { FeatureKind } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** A plugin whose head is a function. */
export interface CodePlugin<O extends object = object> {
  /** Lower-case letters, digits and hyphens: it is part of a URL and of a command's name. */
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** One vector of the text, or with `hidden` every token's. */
  readonly features: FeatureKind;
  /** Tokens that are read, special ones included; by default all that the model takes. */
  readonly maxLength?: number;
  /** Answers one text. */
  run(input: CodePluginInput): O | Promise<O>;
}

/** What the function gets of one text. */
export interface CodePluginInput extends TextInput {
  /** [width], or with `hidden` [tokens, width], row by row. */
  readonly features: Float32Array;
  readonly width: number;
  /** The tokens, with offsets into the text. */
  readonly encoding: Encoding;
}

/**
 * Makes a plugin of code.
 *
 * @throws ClozeError `invalid-plugin` for a name that cannot be one.
 * @example
 * const shout = definePlugin({
 *   name: "shout",
 *   features: "mean",
 *   run: ({ text, features }) => ({ text: text.toUpperCase(), first: features[0] }),
 * });
 */
export function definePlugin<O extends object>(
  definition: Omit<CodePlugin<O>, "title" | "version"> & Partial<Pick<CodePlugin<O>, "title" | "version">>,
): CodePlugin<O> {
  return checkCodePlugin({ title: definition.name, version: "0.0.0", ...definition });
}

/** Refuses a plugin of code that can have no name, or reads what there is not. */
export function checkCodePlugin<P extends CodePlugin>(plugin: P): P {
  const { name, features } = plugin;
  if (!isPluginName(name))
    throw new ClozeError("invalid-plugin", `A plugin's name should be ${PLUGIN_NAME}, not ${String(name)}.`, {
      field: "name",
    });
  if (!featureKinds.includes(features))
    throw new ClozeError(
      "invalid-plugin",
      `The plugin ${name} should read one of ${featureKinds.join(", ")}, not ${features}.`,
      { field: "features" },
    );
  return plugin;
}

/**
 * Runs a plugin of code over texts.
 *
 * @returns What it gives, in order.
 */
export async function runCode<O extends object>(
  model: TaskModel,
  plugin: CodePlugin<O>,
  inputs: readonly TextInput[],
  options: RunOptions = {},
): Promise<O[]> {
  const outputs = featureOutputs(model.config, plugin.features);
  const size = model.config.hiddenSize;
  const encodings = encodeTexts(model, inputs, plugin.maxLength);
  const results = new Array<Promise<O>>(inputs.length);
  await runBatches(model, encodings, outputs, options, (i, rows) => {
    const encoding = encodings[i];
    const features =
      plugin.features === "hidden"
        ? rows[0].data.slice(0, encoding.ids.length * size) // [tokens, hidden], padding left out
        : new Float32Array(rows.length * size);
    if (plugin.features !== "hidden")
      for (const [n, { data }] of rows.entries()) features.set(data, n * size);
    const input = { ...inputs[i], features, width: rows.length * size, encoding };
    results[i] = (async () => plugin.run(input))();
    results[i].catch(() => {}); // told below, when the other batches have run
  });
  return Promise.all(results);
}
