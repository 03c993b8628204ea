/**
 * What a pre-training begins with: sizes, tokenizer, heads, and the first weights; of a preset, a `config.json` or a
 * checkpoint.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ClozeError, findHead, parseConfig, presets, Tokenizer } from "@cloze/core";
import type { AttachedHead, BertConfig, Graph, HeadConfig } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import type { Objective } from "../corpus/batches.ts";
import { initialWeights } from "../initial-weights.ts";
import { refuseNumber } from "../numbers.ts";
import { reasonOf } from "../run/whole-file.ts";
import { withDropout } from "./dropout.ts";
import { tokenizerNames } from "./model-folder.ts";
import { startingWeights } from "./weights.ts";
import type { StartingWeights } from "./weights.ts";
import type { PretrainOptions } from "./pretrain-options.ts";

/** What a pre-training begins with. */
export interface Beginning {
  readonly config: BertConfig;
  readonly tokenizer: Tokenizer;
  /** Whether the decoder of masked words is the table of word embeddings. */
  readonly tied: boolean;
  /** The tokenizer's files as they will lie in the new folder. */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** The files that were read, for the manifest. */
  readonly files: readonly string[];
  readonly weights: (graph: Graph, seed: number) => Promise<StartingWeights>;
}

/** The class of `transformers` that each objective's result is. */
export const architectures = {
  "mlm+nsp": "BertForPreTraining",
  mlm: "BertForMaskedLM",
  ltr: "BertForMaskedLM",
} as const satisfies Record<Objective, string>;

/** The heads that an objective trains, with the names that transformers has for their parameters. */
export function headsOf(objective: Objective, tied: boolean): AttachedHead[] {
  const told: HeadConfig = { architecture: architectures[objective], labels: [], problem: undefined, tied };
  const kinds =
    objective === "mlm+nsp" ? (["masked-lm", "next-sentence"] as const) : (["masked-lm"] as const);
  return kinds.map((kind) => {
    const head = findHead(kind);
    return { name: kind, scope: head.scope, ...head.describe(told) };
  });
}

/**
 * Reads what a pre-training begins with.
 *
 * @throws ClozeError `invalid-option` for options that exclude each other, a preset that is none, and a vocabulary that
 *   is not the checkpoint's; `not-found`, `invalid-model`, `invalid-vocabulary` for files.
 */
export async function readBeginning(options: PretrainOptions): Promise<Beginning> {
  const { preset, config, from } = options;
  const given = Object.entries({ preset, config, from }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new ClozeError(
      "invalid-option",
      `Give one of ${given.map(([name]) => `--${name}`).join(" and ")}, not both.`,
      {
        field: given[1][0],
      },
    );
  const { dropout } = options;
  if (dropout !== undefined && !(dropout >= 0 && dropout < 1))
    throw refuseNumber("dropout", dropout, "a number from 0 to below 1");
  const beginning = from === undefined ? await readSizes(options) : await readCheckpoint(options, from);
  return { ...beginning, config: withDropout(beginning.config, dropout) };
}

async function readSizes({
  preset = "tiny",
  config: file,
  vocab,
  cased = false,
}: PretrainOptions): Promise<Beginning> {
  const sizes = file === undefined ? findPreset(preset) : parseConfig(await readNamed(file, "config")).config;
  if (vocab === undefined)
    throw new ClozeError("invalid-option", "A vocabulary is needed: give --vocab FILE, or --from MODEL.", {
      field: "vocab",
    });
  const vocabTxt = await readNamed(vocab, "vocab");
  const tokenizerConfig = `${JSON.stringify(
    { tokenizer_class: "BertTokenizer", do_lower_case: !cased, model_max_length: sizes.maxPositions },
    null,
    2,
  )}\n`;
  const tokenizer = Tokenizer.fromFiles({ vocabTxt, tokenizerConfig });
  const { size } = tokenizer.vocabulary;
  if (file !== undefined && sizes.vocabularySize < size)
    throw new ClozeError(
      "invalid-option",
      `${vocab} has ${size} pieces, but ${file} has embeddings for ${sizes.vocabularySize}: set its vocab_size to ${size}.`,
      { field: "vocab" },
    );
  return {
    config: file === undefined ? { ...sizes, vocabularySize: size } : sizes,
    tokenizer,
    tied: true,
    tokenizerFiles: new Map([
      ["vocab.txt", vocabTxt],
      ["tokenizer_config.json", tokenizerConfig],
    ]),
    files: [vocab],
    weights: async (graph, seed) => ({ weights: initialWeights(graph, seed), drawn: [] }),
  };
}

function findPreset(name: string): BertConfig {
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets];
  throw new ClozeError(
    "invalid-option",
    `There is no preset ${name}: give one of ${Object.keys(presets).join(", ")}.`,
    { field: "preset" },
  );
}

async function readCheckpoint({ vocab, cased }: PretrainOptions, from: string): Promise<Beginning> {
  if (cased !== undefined)
    throw new ClozeError("invalid-option", `Whether case counts is told by ${from}: leave --cased out.`, {
      field: "cased",
    });
  const folder = await openFolder(from);
  const { tokenizer, config, tensors, files } = folder;
  if (vocab !== undefined) {
    const { pieces } = Tokenizer.fromFiles({ vocabTxt: await readNamed(vocab, "vocab") }).vocabulary;
    const own = tokenizer.vocabulary.pieces.slice(0, tokenizer.baseSize);
    if (pieces.length !== own.length || pieces.some((piece, id) => piece !== own[id]))
      throw new ClozeError(
        "invalid-option",
        `${vocab} is not the vocabulary of ${from}, with which its weights were trained: leave --vocab out.`,
        { field: "vocab" },
      );
  }
  const { files: there } = await files.list();
  const tokenizerFiles = new Map<string, string>();
  for (const name of tokenizerNames)
    if (there.has(name)) tokenizerFiles.set(name, await readFile(path.join(from, name), "utf8"));
  const weightFiles = new Set(
    [...tensors.values()].map(({ file }) => file).filter((file) => !file.includes("/")),
  );
  return {
    config,
    tokenizer,
    tied: folder.plugins.find(({ kind }) => kind === "masked-lm")?.tied !== false,
    tokenizerFiles,
    files: [...weightFiles, "config.json", ...tokenizerFiles.keys()].map((name) => path.join(from, name)),
    weights: (graph, seed) => startingWeights(folder, graph, seed),
  };
}

async function readNamed(file: string, field: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ClozeError(
      "not-found",
      `${file} cannot be read (${reasonOf(cause)}): see that the path is right.`,
      { cause, field },
    );
  }
}
