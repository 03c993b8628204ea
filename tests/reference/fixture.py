"""What the reference scripts share: how texts, offsets and tensors are written in `expected.json`.

A tensor is `{"shape": [...], "data": base64}`, its float32 values little-endian, row-major. The models run in
float64 on one thread and are rounded once, at the end: the values are the truth to float32's last bit, so a test
measures its own error and not the reference's, and another machine writes the same bytes.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def pack(tensor: torch.Tensor) -> dict:
    """One tensor as JSON."""
    values = tensor.detach().to(torch.float64).numpy().astype("<f4")
    return {"shape": list(values.shape), "data": base64.b64encode(values.tobytes()).decode("ascii")}


def to_utf16(text: str, offsets: list) -> list:
    """Offsets in code points, as Python counts, to offsets in UTF-16 units, as JavaScript does."""
    units = [0]
    for character in text:
        units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))
    return [[units[start], units[end]] for start, end in offsets]


def encode(tokenizer, items: list, max_length: int | None = None) -> dict:
    """Encodes `{text, pair?}` items as one batch, padded on the right to the longest.

    `offsets` are those of the real tokens: for a token of the pair, within the pair; [0, 0] for [CLS] and [SEP].
    """
    rows = []
    for item in items:
        cut = {"truncation": "longest_first", "max_length": max_length} if max_length else {}
        pair = [item["pair"]] if "pair" in item else None  # a list, for a bare "" is taken as no pair
        row = tokenizer([item["text"]], pair, return_offsets_mapping=True, **cut)
        offsets = []
        for sequence, offset in zip(row.sequence_ids(0), row["offset_mapping"][0]):
            of = item["pair"] if sequence == 1 else item["text"]
            offsets += [[0, 0]] if sequence is None else to_utf16(of, [offset])
        rows.append((row["input_ids"][0], row["token_type_ids"][0], offsets))
    length = max(len(ids) for ids, _, _ in rows)
    return {
        "input_ids": [ids + [0] * (length - len(ids)) for ids, _, _ in rows],
        "token_type_ids": [segments + [0] * (length - len(segments)) for _, segments, _ in rows],
        "attention_mask": [[1] * len(ids) + [0] * (length - len(ids)) for ids, _, _ in rows],
        "offsets": [offsets for _, _, offsets in rows],
    }


def tensors(encoded: dict) -> dict:
    """The three inputs of a BERT."""
    names = ("input_ids", "token_type_ids", "attention_mask")
    return {name: torch.from_numpy(np.array(encoded[name], dtype=np.int64)) for name in names}


def write_json(path: Path, value, indent: int | None = None) -> None:
    separators = (",", ":") if indent is None else (",", ": ")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=indent, separators=separators) + "\n", "utf-8")


def write_cases(path: Path, about: str, cases: list) -> None:
    """An `expected.json`: a head line, then one case a line, so that a change shows in a diff as one line."""
    lines = [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases]
    head = json.dumps(about, ensure_ascii=False)
    path.write_text('{"about":' + head + ',\n"cases":[\n' + ",\n".join(lines) + "\n]}\n", "utf-8")
