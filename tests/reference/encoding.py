"""What Python makes of texts and files, for the tests of encodings, of saving, and of `compat: python`.

    python3.11 -m venv v && v/bin/pip install tokenizers==0.23.3 transformers==5.24.0
    v/bin/python tests/reference/encoding.py [FILE...]     # rewrites tests/fixtures/encoding/*, 100 s

python-characters.json   `[first, number, number]` for each 1,024 characters: see every_character.
python.json.gz   google-research/bert's tokenization.py against Hugging Face's Rust tokenizers: `[vocabulary, lower,
                 text, ids, same]`, `same` telling whether Rust gives the same ids (its added tokens left out). The
                 algorithm is written again here; its answers about characters are those of the Python that runs it:
                 3.11, Unicode 14.0.0. The first line names that version. For the vocabularies see tokenizer.py.
encodings.json   `[text, pair, options, encodings]`: ids, type ids, word ids and offsets in UTF-16 units of each
                 encoding (several where windows were asked for, in the order of the text), and the token of each
                 UTF-16 unit of the text and of the pair.
decode.json      `[ids, {rules: text}]` under the decoder's clean-up, transformers', both and neither.
files.json       folders that Hugging Face writes, `{name: {file: contents}}`; `plain` is tokenizer.json without
                 line ends.
older.json       folders without added_tokens_decoder: `[files, text, tokens]`.
"""

import gzip
import io
import json
import pathlib
import random
import sys
import tempfile
import unicodedata

from tokenizer import FIXTURES as TOKENIZER_FIXTURES
from tokenizer import REAL, SPECIALS, build, characters, compose, javascript, units, vocabulary
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import AutoTokenizer, BertTokenizer, DistilBertTokenizer, ElectraTokenizer

FIXTURES = TOKENIZER_FIXTURES.parent / "encoding"
COUNT = 4000

# Where the two are known to differ, and where one might think so.
CORNERS = [
    "[MASK] [SEP] a[CLS]b [mask]", "ΟΔΟΣ ΣΊΣΥΦΟΣ Σ ΣΣ aΣ aΣb aΣ' aΣ'b a'Σ a.Σ. Σ\u0301 aΣ\u0301 aΣ\u00adb 中Σ aΣ中 ΑΣ-Β", "\ue000 a\ue000b \uf8ff \U000f0000",
    "a\U0002b820b \U0002b91f \U0002b920 \U0002ceaf", "a\x1cb a\x1fb a\x85b a\u2028b a\u2029b a\u180eb a\u200bb", "x" * 101 + " " + "x" * 200 + " " + "x" * 201,
    "\0 a\0b \ufffd a\ufffdb", "İ İSTANBUL ẞ ŉ ǰ", "\u1df6 a\u1df6 a\u08d4 a\u0b55", "\u2e43 a\u2e43b a\u2e52b a\u09fdb", "Ა ᲐᲑ Ꭰ ꭰ \U00010591 Ʂ", "\u0300a \u0301",
    "é e\u0301 가 각 \u1112\u1161\u11ab", "\u302ea a\u302e\u0301 \U0001d165\u302e a\U0001d165\u0323", "ᾳ ᾼ ᾈ ΐ", "\U00011938 \U00011935\U00011930", "a\u00a0b\u3000c\u1680d", "﷽ ﬁ ½ ²",
    "…“x”—‘y’ ¿a? ¡b! $5 a+b a^b a`b a|b a~b", "\u2066a\u2069 \u202eb", "\ud800 a\udfffb",
]


