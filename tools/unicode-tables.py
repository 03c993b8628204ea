"""Write packages/core/src/tokenizer/unicode.generated.ts: what the Rust crate `tokenizers` holds each character to be.

The crate mixes Unicode versions (its categories, its decompositions and its lower-casing come from three sources of
different age), so no host's own tables agree with it. This script therefore asks the crate itself, character by
character, and writes the answers down once. Run it again only to follow a newer release of the crate.

    python -m venv v && v/bin/pip install tokenizers==0.23.3
    v/bin/python tools/unicode-tables.py

Each table is one string of numbers. Sets: `gap length` per range, a gap being counted from the end of the range before.
Runs: `gap length value`. Maps: the set of characters, a space, and for each its targets, the lowest bit telling whether
another target of the same character follows. The first is the change from the character before's first, doubled, less
one if it is a negative one's amount.

A number is a digit of # to [ (base 57), the lowest, after as many of ] to ~ (base 34) as it takes: no separators, and
compressed they take a tenth less room than numbers with.

Decompositions are only asked for when accents are stripped, so marks that stripping removes are left out of them, but
for a mark that comes first: its place in the text counts (see `#flush` in normalize.ts).
"""

import pathlib
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).parent.parent / "packages/core/src/tokenizer/unicode.generated.ts"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def bert(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **on}).normalize_str


def digits(number):
    number, digit = divmod(number, 57)
    text = chr(ord("#") + digit)
    while number:
        number, digit = divmod(number, 34)
        text = chr(ord("]") + digit) + text
    return text


def ranges(points, value=lambda point: None):
    """[first, last, value] for each stretch of neighbours with one value."""
    found = []
    for point in sorted(points):
        if found and found[-1][1] == point - 1 and found[-1][2] == value(point):
            found[-1][1] = point
        else:
            found.append([point, point, value(point)])
    return found


def pack_set(points):
    numbers, end = [], 0
    for first, last, _ in ranges(points):
        numbers += [first - end, last + 1 - first]
        end = last + 1
    return "".join(map(digits, numbers))


def pack_runs(values):
    numbers, end = [], 0
    for first, last, value in ranges(values, values.get):
        numbers += [first - end, last + 1 - first, value]
        end = last + 1
    return "".join(map(digits, numbers))


def pack_map(targets):
    numbers, before = [], 0
    for point in sorted(targets):
        first, *rest = map(ord, targets[point])
        change = 2 * (first - before) if first >= before else 2 * (before - first) - 1
        numbers += [2 * number + (nth < len(rest)) for nth, number in enumerate([change, *rest])]
        before = first
    return pack_set(targets) + " " + "".join(map(digits, numbers))


def combining_classes(nfd):
    """Orders characters by watching which of two neighbours the canonical ordering swaps."""
    known = {}
    for point in POINTS:
        known.setdefault(unicodedata.combining(chr(point)), []).append(chr(point))
    known.pop(0)
    swaps = lambda a, b: nfd(a + b) == b + a and a != b
    lowest, highest = "\u0334", "\u0345"  # classes 1 and 240
    steps = []
    for value, marks in sorted(known.items()):
        marks = [mark for mark in marks if nfd(mark) == mark and (swaps(mark, lowest) or value == 1)]
        steps += [(value, mark) for mark in marks[:1]]  # a class newer than the crate has none
    classes = {}
    for point in POINTS:
        mark = chr(point)
        if nfd(mark) != mark or not (swaps(mark, lowest) or swaps(highest, mark) or mark in lowest + highest):
            continue
        below = [value for value, step in steps if swaps(mark, step)]
        above = [value for value, step in steps if swaps(step, mark)]
        between = [value for value, _ in steps if value not in below and value not in above]
        assert len(between) == 1, (hex(point), below, above)
        classes[point] = between[0]
    return classes


def word_characters():
    """The regex crate's \\w: an added token marked single_word is not found beside one."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([AddedToken("<>", single_word=True, normalized=False)])
    split = tokenizer.token_to_id("<>")
    return [point for point in POINTS if split not in tokenizer.encode("<>" + chr(point)).ids]


def main():
    clean, chinese, strip = bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True)
    nfd, lower = normalizers.NFD().normalize_str, normalizers.Lowercase().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    pieces = {point: len(split("a" + chr(point) + "b")) for point in POINTS}
    lowered = {point: lower(chr(point)) for point in POINTS if lower(chr(point)) != chr(point)}
    decomposed = {point: nfd(chr(point)) for point in POINTS if nfd(chr(point)) != chr(point)}
    hangul = range(0xAC00, 0xD7A4)  # computed, not stored
    for point in hangul:
        lead, rest = divmod(point - 0xAC00, 588)
        vowel, tail = divmod(rest, 28)
        assert decomposed.pop(point) == chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")
    nonspacing = {p for p in POINTS if nfd(chr(p)) == chr(p) and strip(chr(p)) == ""}
    for point, text in decomposed.items():
        decomposed[point] = text[0] + "".join(part for part in text[1:] if ord(part) not in nonspacing)
    shift = {point: (ord(text) - point) & 0x1FFFFF for point, text in lowered.items() if len(text) == 1}
    tables = {
        "whitespace": ("what ends a word", pack_set(p for p in POINTS if pieces[p] == 2)),
        "punctuation": ("what is a word of its own", pack_set(p for p in POINTS if pieces[p] == 3)),
        "removed": ("what cleaning removes", pack_set(p for p in POINTS if clean("a" + chr(p) + "b") == "ab")),
        "blanked": ("what cleaning turns into a space",
                    pack_set(p for p in POINTS if p != 32 and clean("a" + chr(p) + "b") == "a b")),
        "chinese": ("what gets spaces round it", pack_set(p for p in POINTS if len(chinese(chr(p))) == 3)),
        "nonspacing": ("the marks that accent stripping removes",
                       pack_set(nonspacing)),
        "word": ("the characters of \\\\w", pack_set(word_characters())),
        "combining": ("canonical combining classes", pack_runs(combining_classes(nfd))),
        "decomposition": ("canonical decompositions without the marks that are stripped, Hangul aside", pack_map(decomposed)),
        "lowerShift": ("lower-casing to one character: what to add, modulo 2^21", pack_runs(shift)),
        "lowerLong": ("lower-casing to several", pack_map({p: t for p, t in lowered.items() if len(t) > 1})),
    }
    lines = [f"/** Written by tools/unicode-tables.py from tokenizers {tokenizers.__version__}. Do not edit. */"]
    for name, (meaning, text) in tables.items():
        lines += ["", f"/** {meaning[0].upper()}{meaning[1:]}. */".replace("\\\\", "\\"), f'export const {name} = "{text}";']
        print(name, len(text))
    OUT.write_text("\n".join(lines) + "\n")


main()
