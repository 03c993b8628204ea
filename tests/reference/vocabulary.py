"""What Hugging Face's `WordPieceTrainer` learns from small corpora, for the tests of vocabulary training.

    python -m venv v && v/bin/pip install tokenizers==0.23.3
    v/bin/python tests/reference/vocabulary.py     # rewrites tests/fixtures/vocabulary.json, 5 s

`counted`: texts, and their words as BertNormalizer and BertPreTokenizer make them, with how often each occurs.

`trained`: words with counts, and the pieces in order. The trainer settles ties by ids, and numbers the `##` characters
of the alphabet in the order of a hash map, so that its result differs from run to run. Here it is given the alphabet
as if it were special tokens, in order of code points, and so is repeatable; in all else it is as it comes.
"""

import collections
import json
import pathlib
import random

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SYLLABLES = {
    "english": "th e an ing er on re ed ti st en at or nd to it is ar te se ha es ou tion ly".split(),
    "german": "sch ein ung ver ge keit heit ß ü bur straße ent zu rück licht stell er en st".split(),
    "turkish": "lar ler ın dan ev de ki li lik çı ğı mı şe gel git iyor du sa ı İ".split(),
    "russian": "про ст ова ние ть ся й ё на пере вы ход ный ая ого шь ь".split(),
    "greek": "ος ης αν ου κα τη λο γ ία σ ς μέ παρ ών εί ΔΙ".split(),
    "hindi": "क ा र ी न े स ् त ि म ं प ु".split(),
    "korean": "하 는 다 고 을 를 이 가 에서 습니 었".split(),
    "chinese and digits": "人 生 而 自由 2024 19 7 在 a b ab ba aa".split(),
}
TEXTS = [
    "All human beings are born free & equal; they've [MASK]ed don't, e.g. C++ at $5.00 <b>x</b>.",
    "Straßenbahn, Größe, Übermaß. L'œuvre, c'est ça : 25 % d'été. ¿Qué pasó en España?",
    "Tất cả mọi người sinh ra đều được tự do. Žluťoučký kůň. İstanbul, ILIK, ısı.",
    "Все люди рождаются свободными. Йод, ёж. Όλοι οι άνθρωποι· ΣΊΣΥΦΟΣ, ᾧ, ΐ.",
    "יוֹלֵד כָּל בְּנֵי אָדָם يولد جميع الناس أحرارًا مُحَمَّدٌ सभी मनुष्यों को स्वतन्त्रता",
    "人人生而自由，２０２４年 すべての人間は、ガギグゲゴ・パピプペポ。 모든 인간은 태어날 때부터",
    "👩\u200d👩\u200d👧 🏳️ 1️⃣ 🙂👍🏽 E = mc²; ∑ᵢ aᵢ ≈ ½ 𝐱 ∈ ℝⁿ ﬁnance Å ẞ ŉ ǰ 𐐔𐐯𐑅",
    "\u202ehello\u202c a\u00adb\u200bc\u2060d\ufeff https://example.com/a?b=c&d=e#f user@example.org",
]


def tokenizer(cased=False):
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=not cased)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def count(texts, cased=False):
    made = tokenizer(cased)
    words = collections.Counter()
    for text in texts:
        for word, _ in made.pre_tokenizer.pre_tokenize_str(made.normalizer.normalize_str(text)):
            words[word] += 1
    return {word: often for word, often in sorted(words.items()) if len(word) <= 100}


def train(words, size, min_frequency):
    made = tokenizer()
    alphabet = sorted({character for word in words for character in word})
    inside = sorted({character for word in words for character in word[1:]})
    specials = [*SPECIALS, *alphabet, *("##" + character for character in inside)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_frequency, special_tokens=specials, show_progress=False
    )
    lines = (" ".join([word] * min(1000, often - done)) for word, often in words.items() for done in range(0, often, 1000))
    made.train_from_iterator(lines, trainer)
    return [piece for piece, _ in sorted(made.get_vocab().items(), key=lambda entry: entry[1])]


def make_words(syllables, rng):
    texts = ["".join(rng.choices(syllables, k=rng.randint(1, 5))) for _ in range(400)]
    return {word: int(rng.lognormvariate(2, 1.5)) + 1 for word in count(texts)}


def main():
    texts = [*TEXTS, "x" * 100, "x" * 101, "𝐱" * 100 + " " + "𝐱" * 101, "a\r\nb\tc\u0085d\u2028e"]
    points = [*range(0x20, 0x180), *range(0x300, 0x370), 0xAD, 0x200B, 0xFEFF, 0x1AC, 0x4E00, 0xAC01, 0x16FF0, 0x302E, 0x1D16D, 0x1F642, 0x10400]
    rng = random.Random(1)
    texts += ["".join(chr(rng.choice(points)) for _ in range(60)) for _ in range(60)]
    counted = {"texts": texts, "uncased": count(texts), "cased": count(texts, cased=True)}

    trained = []
    for name, syllables in [*SYLLABLES.items(), ("all", sum(SYLLABLES.values(), []))]:
        words = make_words(syllables, random.Random(name))
        cases = []
        for size, min_frequency in [(250, 2), (10_000, 3), (10_000, 20)]:
            pieces = train(words, size, min_frequency)
            assert pieces == train(words, size, min_frequency), name
            cases.append({"size": size, "minFrequency": min_frequency, "pieces": pieces})
        trained.append({"name": name, "words": words, "cases": cases})
    output = {"counted": counted, "trained": trained}
    (HERE.parent / "fixtures/vocabulary.json").write_text(json.dumps(output, ensure_ascii=True, separators=(",", ":")) + "\n")


main()