class Original:
    """BasicTokenizer and WordpieceTokenizer of google-research/bert's tokenization.py."""

    def __init__(self, pieces, lower):
        self.ids = {piece: id for id, piece in enumerate(pieces)}
        self.lower = lower

    def encode(self, text):
        return [self.ids[piece] for word in self.words(text) for piece in self.pieces(word)]

    def words(self, text):
        spaced = "".join(self.clean(char) for char in text)
        split = []
        for stretch in spaced.split():
            if self.lower:
                decomposed = unicodedata.normalize("NFD", stretch.lower())
                stretch = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
            split.append("".join(f" {char} " if self.is_punctuation(char) else char for char in stretch))
        return " ".join(split).split()

    def clean(self, char):
        point, category = ord(char), unicodedata.category(char)
        if char in "\t\n\r" or category == "Zs":
            return " "
        if point in (0, 0xFFFD) or category in ("Cc", "Cf"):
            return ""
        return f" {char} " if self.is_chinese(point) else char

    def is_chinese(self, point):
        blocks = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)]
        blocks += [(0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
        return any(first <= point <= last for first, last in blocks)

    def is_punctuation(self, char):
        point = ord(char)
        sign = 33 <= point <= 47 or 58 <= point <= 64 or 91 <= point <= 96 or 123 <= point <= 126
        return sign or unicodedata.category(char).startswith("P")

    def pieces(self, word):
        """Greedy longest-match-first."""
        if len(word) > 200:
            return ["[UNK]"]
        found, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            fits = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.ids)
            end = next(fits, None)
            if end is None:
                return ["[UNK]"]
            found.append(prefix + word[start:end])
            start = end
        return found


def python_rows():
    rng = random.Random(3)
    yield ["unicode", unicodedata.unidata_version]
    vocabularies = {"starter": vocabulary(), "characters": characters()}
    tools = {
        (name, lower): (Original(pieces, lower), build(pieces, {"lowercase": lower, "addedTokens": []}))
        for name, pieces in vocabularies.items()
        for lower in (True, False)
    }
    # The corners as they stand and word by word, and then anything at all.
    texts = CORNERS + [word for corner in CORNERS for word in corner.split(" ")]
    starter = vocabularies["starter"]
    while len(texts) < COUNT:
        texts.append(compose(rng, starter, REAL))
    for text in map(javascript, texts):
        name, lower = rng.choice(["starter", "characters", "characters"]), rng.random() < 0.75
        original, rust = tools[name, lower]
        ids = original.encode(text)
        shown = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield [name, lower, text, ids, ids == rust.encode(shown, add_special_tokens=False).ids]


ASTRAL = [
    (0x61, 0x7B), (0x3A3, 0x3CA), (0x10400, 0x10600), (0x10C80, 0x10D00), (0x11080, 0x11960), (0x16E40, 0x16EA0), (0x1D15E, 0x1D1C0),
    (0x1E900, 0x1E944), (0x20000, 0x2A6E0),
]


def astral():
    """A vocabulary that tells the characters outside the BMP apart that become others."""
    every = [chr(point) for first, end in ASTRAL for point in range(first, end)]
    return [*SPECIALS, *every, *("##" + character for character in every)]


def every_character():
    """The ids of a sentence round each character there is, as one number for 1,024 characters and vocabulary.

    Of planes that hold nothing, or nothing but private use, the first 1,024 stand for all.
    """
    tools = [Original(characters(), True), Original(astral(), True)]
    empty = range(0x40000, 0x110000, 0x10000)
    for first in [*range(0, 0x32000, 0x400), *empty, *range(0xE0400, 0xE1000, 0x400)]:
        totals = [0, 0]
        for point in range(first, first + 0x400):
            if not 0xD800 <= point <= 0xDFFF:
                for at, tool in enumerate(tools):
                    for id in tool.encode(f"a{chr(point)}\u0301b aΣ{chr(point)}b {chr(point)}Σ"):
                        totals[at] = (totals[at] * 31 + id + 1) % 2**32
        yield [first, *totals]


def bert(pieces, **settings):
    return BertTokenizer(vocab={piece: id for id, piece in enumerate(pieces)}, **settings)


def tokens_of_units(encoding, text, sequence):
    points = units(text)
    found = [None] * points[-1]
    for at in range(len(text)):
        token = encoding.char_to_token(at, sequence)
        found[points[at] : points[at + 1]] = [token] * (points[at + 1] - points[at])
    return found


def described(encoding, text, pair):
    places = [units(text), units(pair or "")]
    spans = zip(encoding.sequence_ids, encoding.offsets)
    return {
        "ids": encoding.ids,
        "segments": encoding.type_ids,
        "words": [-1 if word is None else word for word in encoding.word_ids],
        "offsets": [places[number or 0][at] for number, span in spans for at in span],
        "tokens": [tokens_of_units(encoding, text, 0), tokens_of_units(encoding, pair, 1) if pair else []],
    }


def encoding_rows():
    rng = random.Random(4)
    tokenizer = bert(vocabulary())._tokenizer
    texts = [*REAL, "", "a [MASK] b[MASK]c", "unaffable don't 中文 x\u0301 \u0301 y", "[MASK] \u0301 a"]
    for _ in range(400):
        text = rng.choice(texts)[: rng.randrange(1, 60)]
        pair = rng.choice(texts)[: rng.randrange(1, 90)] if rng.random() < 0.6 else None
        options, overlap = {}, None
        tokenizer.no_truncation()
        lengths = [len(tokenizer.encode(part, add_special_tokens=False).ids) for part in (text, pair or "")]
        if rng.random() < 0.7:
            strategy = rng.choice(["longest-first", "only-first", *(["only-second"] if pair is not None else [])])
            options = {"maxLength": rng.randrange(3, 40), "truncation": strategy, "direction": rng.choice(["right", "left"])}
            room = options["maxLength"] - (3 + lengths[strategy == "only-first"] if pair is not None else 2)
            if room < 1 and strategy != "longest-first":
                continue  # refused
            if (strategy != "longest-first" or pair is None) and rng.random() < 0.8:
                overlap = min(rng.randrange(0, 4), room - 1)
            if overlap is not None and overlap < 0:
                continue
            tokenizer.enable_truncation(
                options["maxLength"], stride=overlap or 0, strategy=strategy.replace("-", "_"), direction=options["direction"]
            )
        if rng.random() < 0.2:
            options["specials"] = False
        encoding = tokenizer.encode(text, pair, add_special_tokens=options.get("specials", True))
        encodings = [encoding]
        if overlap is not None:
            options["overlap"] = overlap
            encodings += encoding.overflowing
            if options["direction"] == "left":
                encodings.reverse()
        yield [text, pair, options, [described(each, text, pair) for each in encodings]]


def decode_rows():
    rng = random.Random(5)
    pieces = vocabulary()
    tool = bert(pieces)
    likely = [pieces.index(piece) for piece in [*SPECIALS, *".?!,'", "s", "t", "n", "m", "ve", "re", "do", "not", "##s", "##ing"]]
    for nth in range(150):
        ids = [rng.choice(likely) if rng.random() < 0.6 else rng.randrange(len(pieces)) for _ in range(rng.randrange(30))]
        if nth % 3 == 0:
            ids.insert(rng.randrange(len(ids) + 1), len(pieces) + rng.randrange(10**6))  # unknown
        texts = {}
        for cleanup in (True, False):
            tool._tokenizer.decoder = decoders.WordPiece(cleanup=cleanup)
            for spaces in (True, False):
                name = {(True, True): "both", (True, False): "pieces", (False, True): "spaces", (False, False): "neither"}[cleanup, spaces]
                texts[name] = tool.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=spaces)
        yield [ids, texts]


