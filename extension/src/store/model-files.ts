/**
 * Which files make a model, of all that lie in its folder or on the hub; and what a model card says of the licence.
 */

/** A file of a model. */
export interface ModelFile {
  /** With slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where it is known before the file is. */
  readonly sha256?: string;
}

/** Why files are no model that can be run. */
export type Lack = "config" | "only-onnx" | "only-pickle" | "weights";

/** What is beside the weights. The list of files takes no other letters in a path (@cloze/runtime's `files.json`). */
const BESIDE =
  /^(?:config\.json|README\.md|LICENSE|vocab\.txt|(?:tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json|plugins\/[\w.@+-]+\/[\w.@+-]+)$/;
const SINGLE = "model.safetensors";
const SHARD = /^model(?:-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/;

/**
 * The files to take, config.json first: it says whether the rest is worth its bytes.
 *
 * @example
 * chooseFiles([{ path: "config.json" }, { path: "onnx/model.onnx" }]); // "only-onnx"
 */
export function chooseFiles<F extends Pick<ModelFile, "path">>(all: readonly F[]): readonly F[] | Lack {
  const has = (pattern: RegExp) => all.some(({ path }) => pattern.test(path));
  const config = all.find(({ path }) => path === "config.json");
  if (!config) return "config";
  const single = all.filter(({ path }) => path === SINGLE);
  const weights = single.length > 0 ? single : all.filter(({ path }) => SHARD.test(path));
  if (weights.length === 0)
    return has(/^pytorch_model.*\.bin$/) ? "only-pickle" : has(/\.onnx$/) ? "only-onnx" : "weights";
  const beside = all.filter((file) => file !== config && BESIDE.test(file.path));
  return [config, ...beside.filter(({ path }) => !path.split("/").includes("..")), ...weights];
}

/** Whether a config.json is of a model that Cloze runs. */
export function isBert(config: string): boolean {
  try {
    return (JSON.parse(config) as { readonly model_type?: unknown } | null)?.model_type === "bert";
  } catch {
    return false;
  }
}

/**
 * The licence that a model card names in its front matter.
 *
 * @example
 * licenceOf("---\nlicense: apache-2.0\n---\n# A model"); // "apache-2.0"
 */
export function licenceOf(card: string): string | undefined {
  const matter = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? "";
  const found = /^license:[ \t]*(?:\r?\n[ \t]*-[ \t]*)?["']?([\w.+-]+)/m.exec(matter)?.[1];
  const named = /^license_name:[ \t]*["']?([\w.+-]+)/m.exec(matter)?.[1];
  return found === "other" ? (named ?? found) : found;
}

/**
 * What a model may be called: as on the hub, `name` or `org/name`. It becomes a folder's name. In settings, which are
 * written by hand, it may be no text at all.
 */
export function isModelName(name: string): boolean {
  if (typeof name !== "string") return false;
  return /^(?:\w(?:[\w.-]{0,94}\w)?\/)?\w(?:[\w.-]{0,94}\w)?$/.test(name) && !/--|\.\.|\.git$/.test(name);
}
