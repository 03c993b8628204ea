"""Write packages/core/src/tokenizer/python.generated.ts: where Python holds characters to be something else than the
Rust crate `tokenizers` does, as far as google-research/bert's tokenization.py asks.

Python takes its answers from the `unicodedata` that it was built with: run this with Python 3.11 (Unicode 14.0.0).
It reads the crate's answers from unicode.generated.ts, so run unicode-tables.py first.

    python3.11 tools/python-tables.py

The tables have the forms that unicode-tables.py describes.
"""

import pathlib
import re
import unicodedata

FOLDER = pathlib.Path(__file__).parent.parent / "packages/core/src/tokenizer"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
RUST = dict(re.findall(r'export const (\w+) = "(.*)";', (FOLDER / "unicode.generated.ts").read_text()))


def digits(number):
    number, digit = divmod(number, 57)
    text = chr(ord("#") + digit)
    while number:
        number, digit = divmod(number, 34)
        text = chr(ord("]") + digit) + text
    return text


def read_numbers(text):
    numbers, high = [], 0
    for char in map(ord, text):
        if char < 92:
            numbers.append(high * 57 + char - ord("#"))
            high = 0
        else:
            high = high * 34 + char - ord("]")
    return numbers


def read_runs(text, valued):
    numbers = read_numbers(text)
    values, end = {}, 0
    for at in range(0, len(numbers), 3 if valued else 2):
        first = end + numbers[at]
        end = first + numbers[at + 1]
        values.update(dict.fromkeys(range(first, end), numbers[at + 2] if valued else 1))
    return values


def read_map(text):
    points, targets = text.split(" ")
    numbers, found, before = iter(read_numbers(targets)), {}, 0
    for point in read_runs(points, False):
        number = next(numbers)
        change, more = divmod(number, 2)
        before += -(change + 1) // 2 if change & 1 else change // 2
        found[point] = [before]
        while more:
            target, more = divmod(next(numbers), 2)
            found[point].append(target)
    return found


def pack_set(points):
    runs = []
    for point in sorted(points):
        if runs and runs[-1][1] == point:
            runs[-1][1] += 1
        else:
            runs.append([point, point + 1])
    numbers, end = [], 0
    for first, after in runs:
        numbers += [first - end, after - first]
        end = after
    return "".join(map(digits, numbers))


def pack_map(targets):
    numbers, before = [], 0
    for point in sorted(targets):
        first, *rest = targets[point]
        change = 2 * (first - before) if first >= before else 2 * (before - first) - 1
        numbers += [2 * number + (nth < len(rest)) for nth, number in enumerate([change, *rest])]
        before = first
    return pack_set(targets) + " " + "".join(map(digits, numbers))


def differing(name, python):
    rust = read_runs(RUST[name], False)
    return pack_set(point for point in POINTS if (point in rust) != bool(python(chr(point), point)))


def punctuation(char, point):
    ascii_sign = 33 <= point <= 47 or 58 <= point <= 64 or 91 <= point <= 96 or 123 <= point <= 126
    return ascii_sign or unicodedata.category(char).startswith("P")


def removed(char, point):
    return char not in "\t\n\r" and (point in (0, 0xFFFD) or unicodedata.category(char) in ("Cc", "Cf"))


def chinese(_, point):
    blocks = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)]
    blocks += [(0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
    return any(first <= point <= last for first, last in blocks)


def kept(points):
    """Without the marks that are stripped."""
    return [point for point in points if unicodedata.category(chr(point)) != "Mn"]


def final_sigma(before, after=""):
    return (before + "Σ" + after).lower()[len(before.lower())] == "ς"


def main():
    lower, decomposition = {}, {}
    shift, several, nfd = read_runs(RUST["lowerShift"], True), read_map(RUST["lowerLong"]), read_map(RUST["decomposition"])
    for point in POINTS:
        rust = several.get(point) or [(point + shift.get(point, 0)) & 0x1FFFFF]
        python = [ord(char) for char in chr(point).lower()]
        if rust != python:
            lower[point] = python
        python = kept(map(ord, unicodedata.normalize("NFD", chr(point))))
        if kept(nfd.get(point, [point])) != python and not 0xAC00 <= point < 0xD7A4:
            decomposition[point] = python
    classes = read_runs(RUST["combining"], True)
    combining = {
        point: [unicodedata.combining(chr(point))]
        for point in POINTS
        if unicodedata.combining(chr(point)) != classes.get(point, 0)
    }
    cased = {point for point in POINTS if final_sigma(chr(point))}
    ignorable = {point for point in POINTS if point not in cased and final_sigma("a" + chr(point))}
    tables = {
        "removed": ("What only one of the two cleans away", differing("removed", removed)),
        "punctuation": ("What only one of the two holds to be punctuation", differing("punctuation", punctuation)),
        "chinese": ("What only one of the two puts spaces round", differing("chinese", chinese)),
        "whitespace": ("What only one of the two splits words at", differing("whitespace", lambda char, _: char.isspace())),
        "nonspacing": (
            "Marks that only one of the two strips",
            differing("nonspacing", lambda char, _: unicodedata.category(char) == "Mn" and unicodedata.normalize("NFD", char) == char),
        ),
        "lower": ("Lower-casing that differs", pack_map(lower)),
        "decomposition": ("Canonical decompositions that differ", pack_map(decomposition)),
        "combining": ("Canonical combining classes that differ", pack_map(combining)),
        "cased": ("What makes the capital sigma after it a final one", pack_set(cased)),
        "ignorable": ("What that looks past", pack_set(ignorable)),
    }
    version = unicodedata.unidata_version
    lines = [f"/** Written by tools/python-tables.py from Python's unicodedata {version}. Do not edit. */"]
    for name, (meaning, text) in tables.items():
        lines += ["", f"/** {meaning}. */", f'export const {name} =\n  "{text}";' if len(text) > 88 else f'export const {name} = "{text}";']
        print(name, len(text))
    (FOLDER / "python.generated.ts").write_text("\n".join(lines) + "\n")


main()