SMALL = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "1", "0", "10", "##1", "2024", "é", "中", "🙂", '"', "\\", "/", "<", "&",
    "\u2028", "\u00a0", "\x7f", "__proto__", "constructor", "$&", "film", "warm", "##er", "A", "B",
]


def saved(tool):
    with tempfile.TemporaryDirectory() as folder:
        tool.save_pretrained(folder)
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(pathlib.Path(folder).iterdir())}
        tool._tokenizer.model.save(folder)
        files["vocab.txt"] = (pathlib.Path(folder) / "vocab.txt").read_text(encoding="utf-8")
        return {**files, "plain": tool._tokenizer.to_str(pretty=False)}


def files():
    vocab = {piece: id for id, piece in enumerate(SMALL)}
    uncased = bert(SMALL)
    added = bert(SMALL)
    added.add_tokens(["new york", AddedToken("<ent>", single_word=True, lstrip=True, normalized=False)])
    added.add_special_tokens({"additional_special_tokens": ["<user>"]})
    cut = bert(SMALL)
    cut._tokenizer.enable_truncation(8, stride=2, strategy="only_second", direction="left")
    cut._tokenizer.enable_padding(length=12, pad_to_multiple_of=4, pad_id=0)
    other = [piece.strip("[]").lower().join("<>") if piece.startswith("[") else piece for piece in SMALL]
    named = bert(other, unk_token="<unk>", cls_token="<cls>", sep_token="<sep>", pad_token="<pad>", mask_token="<mask>")
    processed = bert(SMALL)
    processed._tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    processed._tokenizer.decoder = decoders.WordPiece(cleanup=False)
    short = bert(SMALL)
    short._tokenizer.model = WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=50)
    short._tokenizer.decoder = None
    bare = Tokenizer(WordPiece(vocab, unk_token="[UNK]"))
    bare.normalizer = normalizers.BertNormalizer(strip_accents=True)
    bare.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return {
        "uncased": saved(uncased),
        "cased": saved(bert(SMALL, do_lower_case=False)),
        "settings told": saved(bert(SMALL, do_lower_case=False, strip_accents=True, tokenize_chinese_chars=False)),
        "added tokens": saved(added),
        "truncation and padding": saved(cut),
        "other names": saved(named),
        "BertProcessing": saved(processed),
        "short words, no decoder": saved(short),
        "DistilBERT": saved(DistilBertTokenizer(vocab=vocab)),
        "ELECTRA": saved(ElectraTokenizer(vocab=vocab)),
        "bare": {"tokenizer.json": bare.to_str(pretty=True), "plain": bare.to_str(pretty=False)},
    }


