/**
 * The tokenizer: text to ids and offsets, and back. It finds added tokens, has the rest read by WordPiece, and owns
 * the buffers. Special tokens round a text, pairs, truncation, windows and padding are the encoding's.
 */
import { ClozeError } from "../errors.ts";
import { AddedTokenFinder } from "./added-tokens.ts";
import { Characters } from "./characters.ts";
import { cleanUpPiece } from "./decode.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./files.ts";
import { Normalizer } from "./normalize.ts";
import {
  extendVocabulary,
  findSpecials,
  findWarnings,
  type ResolvedSettings,
  resolveSettings,
  type SpecialTokens,
  type TokenizerSettings,
} from "./settings.ts";
import { buildTrie, PREFIX } from "./trie.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { TOKENS_PER_UNIT, WordPiece } from "./wordpiece.ts";

/** Buffers for more tokens than these are let go at the next text: three megabytes. */
const KEPT_ROOM = 1 << 18;

/** The tokens of a text. */
export interface Tokens {
  readonly ids: Int32Array;
  /** `[start, end)` of each token in UTF-16 units of the text, two numbers a token. */
  readonly offsets: Int32Array;
}

export interface DecodeOptions {
  /** Leaves out special tokens. Default: true. */
  readonly skipSpecials?: boolean;
  /** Takes back the space before punctuation and in `n't` and its kin. Default: true. */
  readonly cleanUp?: boolean;
}

/**
 * BERT's tokenizer: ids and offsets are those of Hugging Face's `tokenizers`, with offsets in UTF-16 units.
 *
 * Not to be shared between threads; any number may live side by side.
 *
 * @example
 * const tokenizer = new Tokenizer(Vocabulary.parse(vocabTxt));
 * const { ids, offsets } = tokenizer.tokenize("unaffable");
 * tokenizer.decode(ids); // "unaffable"
 */
export class Tokenizer {
  /** All pieces, those of added tokens included. */
  readonly vocabulary: Vocabulary;
  readonly specials: SpecialTokens;
  readonly settings: ResolvedSettings;
  /** Signs that vocabulary and settings do not belong together, one sentence each. */
  readonly warnings: readonly string[];

  readonly #normalizer: Normalizer;
  readonly #wordPiece: WordPiece;
  readonly #asGiven: AddedTokenFinder;
  /** Finds the added tokens that are sought in normalised text; rarely there. */
  readonly #normalized: AddedTokenFinder | undefined;
  readonly #specialIds: ReadonlySet<number>;
  #ids = new Int32Array(1024);
  #offsets = new Int32Array(2048);

