"""Longest-first truncation as Hugging Face's `tokenizers` does it, for all small lengths.

Writes tests/fixtures/truncation.json: rows [a, b, room, [kept of a, kept of b]].
"""
import json
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

tokenizer = Tokenizer(WordLevel({"x": 0, "[UNK]": 1}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = Whitespace()

rows = []
for a in range(10):
    for b in range(10):
        for room in range(1, 14):
            tokenizer.enable_truncation(room, strategy="longest_first")
            encoding = tokenizer.encode(" ".join("x" * a), " ".join("x" * b), add_special_tokens=False)
            kept = [encoding.sequence_ids.count(0), encoding.sequence_ids.count(1)]
            rows.append([a, b, room, kept])

path = Path(__file__).parent.parent / "fixtures" / "truncation.json"
path.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
