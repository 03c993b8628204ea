/**
 * The plugin contract: `plugin.json`, read and checked. A plugin is one head with its labels, its weights and a
 * card; it becomes a route in the Worker, a command in the editor, a method call in the SDK.
 *
 * The head that came inside a model folder is described in the same words, so that no later stage asks where a
 * head is from.
 */
import { ClozeError } from "./errors.ts";

/** What a head does; each kind has one file in `heads/`. */
const headKinds = [
  "sequence",
  "regression",
  "multi-label",
  "span",
  "token",
  "choice",
  "masked-lm",
  "next-sentence",
] as const;
/** What a head does. */
export type HeadKind = (typeof headKinds)[number];

/** What a head reads of the encoder: a vector of the text, or every token's (`hidden`). */
export const featureKinds = ["pooler", "mean", "cls", "last-four", "hidden"] as const;
/** What a head reads of the encoder. */
export type FeatureKind = (typeof featureKinds)[number];

/** A head as its `plugin.json` describes it, or as the model says that it came inside of. */
export interface Plugin {
  /** Lower-case letters, digits and hyphens: it is part of a URL and of a command's name. */
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly kind: HeadKind;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  readonly features: FeatureKind;
  /** What its parameters are called in the model's graph begins so. */
  readonly scope: string;
  /** False for a head on masked words with a decoder of its own, in place of the word embeddings. */
  readonly tied?: boolean;
  /** The encoder it was trained on; its weights' hash is checked at load. */
  readonly encoder?: { readonly name: string; readonly sha256: string };
  /** The longest input in tokens, specials included, that it was trained on. */
  readonly maxLength?: number;
  readonly overlap?: number;
  readonly maxAnswer?: number;
  /** No answer if the null score leads by more than this. */
  readonly threshold?: number;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly licence?: string;
}

/** What the head that came inside a model is called, as a plugin and as an output; of several, each by its kind. */
export const OWN_HEAD = "head";

/** What a plugin may be called, in words. */
export const PLUGIN_NAME = "1 to 64 lower-case letters, digits and hyphens";

export function isPluginName(name: unknown): name is string {
  return typeof name === "string" && /^[a-z0-9][a-z0-9-]{0,63}$/.test(name);
}

/**
 * Reads a `plugin.json`.
 *
 * @throws ClozeError `invalid-plugin`, with the field that is wrong.
 * @example
 * parsePlugin('{"name":"mood","kind":"sequence","labels":["sad","glad"]}').features; // "pooler"
 */
export function parsePlugin(text: string): Plugin {
  const json = parse(text);
  const labels = json.labels ?? [];
  const given = json.labels !== undefined;
  if (
    !Array.isArray(labels) ||
    (given && labels.length === 0) ||
    !labels.every((label) => typeof label === "string")
  )
    throw wrong("labels", "a list of names, one a logit", labels);
  if (new Set(labels).size !== labels.length) throw wrong("labels", "distinct names", labels);
  const name = json.name;
  if (!isPluginName(name)) throw wrong("name", PLUGIN_NAME, name);
  return {
    name,
    version: typeof json.version === "string" ? json.version : "0.0.0",
    title: typeof json.title === "string" ? json.title : name,
    kind: oneOf("kind", headKinds, json.kind),
    labels,
    features: oneOf("features", featureKinds, json.features ?? "pooler"),
    scope: `plugins.${name}`,
    ...(json.tied === false ? { tied: false } : {}),
    examples: Array.isArray(json.examples) ? json.examples.filter(isObject) : [],
    metrics: isObject(json.metrics) ? json.metrics : {},
    ...encoder(json.encoder),
    ...optional("maxLength", json.maxLength, (n) => Number.isInteger(n) && n > 2, "a whole number above 2"),
    ...optional("overlap", json.overlap, (n) => Number.isInteger(n) && n >= 0, "a whole number"),
    ...optional("maxAnswer", json.maxAnswer, (n) => Number.isInteger(n) && n > 0, "a positive whole number"),
    ...optional("threshold", json.threshold, Number.isFinite, "a number"),
    ...(typeof json.licence === "string" ? { licence: json.licence } : {}),
  };
}

function encoder(value: unknown): Pick<Plugin, "encoder"> {
  if (value === undefined) return {};
  if (isObject(value) && typeof value.name === "string" && /^[0-9a-f]{64}$/.test(String(value.sha256)))
    return { encoder: { name: value.name, sha256: String(value.sha256) } };
  throw wrong("encoder", "{ name, sha256 of its weights }", value);
}

function optional<K extends string>(
  field: K,
  value: unknown,
  fits: (value: number) => boolean,
  what: string,
): Partial<Record<K, number>> {
  if (value === undefined) return {};
  if (typeof value !== "number" || !fits(value)) throw wrong(field, what, value);
  return { [field]: value } as Partial<Record<K, number>>;
}

function oneOf<T extends string>(field: string, known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw wrong(field, `one of ${known.join(", ")}`, value);
  return found;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ClozeError("invalid-plugin", "plugin.json is not JSON; mend it or make the plugin again.", {
      cause,
    });
  }
  if (!isObject(json)) throw new ClozeError("invalid-plugin", "plugin.json should hold one JSON object.");
  return json;
}

function wrong(field: string, what: string, value: unknown): ClozeError {
  const shown = JSON.stringify(value) ?? "missing";
  return new ClozeError("invalid-plugin", `plugin.json: ${field} should be ${what}, but is ${shown}.`, {
    field,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