  /**
   * Builds the automaton of the vocabulary: some tens of milliseconds, so once per program and not per request.
   *
   * @throws {ClozeError} `invalid-vocabulary` without `[UNK]`, `[CLS]`, `[SEP]` and `[PAD]` (or what plays their
   * parts); `invalid-option`; `invalid-model` for added tokens whose ids do not fit.
   */
  constructor(vocabulary: Vocabulary, settings: TokenizerSettings = {}) {
    this.settings = resolveSettings(settings, vocabulary);
    const { addedTokens, specials, maxWordLength } = this.settings;
    this.vocabulary = extendVocabulary(vocabulary, addedTokens);
    this.specials = findSpecials(specials, this.vocabulary);
    this.warnings = findWarnings(this.settings, vocabulary);
    const { unk } = this.specials;
    const trie = buildTrie(vocabulary.pieces);
    this.#normalizer = new Normalizer(this.settings);
    const characters = new Characters(this.#normalizer, trie, (piece) => vocabulary.id(piece) ?? unk);
    this.#wordPiece = new WordPiece(trie, characters, this.#normalizer, unk, maxWordLength);
    this.#asGiven = new AddedTokenFinder(addedTokens.filter((token) => !token.normalized));
    const normalized = addedTokens
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: this.#normalize(token.content, 0, token.content.length).text() }))
      .filter(({ content }) => content !== "");
    this.#normalized = normalized.length === 0 ? undefined : new AddedTokenFinder(normalized);
    this.#specialIds = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));
  }

  /**
   * The tokenizer that a `tokenizer.json` describes. Its truncation and padding are not inherited.
   *
   * @throws {ClozeError} `unsupported` for anything but BERT's WordPiece, by name; `invalid-model` for a damaged file.
   */
  static fromTokenizerJson(json: string): Tokenizer {
    return Tokenizer.fromFiles({ tokenizerJson: json });
  }

  /**
   * The tokenizer of a model folder, from the contents of its files: an explicit key of `tokenizer_config.json`
   * counts, then `tokenizer.json`, then the default. Either `vocab.txt` or `tokenizer.json` is enough; the vocabulary
   * is that of `tokenizer.json` if both are there.
   *
   * @throws {ClozeError} as the constructor and `fromTokenizerJson`; `not-found` without either file.
   */
  static fromFiles(files: TokenizerFiles): Tokenizer {
    const { vocabulary, settings } = readTokenizerFiles(files);
    return new Tokenizer(vocabulary, settings);
  }

  /** The tokens of a text, without special tokens round it. */
  tokenize(text: string): Tokens {
    const count = this.#tokenize(text, true);
    return { ids: this.#ids.slice(0, count), offsets: this.#offsets.slice(0, 2 * count) };
  }

  /** How many tokens a text has. */
  count(text: string): number {
    return this.#tokenize(text, false);
  }

  /**
   * Writes the tokens of a text into the caller's arrays from token `at` on, and returns where they end. Allocates
   * nothing when the arrays have room to spare (three tokens a UTF-16 unit). What lies after the end is left as it was.
   *
   * @param offsets Room for two numbers a token, or `undefined` for ids alone.
   * @throws {ClozeError} `invalid-option` if the tokens do not fit; nothing has been written then.
   */
  tokenizeInto(text: string, ids: Int32Array, offsets: Int32Array | undefined, at: number): number {
    const room = Math.min(ids.length, offsets === undefined ? Infinity : offsets.length >> 1) - at;
    if (room >= TOKENS_PER_UNIT * text.length) return this.#write(text, ids, offsets, at);
    const count = this.#tokenize(text, offsets !== undefined);
    if (count > room)
      throw new ClozeError(
        "invalid-option",
        `The text has ${count} tokens, and the arrays have room for ${Math.max(0, room)}.`,
      );
    ids.set(this.#ids.subarray(0, count), at);
    offsets?.set(this.#offsets.subarray(0, 2 * count), 2 * at);
    return at + count;
  }

  /**
   * The text of ids, as Hugging Face's WordPiece decoder writes it: what normalisation took away does not come back.
   *
   * @throws {ClozeError} `invalid-input` for an id that is not in the vocabulary.
   */
  decode(ids: ArrayLike<number>, { skipSpecials = true, cleanUp = true }: DecodeOptions = {}): string {
    let text = "";
    let first = true;
    for (let nth = 0; nth < ids.length; nth++) {
      if (skipSpecials && this.#specialIds.has(ids[nth]!)) continue;
      let piece = this.vocabulary.piece(ids[nth]!);
      if (!first) piece = piece.startsWith(PREFIX) ? piece.slice(PREFIX.length) : ` ${piece}`;
      first = false;
      text += cleanUp ? cleanUpPiece(piece) : piece;
    }
    return text;
  }

  /** Tokenizes into the tokenizer's own buffers. */
  #tokenize(text: string, located: boolean): number {
    const room = TOKENS_PER_UNIT * text.length;
    const have = this.#ids.length;
    if (have < room || (have > KEPT_ROOM && room <= KEPT_ROOM)) {
      const length = room > KEPT_ROOM ? room : Math.min(2 * room, KEPT_ROOM);
      this.#ids = new Int32Array(length);
      this.#offsets = new Int32Array(2 * length);
    }
    return this.#write(text, this.#ids, located ? this.#offsets : undefined, 0);
  }

  #write(text: string, ids: Int32Array, offsets: Int32Array | undefined, at: number): number {
    const added = this.#asGiven;
    let from = 0;
    if (added.search(text))
      for (; added.next(); from = added.end) {
        if (from < added.start) at = this.#read(text, from, added.start, ids, offsets, at);
        at = put(added.id, added.start, added.end, ids, offsets, at);
      }
    return from < text.length ? this.#read(text, from, text.length, ids, offsets, at) : at;
  }

  #read(
    text: string,
    start: number,
    end: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number {
    const added = this.#normalized;
    if (added === undefined) return this.#wordPiece.run(text, start, end, ids, offsets, at);
    const { points, starts, ends, length } = this.#normalize(text, start, end);
    let unit = 0;
    let point = 0;
    const pointAtUnit = (wanted: number): number => {
      while (unit < wanted) unit += points[point++]! > 0xffff ? 2 : 1;
      while (unit > wanted) unit -= points[--point]! > 0xffff ? 2 : 1;
      return point;
    };
    let from = 0;
    if (added.search(this.#normalizer.text()))
      for (; added.next(); from = pointAtUnit(added.end)) {
        const first = pointAtUnit(added.start);
        if (from < first) at = this.#wordPiece.runNormalized(from, first, ids, offsets, at);
        at = put(added.id, starts[first]!, ends[pointAtUnit(added.end) - 1]!, ids, offsets, at);
      }
    return from < length ? this.#wordPiece.runNormalized(from, length, ids, offsets, at) : at;
  }

  #normalize(text: string, start: number, end: number): Normalizer {
    this.#normalizer.run(text, start, end);
    return this.#normalizer;
  }
}

function put(
  id: number,
  start: number,
  end: number,
  ids: Int32Array,
  offsets: Int32Array | undefined,
  at: number,
): number {
  ids[at] = id;
  if (offsets !== undefined) {
    offsets[2 * at] = start;
    offsets[2 * at + 1] = end;
  }
  return at + 1;
}
