"""What Hugging Face's Rust `tokenizers` makes of many texts, for the tests of the tokenizer.

    python -m venv v && v/bin/pip install tokenizers==0.23.3
    v/bin/python tests/reference/tokenizer.py fixture     # rewrites tests/fixtures/tokenizer/*
    v/bin/python tests/reference/tokenizer.py stream --count 1000000 --seed 7 | node tests/long/tokenizer-million.mjs

The output is JSON Lines: first the settings by name (some with `"vocabulary": "characters"`), then one `[settings, text, ids, offsets]` a text, offsets
being [start, end) in UTF-16 units (the crate counts code points; they are converted here). A lone surrogate in a text
is what a JavaScript string may hold; the crate is shown U+FFFD in its place, as any UTF-8 encoder would.

decode.json holds `[ids, text, text with special tokens, text without clean-up]`.
"""

import argparse
import gzip
import io
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

ROOT = pathlib.Path(__file__).parent.parent.parent
FIXTURES = ROOT / "tests/fixtures/tokenizer"
SPECIALS = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"]

ADDED = [
    dict(content="[MASK]", special=True, lstrip=True),
    dict(content="<ent>", special=True, singleWord=True),
    dict(content="<entity>", special=True, rstrip=True),
    dict(content="new york", normalized=False),
    dict(content="Café", normalized=True),
    dict(content="flip", normalized=True, singleWord=True),
    dict(content="中文", normalized=True, lstrip=True),
    dict(content="zoë!", normalized=True, rstrip=True),
    dict(content="🙂", normalized=True),
]
SETTINGS = {
    "uncased": {},
    "cased": {"lowercase": False},
    "uncased with accents": {"stripAccents": False},
    "cased without accents": {"lowercase": False, "stripAccents": True},
    "no Chinese": {"handleChineseChars": False},
    "not cleaned": {"cleanText": False},
    "not cleaned, with accents, no Chinese": {"cleanText": False, "stripAccents": False, "handleChineseChars": False},
    "short words": {"maxWordLength": 6},
    "every character": {"vocabulary": "characters"},
    "every character, with accents": {"vocabulary": "characters", "stripAccents": False, "cleanText": False},
    "added tokens": {"addedTokens": ADDED},
    "added tokens, cased": {"addedTokens": ADDED, "lowercase": False},
}

