"""What the starter model and its three plugins compute, by `transformers`.

Writes `tests/fixtures/starter/expected.json` (the form is in README.md). The fp16 weights are widened, nothing is
computed in half precision.
"""

import argparse
import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForPreTraining, BertTokenizer

from fixture import FIXTURES, ROOT, encode, pack, tensors, write_cases

# Jane Austen, Pride and Prejudice (1813), chapter 1.
PASSAGE = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of "
    "a wife. However little known the feelings or views of such a man may be on his first entering a neighbourhood, "
    "this truth is so well fixed in the minds of the surrounding families, that he is considered the rightful "
    "property of some one or other of their daughters. “My dear Mr. Bennet,” said his lady to him one day, “have "
    "you heard that Netherfield Park is let at last?” Mr. Bennet replied that he had not."
)

CASES = [
    ("short", [{"text": "a warm , funny and touching film"}]),
    ("answer", [{"text": "Who wrote it?", "pair": "The play was written by Anton Chekhov in 1896."}]),
    ("masks", [{"text": "The [MASK] of France is [MASK]."}]),
    ("unicode", [{"text": "Señora Núñez paid 3 € for ﬁve 寿司 rolls 🍣 in Zürich — naïve?"}]),
    ("batch", [
        {"text": "dull , clumsy and far too long"},
        {"text": "He opened the door.", "pair": "The room was empty."},
        {"text": "Anton Chekhov was born in Taganrog."},
        {"text": ""},
    ]),
    ("hundred tokens", [{"text": PASSAGE}]),
    ("512 tokens", [{"text": "What is let at last?", "pair": " ".join([PASSAGE] * 6)}]),
]
LONG = 64  # from this length on, last_hidden_state keeps every 32nd token


def pool_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over every real token, [CLS] and [SEP] with them: [batch, length, hidden] to [batch, hidden]."""
    weights = mask[..., None].to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def load_head(folder: Path, name: str):
    head = load_file(folder / "plugins" / name / "head.safetensors")
    weight, bias = head["weight"].double(), head["bias"].double()
    return lambda features: features @ weight.T + bias


def fill(model, hidden: torch.Tensor, ids: torch.Tensor, mask_id: int) -> list:
    """For each [MASK]: the ten best pieces, their logits, and the log of the sum of exponentials of all."""
    predictions = []
    for row, position in (ids == mask_id).nonzero().tolist():
        logits = model.cls.predictions(hidden[row, position])
        best = logits.topk(10)
        predictions.append({
            "row": row,
            "position": position,
            "ids": best.indices.tolist(),
            "logits": pack(best.values),
            "logsumexp": pack(logits.logsumexp(-1)),
        })
    return predictions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "packages" / "starter" / "model")
    folder = parser.parse_args().model
    model = BertForPreTraining.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    tokenizer = BertTokenizer.from_pretrained(folder)
    sentiment, answers, entities = (load_head(folder, name) for name in ("sentiment", "answers", "entities"))

    cases = []
    for name, items in CASES:
        encoded = encode(tokenizer, items, 512)
        inputs = tensors(encoded)
        features = model.bert(**inputs, output_hidden_states=True)
        hidden, pooled = features.last_hidden_state, features.pooler_output
        start, end = answers(hidden).unbind(-1)
        step = 32 if hidden.shape[1] >= LONG else 1
        means = [pool_mean(layer, inputs["attention_mask"]) for layer in features.hidden_states]
        outputs = {
            "last_hidden_state": pack(hidden[:, ::step]),
            "pooler_output": pack(pooled),
            "mean_pooled": pack(torch.stack(means)),  # [layers + 1, batch, hidden]
            "sentiment": pack(sentiment(pooled)),
            "start_logits": pack(start),
            "end_logits": pack(end),
            "entities": pack(entities(hidden)),
            "seq_relationship_logits": pack(model.cls.seq_relationship(pooled)),
        }
        predictions = fill(model, hidden, inputs["input_ids"], tokenizer.mask_token_id)
        cases.append({"name": name, "items": items, **encoded, "step": step, "outputs": outputs, "masks": predictions})
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    path = FIXTURES / "starter" / "expected.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cases(path, f"cloze-starter, model.safetensors sha256 {digest}", cases)
    print(f"{len(cases)} cases, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
