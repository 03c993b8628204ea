/** The portable checks on text before it meets a model: tokens, offsets, encodings, windows, batches. */
import {
  batchByLength,
  bucketLength,
  charToToken,
  codePointOffsets,
  collate,
  maxContext,
  Tokenizer,
  Vocabulary,
  windows,
  wordIds,
} from "@cloze/core";
import type { Encoding } from "@cloze/core";
import { packTokenizer } from "@cloze/core/tokenizer/compact";
import type { TokenizerSettings } from "@cloze/core/tokenizer";
import { python } from "@cloze/core/tokenizer/python";
import { tinyModel } from "@cloze/core/testing";
import { equal, refused } from "./assert.ts";
import type { Checks } from "./assert.ts";

const pieces = (
  "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able Un cafe café die strasse straße i ##i i\u0307 " +
  "我 爱 北 京 👍 👩 ##🔬 ! ' ᄒ ##ᅡ ##ᆫ б ##е mask [ ]"
).split(" ");
const vocabulary = Vocabulary.of(pieces);
const cased = { lowercase: false };

/** Each piece with the text that it is said to come from. */
function read(text: string, settings: TokenizerSettings = {}): string {
  const { ids, offsets } = new Tokenizer(vocabulary, settings).tokenize(text);
  return Array.from(ids, (id, i) => `${pieces[id]}<${text.slice(offsets[2 * i], offsets[2 * i + 1])}>`).join(
    " ",
  );
}

const { tokenizer } = tinyModel();
const show = ({ ids, segments }: Encoding) =>
  Array.from(ids, (id, i) => `${tokenizer.vocabulary.piece(id)}${segments[i]}`).join(" ");