# Article 1 of the Universal Declaration of Human Rights, or near it, and other everyday text.
REAL = [
    "All human beings are born free and equal in dignity and rights. They're endowed with reason & conscience.",
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Straßenbahn, Größe, Übermaß.",
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. L'œuvre, c'est ça : 25 % d'été.",
    "Todos los seres humanos nacen libres e iguales. ¿Qué pasó en España? ¡Años!",
    "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Žluťoučký kůň.",
    "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.",
    "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. İstanbul, ILIK, ısı.",
    "Все люди рождаются свободными и равными в своём достоинстве и правах. Йод, ёж.",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι. ΣΊΣΥΦΟΣ, ᾧ, ΐ.",
    "יוֹלֵד כָּל בְּנֵי אָדָם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. مُحَمَّدٌ",
    "سبھی انسان آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
    "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; கொள்கை.",
    "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်", "មនុស្សទាំងអស់ កើតមកមានសេរីភាព", "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་",
    "ყველა ადამიანი იბადება თავისუფალი. ᲐᲑᲒ", "Բոլոր մարդիկ ծնվում են ազատ և հավասար ԵՎ", "ሰው፡ሁሉ፡ነጻ፡ሆኖ፡ይወለዳል።",
    "人人生而自由，在尊严和权利上一律平等。２０２４年", "すべての人間は、生まれながらにして自由であり、ガギグゲゴ・パピプペポ。", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "Ọmọ ènìyàn gbogbo ni a bí ní òmìnira", "Mā ngā tāngata katoa e whānau", "ꦱꦧꦼꦤ꧀ꦲꦸꦮꦺꦴꦁ ꦏꦭꦲꦶꦂꦲꦏꦺ", "ᬲᬫᬶᬦ᭄ ᬯᭀᬂ", "ᏣᎳᎩ ꮳꮃꭹ", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻",
    "👩‍👩‍👧‍👦 🏳️‍🌈 1️⃣ 🇺🇸 🙂👍🏽 ☕️", "E = mc²; x ≠ y, x ≤ y; ∑ᵢ aᵢ ≈ ½ ± 3 ‰; 𝐱 ∈ ℝⁿ", "ﬁnance ﬂow Å Å Ω K ẞ ŉ ǰ", "\u202Ehello\u202C a\u00adb\u200bc\u2060d\ufeff",
    "https://example.com/a?b=c&d=e#f user@example.org C++ $5.00 <b>x</b> don't it's we've", "def f(x): return x**2 # [MASK] [mask] [SEP]x[CLS]",
    "RT @user_name: omg 😂😂 sooo goood!!1 #MondayMotivation #日本 https://t.co/Ab1cD <3 :-) pls RT… via @x", "@a:@b .@c ¯\\_(ツ)_/¯ #1 u+me=❤️",
    '<div class="a-b" id=\'x\'>&nbsp;&amp;&#x27;é&#233;</div><!-- no --><script>if(a<b&&c>d){e()}</script>', "<p>Caf&eacute;<br/>a&lt;b</p>",
    "for (let i=0;i<n;++i){a[i]=b->c*2;} // see #12\t/* x_y */ #include <stdio.h>", 'SELECT "a".* FROM t WHERE x<>\'y\' -- ok\n$ sudo rm -rf ./*',
    "<ent> a<ent>b <entity>  <entity>x new york NEW YORK cafe CAFÉ flip flipper Flip, 中文 中 文 ZOË!  zoe! 🙂🙂",
]
WORDS = [
    *SPECIALS, "[mask]", "[MASK", "[[MASK]]", "[unused1]", "unaffable", "don't", "İ", "ẞ", "Σ", "##ing", "e\u0301", "a\u030a\u0327", "q\u0307\u0323",
    "ẛ̣", "x\u302e\u0301", "\u0301\u302f", "\U0001d15e\u0334", "\u0344\u0323", "\u0f73\u0f71", "a\u1df6\u0323", "≠", "≠\u302e", "≮\u0301", "\u1dfb",
    "x" * 16, "x" * 17, "x" * 99, "x" * 100, "x" * 101, "é" * 100, "é" * 101, "가" * 33, "가" * 34, "\u0301" * 120, "\u1df6" * 101, "ab\u0301" * 50,
    "supercalifragilistic", "antidisestablishmentarianism", "...", "--", "\r\n", "\t", "\0", "\ufffd", "\ud800", "\udfff", "\u200d", "\u3000", "\x85",
    "<ent>", "<entity>", "new york", "café", "flip", "中文", "zoë!", "🙂", "\u1680", "\u180e", "\u2028",
]
BLOCKS = [
    (0x20, 0x7F), (0x61, 0x7B), (0x61, 0x7B), (0x41, 0x5B), (0x30, 0x3A), (0x21, 0x30), (0, 0x20), (0x7F, 0xA0), (0xA0, 0x100), (0x100, 0x250),
    (0x250, 0x300), (0x300, 0x370), (0x370, 0x400), (0x400, 0x530), (0x530, 0x590), (0x590, 0x700), (0x700, 0x900), (0x900, 0xD80), (0xD80, 0x1000),
    (0x1000, 0x1100), (0x1100, 0x1200), (0x1200, 0x1AB0), (0x1AB0, 0x1B00), (0x1B00, 0x1C80), (0x1C80, 0x1E00), (0x1DC0, 0x1E00), (0x1E00, 0x2000),
    (0x2000, 0x2070), (0x2070, 0x2190), (0x2190, 0x2C00), (0x2C00, 0x2E80), (0x2E80, 0x3000), (0x3000, 0x3040), (0x3040, 0x3100), (0x3100, 0x3400),
    (0x3400, 0x4E00), (0x4E00, 0xA000), (0xA000, 0xAC00), (0xAC00, 0xD7B0), (0xD800, 0xE000), (0xE000, 0xF900), (0xF900, 0xFB00), (0xFB00, 0xFE00),
    (0xFE00, 0xFF00), (0xFF00, 0x10000), (0x10000, 0x11000), (0x11000, 0x12000), (0x1D100, 0x1D250), (0x1D400, 0x1D800), (0x1E000, 0x1F000),
    (0x1F000, 0x1FB00), (0x20000, 0x2FA20), (0x2F800, 0x2FA20), (0xE0000, 0xE0200), (0x302A, 0x3030), (0x1D165, 0x1D173), (0, 0x10000), (0, 0x110000),
]


def vocabulary():
    return (ROOT / "packages/starter/model/vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")


def characters():
    """A vocabulary that tells all characters of the BMP apart, so that nothing hides in an [UNK]."""
    every = [chr(point) for point in range(0x10000) if not 0xD800 <= point < 0xE000]
    return [*SPECIALS, *every, *("##" + character for character in every)]