def older():
    pieces = [piece for piece in SMALL if piece not in "\u2028\u00a0\x7f"]
    vocab_txt = "\n".join(pieces) + "\n"
    text = "a [MASK] b <x> zzz yyy A [CLS] film"
    next_id = len(pieces)
    cases = [
        {"special_tokens_map.json": {"cls_token": "a", "mask_token": dict(content="b", lstrip=True, rstrip=False, single_word=False, normalized=False)}},
        {"special_tokens_map.json": {"additional_special_tokens": ["<x>", "film"]}},
        {"added_tokens.json": {"zzz": next_id + 1, "yyy": next_id}},
        {"added_tokens.json": {"zzz": next_id}, "special_tokens_map.json": {"unk_token": "[UNK]", "sep_token": "[SEP]"}},
        {"special_tokens_map.json": {"cls_token": "a"}, "tokenizer_config.json": {"cls_token": "b"}},
        {"tokenizer_config.json": {"do_lower_case": False, "added_tokens_decoder": {str(next_id): dict(content="yyy", special=False, normalized=False, lstrip=False, rstrip=False, single_word=False)}},
         "added_tokens.json": {"zzz": next_id}, "special_tokens_map.json": {"cls_token": "a"}},
    ]
    for case in cases:
        for with_json in (False, True):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                config = {"tokenizer_class": "BertTokenizer", **case.get("tokenizer_config.json", {})}
                contents = {file: json.dumps(value) for file, value in {**case, "tokenizer_config.json": config}.items()}
                contents["vocab.txt"] = vocab_txt
                if with_json:
                    contents["tokenizer.json"] = bert(pieces)._tokenizer.to_str()
                for file, content in contents.items():
                    (folder / file).write_text(content, encoding="utf-8")
                (folder / "config.json").write_text('{"model_type": "bert"}')
                tool = AutoTokenizer.from_pretrained(folder)
                yield [contents, text, tool.convert_ids_to_tokens(tool(text).input_ids)]


def lines(rows):
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"


PARTS = {
    "python-characters.json": lambda: lines(every_character()),
    "encodings.json": lambda: lines(encoding_rows()),
    "decode.json": lambda: lines(decode_rows()),
    "older.json": lambda: lines(older()),
    "files.json": lambda: json.dumps(files(), indent=1) + "\n",
}


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[1:] or ["python.json.gz", *PARTS]
    for name in chosen:
        if name in PARTS:
            (FIXTURES / name).write_text(PARTS[name]())
            continue
        with gzip.GzipFile(FIXTURES / name, "wb", 9, mtime=0) as file, io.TextIOWrapper(file, encoding="ascii") as text:
            text.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in python_rows())


main()
