/**
 * The small files of an exported folder: config.json for its one head, the tokenizer's files, the record of what was
 * exported, and the card that tells of it.
 */
import { toTokenizerJson } from "@cloze/core/tokenizer/save";
import { readText } from "../files/files.ts";
import type { ModelFolder } from "../folder.ts";
import type { DType } from "../variants.ts";
import type { Face } from "./exchange.ts";

/** `export.json`: where the files are from, and what is known of each. */
export interface ExportRecord {
  /** The model's name. */
  readonly source: string;
  /** Of the weights that were read, by file. */
  readonly sha256: Readonly<Record<string, string>>;
  /** The head's name, `none` or `pretraining`. */
  readonly plugin: string;
  readonly architecture: string;
  readonly task: string;
  /** By path. */
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** What stands in `export.json` of one model. */
export interface FileRecord {
  readonly precision: string;
  /** What `load` and transformers.js call it. */
  readonly dtype: DType;
  /** Of the model and of its weights beside. */
  readonly bytes: number;
  /** Whether its weights are in a file beside it. */
  readonly external: boolean;
  /** What was measured when it was made. */
  readonly verification?: Verification | undefined;
}

/** How far an exported model is from the one that it was made of, in float32. */
export interface Verification {
  readonly texts: number;
  /** The largest difference of two logits. */
  readonly difference: number;
  /** The same as a share of the range of the logits: logits of any scale can be compared. */
  readonly share: number;
  /** The greatest share that is let pass. */
  readonly limit: number;
  /** The share of answers that are the same; undefined where logits are no choice between answers. */
  readonly agreement?: number | undefined;
  /** A metric on a data set, where one was given. */
  readonly metric?:
    | { readonly name: string; readonly data: string; readonly fp32: number; readonly exported: number }
    | undefined;
}

export const RECORD = "export.json";

/** All small files but the record, by name. */
export async function smallFiles(
  folder: ModelFolder,
  face: Face,
  record: ExportRecord,
): Promise<Map<string, string>> {
  const { files: there } = await folder.files.list();
  const read = async (name: string) => (there.has(name) ? await readText(folder.files, name) : undefined);
  const texts = await tokenizerFiles(folder, read);
  texts.set("config.json", configJson((await read("config.json"))!, face, record));
  texts.set("README.md", card(record, await read("README.md")));
  return texts;
}

export const tokenizerNames = [
  "vocab.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];

/** As they are; what transformers.js asks for and is not there, or does not say how long texts may be, is added. */
async function tokenizerFiles(
  { tokenizer, config }: ModelFolder,
  read: (name: string) => Promise<string | undefined>,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of tokenizerNames) {
    const text = await read(name);
    if (text !== undefined) texts.set(name, text);
  }
  if (!texts.has("tokenizer.json")) texts.set("tokenizer.json", toTokenizerJson(tokenizer));
  const settings = JSON.parse(texts.get("tokenizer_config.json") ?? "{}") as Json;
  const length = typeof settings.model_max_length === "number" ? settings.model_max_length : Infinity;
  if (settings.tokenizer_class === undefined || length > config.maxPositions)
    texts.set(
      "tokenizer_config.json",
      pretty({
        tokenizer_class: "BertTokenizer",
        do_lower_case: tokenizer.settings.lowercase,
        ...settings,
        model_max_length: Math.min(length, config.maxPositions),
      }),
    );
  return texts;
}

type Json = Readonly<Record<string, unknown>>;

function configJson(text: string, face: Face, { files }: ExportRecord): string {
  const beside = Object.entries(files).filter(([, { external }]) => external);
  const external = Object.fromEntries(beside.map(([file]) => [file.replace("onnx/", ""), 1]));
  return pretty({
    ...(JSON.parse(text) as Json),
    architectures: [face.architecture],
    ...labelsOf(face),
    ...(beside.length > 0 && { "transformers.js_config": { use_external_data_format: external } }),
  });
}

/** What Hugging Face calls the problem of the kinds that have labels. */
const problems: ReadonlyMap<string, string | null> = new Map([
  ["sequence", "single_label_classification"],
  ["multi-label", "multi_label_classification"],
  ["regression", "regression"],
  ["token", null],
]);

function labelsOf({ plugin }: Face): Json {
  const problem = plugin && problems.get(plugin.kind);
  if (!plugin || problem === undefined) return {};
  return {
    id2label: Object.fromEntries(plugin.labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(plugin.labels.map((label, id) => [label, id])),
    problem_type: problem,
  };
}

export function pretty(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** README.md: the model's own card, with what was exported before it. */
function card(record: ExportRecord, own = ""): string {
  const [, matter = "---\nlibrary_name: transformers.js\n---\n", rest = own] =
    /^(---\n[^]*?\n---\n)([^]*)$/.exec(own) ?? [];
  const { source, plugin, architecture, task, files } = record;
  const known = Object.entries(files);
  const rows = known.map(
    ([file, { precision, bytes, verification }]) =>
      `| \`${file}\` | ${[precision, `${(bytes / 1e6).toFixed(1)} MB`, ...cells(verification)].join(" | ")} |`,
  );
  const { dtype } = known[known.length - 1][1];
  return `${matter}
# ${source} as ONNX

\`${architecture}\`${plugin === "none" ? "" : ` with the head \`${plugin}\``}, exported by Cloze for transformers.js, optimum and onnxruntime.

| file | precision | size | largest difference | same answers | metric |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

The difference is the largest between a logit and the float32 model's, and the share of the logits' range that it is.

\`\`\`js
import { pipeline } from "@huggingface/transformers";
const run = await pipeline("${task}", "this folder or its name on the hub", { dtype: "${dtype}" });
\`\`\`
${rest.trim() === "" ? "" : `\n${rest.trimStart()}`}`;
}

function cells(verification: Verification | undefined): string[] {
  if (!verification) return ["not measured", "", ""];
  const { difference, share, texts, agreement, metric } = verification;
  return [
    `${difference.toPrecision(2)} (${percent(share)}) on ${texts} texts`,
    agreement === undefined ? "" : percent(agreement),
    metric
      ? `${metric.name} ${metric.exported.toPrecision(4)}, float32 ${metric.fp32.toPrecision(4)} (${metric.data})`
      : "",
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