export const texts: Checks = {
  "words are split longest match first, with offsets into the text as given": () =>
    equal(read("  Unaffable!"), "un<Un> ##aff<aff> ##able<able> !<!>"),

  "what has no pieces is one [UNK]": () => equal(read("unz 北"), "[UNK]<unz> 北<北>"),

  "a word over 100 characters is one [UNK]": () => {
    const counts = [100, 101].map((length) => new Tokenizer(vocabulary).count("i".repeat(length)));
    equal(counts, [100, 1]);
  },

  "uncased text loses its accents, composed or not": () =>
    equal(read("CAFÉ cafe\u0301"), "cafe<CAFÉ> cafe<cafe>"),

  "cased text keeps its case and its accents": () =>
    equal(read("Un café UN", cased), "Un<Un> café<café> [UNK]<UN>"),

  "accents may be kept where case is not": () =>
    equal(read("CAFÉ İ", { stripAccents: false }), "café<CAFÉ> i\u0307<İ>"),

  "ß stays ß, and İ loses its dot": () =>
    equal(read("DIE STRASSE Straße İ"), "die<DIE> strasse<STRASSE> straße<Straße> i<İ>"),

  "Cyrillic is lower-cased, Hangul is read by its letters": () =>
    equal(read("БЕ 한"), "б<Б> ##е<Е> ᄒ<한> ##ᅡ<한> ##ᆫ<한>"),

  "each Chinese character is a word, of two units too": () =>
    equal(read("我爱北京𠀀un"), "我<我> 爱<爱> 北<北> 京<京> [UNK]<𠀀> un<un>"),

  "emoji are characters of two units, and what joins them is no character": () =>
    equal(read("👍 👍! 👩\u200d🔬"), "👍<👍> 👍<👍> !<!> 👩<👩> ##🔬<🔬>"),

  "half a surrogate pair is no character": () => equal(read("un\ud83d \udc4d!"), "un<un> !<!>"),

  "special tokens count where they are written in a text": () =>
    equal(read("un[MASK]un [mask]"), "un<un> [MASK]<[MASK]> un<un> [<[> mask<mask> ]<]>"),

  "Python's way of reading is there for those who import it": () =>
    equal(read("un[MASK]!", { compat: python }), "un<un> [<[> mask<MASK> ]<]> !<!>"),

  "a packed tokenizer reads as the one that it was packed from": () => {
    const original = new Tokenizer(vocabulary, cased);
    const packed = Tokenizer.fromCompact(packTokenizer(original));
    equal(packed.vocabulary.hash, vocabulary.hash);
    equal(packed.tokenize("Un café 👍"), original.tokenize("Un café 👍"));
  },

  "a vocabulary's file may have a byte order mark and CRLF": () =>
    equal(Vocabulary.parse(`\ufeff${pieces.join("\r\n")}\r\n`).hash, vocabulary.hash),

  "a tokenizer is read from its files": () => {
    const tokenizerConfig = JSON.stringify({ do_lower_case: false, tokenizer_class: "BertTokenizer" });
    const { settings } = Tokenizer.fromFiles({ vocabTxt: pieces.join("\n"), tokenizerConfig });
    equal([settings.lowercase, settings.stripAccents], [false, false]);
  },

  "ids are text again": () =>
    equal(tokenizer.decode(tokenizer.encode("Isn't it a GOOD film?").ids), "isn ' t it a good film?"),

  "a pair is [CLS] a [SEP] b [SEP], and two segments": () =>
    equal(show(tokenizer.encode({ text: "who?", pair: "a film" })), "[CLS]0 who0 ?0 [SEP]0 a1 film1 [SEP]1"),

  "what is too long is cut longest-first": () => {
    const cut = tokenizer.encode({ text: "a b c d", pair: "the film" }, { maxLength: 7 });
    equal(show(cut), "[CLS]0 a0 b0 [SEP]0 the1 film1 [SEP]1");
    equal(cut.truncated, true);
  },

  "windows share their overlap, and the first text stands in each": () => {
    const list = tokenizer.encodeWindows({ text: "who", pair: "a b c d e" }, { maxLength: 7, overlap: 1 });
    equal(list.map(show), ["[CLS]0 who0 [SEP]0 a1 b1 c1 [SEP]1", "[CLS]0 who0 [SEP]0 c1 d1 e1 [SEP]1"]);
  },

  "a token counts in the window where it has the most context": () =>
    equal(maxContext(10, windows(10, 6, 4)), [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]),

  "tokens are found by characters, words by tokens": () => {
    const encoding = tokenizer.encode({ text: "good unaff", pair: "film" });
    equal(
      [charToToken(encoding, 7), charToToken(encoding, 4), charToToken(encoding, 2, 1)],
      [4, undefined, 8],
    );
    equal(tokenizer.wordIds(encoding), [-1, 0, 1, 1, 1, 1, 1, -1, 0, -1]);
  },

  "words may be another program's": () => {
    const chinese = new Tokenizer(vocabulary);
    const words = ["我", "爱", "北京"];
    equal(
      wordIds(chinese.tokenize("我爱北京"), "我爱北京", () => words),
      [0, 1, 2, 2],
    );
  },

  "offsets are counted in code points where another program counts so": () => {
    const points = codePointOffsets("👍 good");
    equal([0, 2, 3, 7].map(points), [0, 1, 2, 6]);
  },

  "batches are of like length, padded and masked": () => {
    equal(batchByLength([9, 2, 8, 3], 18), [
      [1, 3],
      [2, 0],
    ]);
    equal(bucketLength(19, [16, 32, 64]), 32);
    const { input_ids, token_type_ids, attention_mask } = collate(
      tokenizer.encodeBatch(["a", { text: "a", pair: "b" }]),
      6,
      tokenizer.specials.pad,
    );
    equal(input_ids.dims, [2, 6]);
    equal(input_ids.data, [2, 5, 3, 0, 0, 0, 2, 5, 3, 6, 3, 0]);
    equal(token_type_ids.data, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
    equal(attention_mask.data, [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
  },

  "vocabularies, lengths and overlaps that cannot be are refused": async () => {
    await refused("invalid-vocabulary", () => Vocabulary.of(["a", "a"]));
    await refused("invalid-vocabulary", () => new Tokenizer(Vocabulary.of(["a", "b"])));
    await refused("invalid-option", () => tokenizer.encode("a", { maxLength: 1 }), "maxLength");
    await refused("invalid-option", () => windows(9, 4, 4), "overlap");
    await refused("invalid-model", () => Tokenizer.fromCompact(new Uint8Array(100)));
  },
};
