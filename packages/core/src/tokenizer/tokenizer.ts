/**
 * The tokenizer: text to ids and offsets, and back. It finds added tokens, has the rest read by WordPiece, and owns
 * the buffers. How special tokens, pairs, truncation and windows go together is said in `encoding/`.
 */
import {
  encode,
  type EncodeOptions,
  encodeWindows,
  roomFor,
  specialsAround,
  type TextInput,
  type WindowOptions,
} from "../encoding/encode.ts";
import {
  copyTokens,
  type EncodingArrays,
  expectRoom,
  put,
  putSpecial,
  roomFrom,
  roomOf,
} from "../encoding/arrays.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { keptOfFirst } from "../encoding/truncation.ts";
import { NO_WORD, perToken } from "../encoding/word-ids.ts";
import { type AddedToken, AddedTokenFinder } from "./added-tokens.ts";
import { Characters } from "./characters.ts";
import { unpackTokenizer } from "./compact.ts";
import { decode, type DecodeOptions } from "./decode.ts";
import { origins, readTokenizerFiles, type TokenizerFiles } from "./files.ts";
import { Normalizer, pointWalker } from "./normalize.ts";
import {
  extendVocabulary,
  findSpecials,
  findWarnings,
  mergeSettings,
  type Reader,
  type ResolvedSettings,
  resolveSettings,
  type SpecialTokens,
  type TokenizerSettings,
} from "./settings.ts";
import { PREFIX } from "./trie.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { TOKENS_PER_UNIT, WordPiece } from "./wordpiece.ts";

/** Buffers for more tokens than these are let go at the next text: three megabytes. */
const KEPT_ROOM = 1 << 18;

/** Arrays of so few numbers cost V8 next to nothing; of more, one for ids and offsets costs half of two. */
const FEW_TOKENS = 8;

/** The tokens of a text. Both arrays may lie in one buffer: who transfers one transfers both. */
export interface Tokens {
  readonly ids: Int32Array;
  /** `[start, end)` of each token in UTF-16 units of the text, two numbers a token. */
  readonly offsets: Int32Array;
}