def build(pieces, settings):
    if settings.get("vocabulary") == "characters":
        pieces = characters()
    model = models.WordPiece(
        {piece: id for id, piece in enumerate(pieces)}, unk_token="[UNK]", max_input_chars_per_word=settings.get("maxWordLength", 100)
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=settings.get("cleanText", True),
        handle_chinese_chars=settings.get("handleChineseChars", True),
        strip_accents=settings.get("stripAccents"),
        lowercase=settings.get("lowercase", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    for token in settings.get("addedTokens", [dict(content=content, special=True) for content in SPECIALS]):
        special = token.get("special", False)
        added = AddedToken(
            token["content"],
            single_word=token.get("singleWord", False),
            lstrip=token.get("lstrip", False),
            rstrip=token.get("rstrip", False),
            normalized=token.get("normalized", not special),
        )
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)([added])
        if "addedTokens" in settings:
            token["id"] = tokenizer.token_to_id(token["content"])
    return tokenizer


def compose(rng, pieces, real):
    """One text: a stretch of a real one, pieces strung together, or characters from everywhere."""
    kind = rng.random()
    if kind < 0.2:
        text = rng.choice(real)
        start = rng.randrange(len(text))
        text = text[start : start + rng.randrange(1, 200)]
        return text.upper() if rng.random() < 0.1 else text
    if kind < 0.35:
        joints = [" ", " ", "", "-", ". ", "\u0301", "\n"]
        chosen = (rng.choice(pieces) for _ in range(rng.randrange(1, 20)))
        return "".join(piece.removeprefix("##") + rng.choice(joints) for piece in chosen)
    text = ""
    low, high = rng.choice(BLOCKS)
    wander = rng.choice([0, 0.3, 1])
    for _ in range(rng.randrange(1, 80 if rng.random() < 0.1 else 20)):
        if rng.random() < wander:
            low, high = rng.choice(BLOCKS)
        chance = rng.random()
        text += rng.choice(WORDS) if chance < 0.06 else " " if chance < 0.18 else chr(rng.randrange(low, high))
    return text


def javascript(text):
    """Surrogates that happen to stand side by side are one character in JavaScript."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def units(text):
    """The UTF-16 index of every code point, and of the end."""
    places, at = [], 0
    for character in text:
        places.append(at)
        at += 2 if character > "\uffff" else 1
    return [*places, at]


def lines(count, seed, real):
    rng = random.Random(seed)
    pieces = vocabulary()
    tokenizers = {name: build(pieces, settings) for name, settings in SETTINGS.items()}
    yield SETTINGS
    names = ["uncased"] * 8 + list(SETTINGS)
    for from_ in range(0, count, 1000):
        by_name = {}
        for _ in range(min(1000, count - from_)):
            by_name.setdefault(rng.choice(names), []).append(javascript(compose(rng, pieces, real)))
        for name, texts in by_name.items():
            shown = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
            assert all(len(a) == len(b) for a, b in zip(texts, shown))
            for text, encoding in zip(texts, tokenizers[name].encode_batch(shown, add_special_tokens=False)):
                places = units(text)
                yield [name, text, encoding.ids, [places[at] for span in encoding.offsets for at in span]]


def decoded(count, seed):
    """Real texts and random ids, decoded in three ways."""
    rng = random.Random(seed)
    pieces = vocabulary()
    tokenizer = build(pieces, {})
    likely = [pieces.index(piece) for piece in [*SPECIALS, *".?!,'", "s", "t", "n", "m", "ve", "re", "do", "not", "##s", "##ing"]]
    for _ in range(count):
        text = rng.choice(REAL)
        ids = tokenizer.encode(text, add_special_tokens=True).ids if rng.random() < 0.5 else []
        ids = ids + [rng.choice(likely) if rng.random() < 0.5 else rng.randrange(len(pieces)) for _ in range(rng.randrange(30))]
        tokenizer.decoder = decoders.WordPiece(cleanup=True)
        both = [tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)]
        tokenizer.decoder = decoders.WordPiece(cleanup=False)
        yield [ids, *both, tokenizer.decode(ids)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["fixture", "stream"])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpora", help="a folder of .txt.gz: the first 2 MB of each join the real texts")
    options = parser.parse_args()
    real = list(REAL)
    if options.corpora:
        for path in sorted(pathlib.Path(options.corpora).glob("*.txt.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                text = file.read(2_000_000)
            real += [text[at : at + 5000] for at in range(0, len(text), 5000)]
    written = (json.dumps(line, separators=(",", ":")) + "\n" for line in lines(options.count, options.seed, real))
    if options.mode == "stream":
        sys.stdout.writelines(written)
    else:
        FIXTURES.mkdir(parents=True, exist_ok=True)
        (FIXTURES / "decode.json").write_text("[" + ",\n".join(map(json.dumps, decoded(200, options.seed))) + "]\n")
        with gzip.GzipFile(FIXTURES / "parity.json.gz", "wb", 9, mtime=0) as file, io.TextIOWrapper(file, encoding="ascii") as text:
            text.writelines(written)


if __name__ == "__main__":
    main()
