/**
 * What `cloze tokenize` does with a text: specials, truncation, windows; and where its tokenizer comes from. Neither
 * a model's weights nor ONNX Runtime is touched.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ClozeError, gatherTokenizerFiles, Tokenizer, Vocabulary } from "@cloze/core";
import type { Encoding, TextInput } from "@cloze/core";
import { expectGood, readNamed, unreadable } from "./input.ts";
import type { Item } from "./input.ts";
import { localFolder } from "./model.ts";

export interface TokenizeOptions {
  readonly model?: string | undefined;
  readonly vocab?: string | undefined;
  readonly cased?: boolean | undefined;
  /** Whether [CLS] and [SEP] stand round the texts. */
  readonly specials: boolean;
  readonly maxLength?: number | undefined;
  readonly overlap?: number | undefined;
}

/** The output of the contract: one entry a token in each list. */
export interface Tokenized {
  readonly ids: readonly number[];
  readonly segments: readonly number[];
  readonly tokens: readonly string[];
  readonly offsets: readonly (readonly [start: number, end: number])[];
  readonly truncated?: true;
}

export type TokenizedRow = Tokenized | { readonly windows: readonly Tokenized[] };

/** Refuses options that do not go together. */
export function checkCutting({ maxLength, overlap, vocab, model, cased, specials }: TokenizeOptions): void {
  if (overlap !== undefined && maxLength === undefined)
    throw refuse("--overlap is of windows: say how long they are with --max-length.", "overlap");
  if (vocab !== undefined && model !== undefined) throw refuse("Give --vocab or --model, not both.", "vocab");
  if (cased && vocab === undefined)
    throw refuse("A model knows whether it is cased: --cased goes with --vocab.", "cased");
  if (specials && maxLength !== undefined && maxLength < 3)
    throw refuse(
      "--max-length should leave room for a token between the special ones: 3 or more.",
      "maxLength",
    );
}

function refuse(message: string, field: string): ClozeError {
  return new ClozeError("invalid-option", message, { field });
}

/** The tokenizer of a vocabulary file or of a model's folder. */
export async function openTokenizer({ vocab, cased, model }: TokenizeOptions): Promise<Tokenizer> {
  if (vocab !== undefined) {
    const vocabulary = Vocabulary.parse(await readNamed(vocab));
    return new Tokenizer(vocabulary, { lowercase: !cased });
  }
  const folder = await localFolder(model);
  const files = await gatherTokenizerFiles((name) => readIfThere(path.join(folder, name)));
  if (files.vocabTxt === undefined && files.tokenizerJson === undefined)
    throw new ClozeError(
      "not-found",
      `${folder} has neither vocab.txt nor tokenizer.json: give a model's folder.`,
    );
  return Tokenizer.fromFiles(files);
}

/** Tokenizes one input. */
export function tokenizeInput(
  tokenizer: Tokenizer,
  input: TextInput,
  options: TokenizeOptions,
): TokenizedRow {
  const encodings = encode(tokenizer, input, options);
  if (options.overlap === undefined) return describe(tokenizer, encodings[0]);
  return { windows: encodings.map((encoding) => describe(tokenizer, encoding)) };
}

/** Counts texts and tokens; `seconds` is the time of tokenizing alone, without reading. */
export async function summarize(
  items: AsyncIterable<Item<TextInput>>,
  tokenizer: Tokenizer,
  options: TokenizeOptions,
): Promise<{ texts: number; tokens: number; seconds: number }> {
  let texts = 0;
  let tokens = 0;
  let milliseconds = 0;
  for await (const input of expectGood(items)) {
    const start = performance.now();
    for (const { ids } of encode(tokenizer, input, options)) tokens += ids.length;
    milliseconds += performance.now() - start;
    texts++;
  }
  return { texts, tokens, seconds: milliseconds / 1000 };
}

function encode(tokenizer: Tokenizer, input: TextInput, options: TokenizeOptions): Encoding[] {
  const { specials, maxLength, overlap } = options;
  if (overlap === undefined || maxLength === undefined)
    return [tokenizer.encode(input, { specials, maxLength })];
  return tokenizer.encodeWindows(input, { specials, maxLength, overlap });
}

function describe(tokenizer: Tokenizer, { ids, segments, offsets, truncated }: Encoding): Tokenized {
  return {
    ids: Array.from(ids),
    segments: Array.from(segments),
    tokens: Array.from(ids, (id) => tokenizer.vocabulary.piece(id)),
    offsets: Array.from(ids, (_, i) => [offsets[2 * i], offsets[2 * i + 1]]),
    ...(truncated && { truncated }),
  };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return;
    throw unreadable(file, cause);
  }
}