const NO_OPTIONS: EncodeOptions = {};

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
  /** Pieces of the vocabulary as given; added tokens that it lacks follow. */
  readonly baseSize: number;

  readonly #normalizer: Normalizer;
  readonly #wordPiece: WordPiece;
  readonly #reader: Reader;
  readonly #asGiven: AddedTokenFinder;
  /** Finds the added tokens that are sought in normalised text; rarely there. */
  readonly #normalized: AddedTokenFinder | undefined;
  readonly #specialIds: ReadonlySet<number>;
  /** Added tokens that are sought in normalised text are decoded as they look there. */
  readonly #shown: ReadonlyMap<number, string>;
  /** By id, 1 for a piece that continues a word; made when first asked for. */
  #continues: Uint8Array | undefined;
  #ids = new Int32Array(1024);
  #offsets = new Int32Array(2048);

  /**
   * @throws {ClozeError} `invalid-vocabulary` without `[UNK]`, `[CLS]`, `[SEP]` and `[PAD]` (or what plays their
   * parts); `invalid-option`; `invalid-model` for added tokens whose ids do not fit.
   */
  constructor(vocabulary: Vocabulary, settings: TokenizerSettings = {}) {
    this.settings = resolveSettings(settings, vocabulary);
    const { addedTokens, specials, maxWordLength, compat } = this.settings;
    this.baseSize = vocabulary.size;
    this.vocabulary = extendVocabulary(vocabulary, addedTokens);
    this.specials = findSpecials(specials, this.vocabulary);
    const { unk } = this.specials;
    const { trie } = vocabulary;
    this.#normalizer = new Normalizer(this.settings);
    const characters = new Characters(this.#normalizer, trie, (piece) => vocabulary.id(piece) ?? unk);
    this.#wordPiece = new WordPiece(trie, characters, this.#normalizer, unk, maxWordLength);
    this.#reader = compat?.reader(trie, unk, this.settings) ?? this.#wordPiece;
    // Another way of reading has another normalisation: there all added tokens are sought in the text as given.
    const inNormalized = (token: AddedToken): boolean => token.normalized === true && compat === undefined;
    this.#asGiven = new AddedTokenFinder(addedTokens.filter((token) => !inNormalized(token)));
    const normalized = addedTokens
      .filter(inNormalized)
      .map((token) => ({ ...token, content: this.#normalize(token.content, 0, token.content.length).text() }))
      .filter(({ content }) => content !== "");
    this.#normalized = normalized.length === 0 ? undefined : new AddedTokenFinder(normalized);
    this.#shown = new Map(normalized.map(({ id, content }) => [id, content]));
    const { cls, sep, pad, mask = unk } = this.specials;
    const special = addedTokens.filter((token) => token.special).map((token) => token.id);
    this.#specialIds = new Set(compat ? [...special, cls, sep, pad, unk, mask] : special);
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
   * is that of `tokenizer.json` if both are there. Older folders' `special_tokens_map.json` and `added_tokens.json`
   * count as they do in transformers: before both, unless `tokenizer_config.json` has `added_tokens_decoder`.
   *
   * @param changes Settings that count before the files'. With `compat`, the files' added tokens and longest word are
   * left aside: that implementation knows none of them.
   * @throws {ClozeError} as the constructor and `fromTokenizerJson`; `not-found` without either file.
   * @example
   * const { specials } = Tokenizer.fromFiles({ vocabTxt, tokenizerConfig });
   */
  static fromFiles(files: TokenizerFiles, changes: TokenizerSettings = {}): Tokenizer {
    const { vocabulary, settings, origin } = readTokenizerFiles(files);
    const tokenizer = new Tokenizer(vocabulary, mergeSettings(settings, changes));
    if (origin) origins.set(tokenizer, origin);
    return tokenizer;
  }

  /**
   * The tokenizer that `packTokenizer` has written: ready in a few milliseconds, where building the automaton of a
   * vocabulary takes tens. The bytes are used in place and must not change; copied only if they do not begin at a
   * multiple of four.
   *
   * @param changes Settings that count before the packed ones, with `compat` as in `fromFiles`.
   * @throws {ClozeError} `invalid-model` for bytes that are damaged, cut short or of another version.
   * @example
   * Tokenizer.fromCompact(packTokenizer(tokenizer)).tokenize("unaffable");
   */
  static fromCompact(bytes: Uint8Array, changes: TokenizerSettings = {}): Tokenizer {
    const { vocabulary, settings } = unpackTokenizer(bytes);
    return new Tokenizer(vocabulary, mergeSettings(settings, changes));
  }

  /** Signs that vocabulary and settings do not belong together, one sentence each. */
  get warnings(): readonly string[] {
    return findWarnings(this.settings, this.vocabulary.pieces.slice(0, this.baseSize));
  }

  /**
   * A text or a pair of texts as the model reads it: `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]`, cut to `maxLength`
   * as Hugging Face's tokenizers cut it.
   *
   * @returns Arrays of one length: ids, segments (0 and 1), offsets (UTF-16 units, two numbers a token).
   * @throws {ClozeError} `invalid-option` for a `maxLength` that the special tokens alone exceed, and for a text that
   * alone is to be cut but cannot be cut enough.
   * @example
   * const { ids, truncated } = tokenizer.encode("a warm , funny film", { maxLength: 5 });
   * ids.length; // 5
   * truncated; // true
   */
  encode(input: string | TextInput, options: EncodeOptions = NO_OPTIONS): Encoding {
    return encode(this, input, options);
  }

  /**
   * As `encode`, of two texts.
   *
   * @example
   * tokenizer.encodePair("who ?", "a warm film", { maxLength: 7, truncation: "only-second" });
   */
  encodePair(text: string, pair: string, options: EncodeOptions = NO_OPTIONS): Encoding {
    return encode(this, { text, pair }, options);
  }

  /**
   * As `encode`, of many inputs, in order. `collate` makes tensors of them.
   *
   * @example
   * tokenizer.encodeBatch(["a film", { text: "a warm film", pair: "is it ?" }]).length; // 2
   */
  encodeBatch(inputs: readonly (string | TextInput)[], options: EncodeOptions = NO_OPTIONS): Encoding[] {
    return inputs.map((input) => encode(this, input, options));
  }

  /**
   * A long text in windows of at most `maxLength` tokens, each sharing `overlap` tokens with the next: Hugging Face's
   * `return_overflowing_tokens`, whose `stride` is this overlap. Of a pair the second text is cut and the first stands
   * in every window, or the other way round with `only-first`.
   *
   * @returns At least one encoding, in the order of the text. None counts as truncated: nothing is lost.
   * @throws {ClozeError} `invalid-option` for an overlap that leaves no step, and where no token of the long text fits.
   * @example
   * tokenizer.encodeWindows("a b a b a b", { maxLength: 5, overlap: 1 }).length; // 3
   */
  encodeWindows(input: string | TextInput, options: WindowOptions): Encoding[] {
    return encodeWindows(this, input, options);
  }

  /**
   * As `encode`, into the caller's arrays from token `at` on; allocates nothing once it has seen a text as long. What
   * lies after the end is left as it was: fill it with padding beforehand.
   *
   * @returns Where the tokens end.
   * @throws {ClozeError} as `encode`; `invalid-option` if the tokens do not fit, and nothing has been written then.
   * @example
   * const ids = new Int32Array(2 * 16).fill(tokenizer.specials.pad); // [2, 16]
   * const mask = new Float32Array(2 * 16);
   * tokenizer.encodeInto("a film", { ids, mask }, { maxLength: 16 });
   * tokenizer.encodeInto("a warm film", { ids, mask }, { maxLength: 16 }, 16);
   */
  encodeInto(
    input: string | TextInput,
    arrays: EncodingArrays,
    options: EncodeOptions = NO_OPTIONS,
    at = 0,
  ): number {
    const text = typeof input === "string" ? input : input.text;
    const pair = typeof input === "string" ? undefined : input.pair;
    const room = roomFor(pair !== undefined, options);
    this.#reserve(TOKENS_PER_UNIT * (text.length + (pair === undefined ? 0 : pair.length)));
    const offsets = arrays.offsets && this.#offsets;
    const a = this.#write(text, this.#ids, offsets, 0);
    const b = pair === undefined ? 0 : this.#write(pair, this.#ids, offsets, a) - a;
    const first = keptOfFirst(a, b, room, options.truncation ?? "longest-first");
    const second = Math.min(b, room - first);
    const around = specialsAround(pair !== undefined, options);
    expectRoom(first + second + around, roomFrom(at, roomOf(arrays)));
    const { cls, sep } = this.specials;
    const left = options.direction === "left";
    if (around > 0) at = putSpecial(cls, 0, arrays, at);
    at = copyTokens(this.#ids, this.#offsets, left ? a - first : 0, first, 0, arrays, at);
    if (around > 0) at = putSpecial(sep, 0, arrays, at);
    if (pair === undefined) return at;
    at = copyTokens(this.#ids, this.#offsets, left ? a + b - second : a, second, 1, arrays, at);
    return around > 0 ? putSpecial(sep, 1, arrays, at) : at;
  }

  /**
   * The word of each token: Hugging Face's `word_ids`. Words are what normalised text splits into at white space, at
   * punctuation and round Chinese characters, and added tokens; they are numbered from 0 in each text, and words that
   * were cut off count. For words of another program's making see `wordIds`, the function.
   *
   * @returns One number a token, -1 for special tokens.
   * @example
   * tokenizer.wordIds(tokenizer.encode("unaffable film")); // -1, 0, 0, 0, 1, -1
   */
  wordIds(tokens: Tokens | Encoding): Int32Array {
    this.#continues ??= Uint8Array.from(this.vocabulary.pieces, (piece) =>
      piece.length > PREFIX.length && piece.startsWith(PREFIX) ? 1 : 0,
    );
    const continues = this.#continues;
    let word = 0;
    return perToken(tokens, ({ ids }) =>
      ids.map((id, nth) => (nth === 0 ? (word = 0) : (word += 1 - continues[id]))),
    );
  }

  /**
   * The word of token `i` of an encoding: Hugging Face's `token_to_word`; `undefined` for a special token. Numbers all
   * of them to tell one: ask `wordIds` for many.
   *
   * @example
   * tokenizer.tokenToWord(tokenizer.encode("unaffable film"), 4); // 1
   */
  tokenToWord(encoding: Encoding, i: number): number | undefined {
    const word = this.wordIds(encoding)[i];
    return word === NO_WORD ? undefined : word;
  }

  /**
   * The tokens of a text, without special tokens round it.
   *
   * @example
   * const { ids, offsets } = tokenizer.tokenize("unaffable");
   * offsets; // 0, 3, 3, 6, 6, 9: [start, end) of una, ##ffa, ##ble
   */
  tokenize(text: string): Tokens {
    const count = this.#tokenize(text, true);
    const ids = this.#ids.subarray(0, count);
    const offsets = this.#offsets.subarray(0, 2 * count);
    if (count <= FEW_TOKENS) return { ids: ids.slice(), offsets: offsets.slice() };
    const both = new Int32Array(3 * count);
    both.set(ids);
    both.set(offsets, count);
    return { ids: both.subarray(0, count), offsets: both.subarray(count) };
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
    const room = roomFrom(at, Math.min(ids.length, offsets ? offsets.length >> 1 : ids.length));
    if (room >= TOKENS_PER_UNIT * text.length) return this.#write(text, ids, offsets, at);
    const count = this.#tokenize(text, offsets !== undefined);
    expectRoom(count, room);
    ids.set(this.#ids.subarray(0, count), at);
    offsets?.set(this.#offsets.subarray(0, 2 * count), 2 * at);
    return at + count;
  }

  /**
   * The text of ids, as Hugging Face's WordPiece decoder writes it: what normalisation took away does not come back.
   * Ids that the vocabulary does not have are left out, as there.
   *
   * @throws {ClozeError} `invalid-input` for what is no whole number from 0.
   * @example
   * tokenizer.decode(tokenizer.encode("Isn't it?").ids); // "isn ' t it?"
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return decode(this, ids, this.#specialIds, this.#shown, options);
  }

  /** Tokenizes into the tokenizer's own buffers. */
  #tokenize(text: string, located: boolean): number {
    this.#reserve(TOKENS_PER_UNIT * text.length);
    return this.#write(text, this.#ids, located ? this.#offsets : undefined, 0);
  }

  #reserve(room: number): void {
    const have = this.#ids.length;
    if (have >= room && (have <= KEPT_ROOM || room > KEPT_ROOM)) return;
    const length = room > KEPT_ROOM ? room : Math.min(2 * room, KEPT_ROOM);
    this.#ids = new Int32Array(length);
    this.#offsets = new Int32Array(2 * length);
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
    if (added === undefined) return this.#reader.run(text, start, end, ids, offsets, at);
    const { points, starts, ends, length } = this.#normalize(text, start, end);
    const pointAtUnit = pointWalker(points);
    let from = 0;
    if (added.search(this.#normalizer.text()))
      for (; added.next(); from = pointAtUnit(added.end)) {
        const first = pointAtUnit(added.start);
        if (from < first) at = this.#wordPiece.runNormalized(from, first, ids, offsets, at);
        at = put(added.id, starts[first], ends[pointAtUnit(added.end) - 1], ids, offsets, at);
      }
    return from < length ? this.#wordPiece.runNormalized(from, length, ids, offsets, at) : at;
  }

  #normalize(text: string, start: number, end: number): Normalizer {
    this.#normalizer.run(text, start, end);
    return this.#normalizer;
  }
}
