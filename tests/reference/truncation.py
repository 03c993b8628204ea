"""Truncation and windows as Hugging Face's `tokenizers` does them, for all small lengths.

Writes tests/fixtures/truncation.json:

truncation  rows [a, b, room, strategy, kept from the right, kept from the left]: the lengths of two texts (b is null
            for one text alone) and the tokens there is room for, special tokens not counted. Kept is
            [first of a, count of a, first of b, count of b], or null where it is refused.
windows     rows [length, room, stride, direction, [[first, count], ...]], in the order of the text.
"""
import json
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

tokenizer = Tokenizer(WordLevel({"x": 0, "[UNK]": 1}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = Whitespace()


def text(length):
    return " ".join("x" * length)


def run_of(encoding, sequence):
    """Where a sequence's tokens come from: the number of the first, and how many, one after the other."""
    spans = zip(encoding.sequence_ids, encoding.offsets)
    numbers = [start // 2 for number, (start, _) in spans if number == sequence]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    return [numbers[0] if numbers else 0, len(numbers)]


def kept(a, b, room, strategy, direction):
    tokenizer.enable_truncation(room, strategy=strategy.replace("-", "_"), direction=direction)
    try:
        encoding = tokenizer.encode(text(a), None if b is None else text(b), add_special_tokens=False)
    except Exception:
        return None
    return [*run_of(encoding, 0), *run_of(encoding, 1)]


rows = [
    [a, b, room, strategy, kept(a, b, room, strategy, "right"), kept(a, b, room, strategy, "left")]
    for a in range(8)
    for b in [None, *range(8)]
    for room in range(1, 12)
    for strategy in ["longest-first", "only-first", "only-second"]
]

windows = []
for length in range(11):
    for room in range(1, 7):
        for stride in range(room):
            for direction in ["right", "left"]:
                tokenizer.enable_truncation(room, stride=stride, direction=direction)
                encoding = tokenizer.encode(text(length), add_special_tokens=False)
                runs = [run_of(window, 0) for window in [encoding, *encoding.overflowing]]
                windows.append([length, room, stride, direction, sorted(runs)])


def lines(rows):
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]"


path = Path(__file__).parent.parent / "fixtures" / "truncation.json"
path.write_text('{\n"truncation": ' + lines(rows) + ',\n"windows": ' + lines(windows) + "\n}\n")
