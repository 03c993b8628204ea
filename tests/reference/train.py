"""What training is by PyTorch: gradients, and a hundred steps by two optimizers, for every kind of head.

Writes tests/fixtures/train; README.md says what each file holds. Each case is a small random BERT with ten batches,
which come round ten times, no dropout. Everything is computed in float64 from float32 weights and rounded once; the
same steps in float32 tell how near float32 can come.

Adam divides a gradient by its own size, so where the true gradient is 0 it makes steps of mere rounding: `free` names
the parameters that the loss does not depend on. A key's bias adds the same to all scores of a query; the bias of a
choice, and of a span and of what it reads, the same to all that a softmax compares.
"""

import json
import shutil

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig

from checkpoints import fill_weights
from fixture import FIXTURES

FOLDER = FIXTURES / "train"
SIZES = {
    "vocab_size": 90,
    "hidden_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 36,
    "max_position_embeddings": 32,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
BATCHES, STEPS, WARMUP, DECAY, CLIP = 10, 100, 10, 0.01, 1.0
PEAK = {"adamW": 2e-3, "bertAdam": 1e-3}
CASES = {
    "pretraining": ("BertForPreTraining", ["masked-lm", "next-sentence"], {}),
    "sequence": ("BertForSequenceClassification", ["sequence"], {"num_labels": 3}),
    "regression": ("BertForSequenceClassification", ["regression"], {"num_labels": 1, "problem_type": "regression"}),
    "multi-label": (
        "BertForSequenceClassification",
        ["multi-label"],
        {"num_labels": 4, "problem_type": "multi_label_classification"},
    ),
    "token": ("BertForTokenClassification", ["token"], {"num_labels": 5}),
    "span": ("BertForQuestionAnswering", ["span"], {}),
    "choice": ("BertForMultipleChoice", ["choice"], {}),
}


class BertAdam(torch.optim.Optimizer):
    """AdamWeightDecayOptimizer of google-research/bert's optimization.py: the moments are not corrected for bias."""

    def __init__(self, groups, betas=(0.9, 0.999), eps=1e-6):
        super().__init__(groups, {"lr": 0.0, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), eps = group["betas"], group["eps"]
            for parameter in group["params"]:
                state, gradient = self.state[parameter], parameter.grad
                m = beta1 * state.get("m", 0.0) + (1 - beta1) * gradient
                v = beta2 * state.get("v", 0.0) + (1 - beta2) * gradient.square()
                update = m / (v.sqrt() + eps) + group["weight_decay"] * parameter
                parameter -= group["lr"] * update
                state["m"], state["v"] = m, v


def make_optimizer(name: str, model):
    """Decay is for all but biases and LayerNorms."""
    groups = {DECAY: [], 0.0: []}
    for key, parameter in model.named_parameters():
        groups[0.0 if key.endswith("bias") or "LayerNorm" in key else DECAY].append(parameter)
    groups = [{"params": parameters, "weight_decay": decay} for decay, parameters in groups.items()]
    return BertAdam(groups) if name == "bertAdam" else torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8)


def rate_at(step: int, peak: float) -> float:
    """The rate of the update `step`, from 0: the first is not 0, nor is the last."""
    return peak * ((step + 1) / WARMUP if step < WARMUP else (STEPS - step) / (STEPS - WARMUP))


def make_feeds(kind: str, random: np.random.Generator) -> dict:
    """One batch, by the names of Cloze's feeds. Rows are [CLS] text [SEP] pair [SEP], of different lengths."""
    rows = 6 if kind == "choice" else 4
    lengths = random.integers(6, 16, rows)
    length = int(lengths.max())
    ids, segments, mask = (np.zeros((rows, length), int) for _ in range(3))
    for row, count in enumerate(lengths):
        middle = int(random.integers(2, count - 2))
        ids[row, :count] = random.integers(5, SIZES["vocab_size"], count)
        ids[row, [0, middle, count - 1]] = 2, 3, 3
        segments[row, middle + 1 : count] = 1
        mask[row, :count] = 1
    feeds = {"input_ids": ids, "token_type_ids": segments, "attention_mask": mask.astype(float)}
    each = np.full(rows, 1 / rows)
    if kind == "pretraining":
        counts = random.integers(1, 5, rows)
        counts[0] = 4
        positions, labels, weights = np.zeros((rows, 4), int), np.zeros((rows, 4), int), np.zeros((rows, 4))
        for row, count in enumerate(counts):
            positions[row, :count] = np.sort(random.choice(np.arange(1, lengths[row] - 1), count, replace=False))
            labels[row, :count] = ids[row, positions[row, :count]]
            ids[row, positions[row, :count]] = 4
            weights[row, :count] = 1 / counts.sum()
        feeds |= {"masked_positions": positions, "masked-lm.labels": labels, "masked-lm.weights": weights}
        feeds |= {"next-sentence.labels": random.integers(0, 2, rows), "next-sentence.weights": each}
    elif kind == "token":
        counted = (mask == 1) & (random.random(mask.shape) < 0.7)
        counted[:, 0], counted[:, 1] = False, True
        feeds["token.labels"] = np.where(counted, random.integers(0, 5, mask.shape), 0)
        feeds["token.weights"] = counted / counted.sum()
    elif kind == "span":
        starts = random.integers(0, lengths - 1)
        starts[0] = 0
        ends = np.where(starts == 0, 0, random.integers(starts, lengths - 1))
        feeds |= {"span.labels": np.stack([starts, ends], 1), "span.weights": each}
    else:
        count = rows // 3 if kind == "choice" else rows
        feeds[f"{kind}.labels"] = {
            "sequence": lambda: random.integers(0, 3, count),
            "regression": lambda: np.float32(random.uniform(0, 5, count)).astype(float),
            "multi-label": lambda: random.integers(0, 2, (count, 4)).astype(float),
            "choice": lambda: random.integers(0, 3, count),
        }[kind]()
        feeds[f"{kind}.weights"] = np.full(count, 1 / count)
    return feeds


def compute_losses(model, kind: str, feeds: dict) -> dict:
    """Each head's loss as `transformers` computes it from its own form of the labels."""
    dtype = next(model.parameters()).dtype
    tensors = {key: torch.from_numpy(np.asarray(value)) for key, value in feeds.items()}
    floats = {key: value.to(dtype) if value.is_floating_point() else value for key, value in tensors.items()}
    inputs = {key: tensors[key] for key in ("input_ids", "token_type_ids", "attention_mask")}
    if kind == "pretraining":
        labels = torch.full_like(tensors["input_ids"], -100)
        for row, at in (tensors["masked-lm.weights"] > 0).nonzero().tolist():
            labels[row, tensors["masked_positions"][row, at]] = tensors["masked-lm.labels"][row, at]
        whole = model(**inputs, labels=labels, next_sentence_label=tensors["next-sentence.labels"])
        logits = whole.prediction_logits.flatten(0, 1)
        masked = torch.nn.functional.cross_entropy(logits, labels.flatten())
        return {"masked-lm": masked, "next-sentence": whole.loss - masked}
    labels = floats[f"{kind}.labels"]
    if kind == "token":
        labels = torch.where(tensors["token.weights"] > 0, labels, -100)
    if kind == "choice":
        inputs = {key: value.unflatten(0, (-1, 3)) for key, value in inputs.items()}
    if kind == "span":
        return {"span": model(**inputs, start_positions=labels[:, 0], end_positions=labels[:, 1]).loss}
    return {kind: model(**inputs, labels=labels).loss}


def make_model(name: str, dtype: torch.dtype):
    architecture, _, settings = CASES[name]
    config = BertConfig(**SIZES, **settings, architectures=[architecture], attn_implementation="eager")
    model = getattr(transformers, architecture)(config)
    # transformers never gives [PAD] a gradient; the original does, where padding takes part (the softmax of a span).
    model.bert.embeddings.word_embeddings.padding_idx = None
    with torch.no_grad():
        fill_weights(model, f"train {name}")
    return model.to(dtype).train()


def read_gradient(name: str, feeds: dict) -> tuple[dict, dict]:
    model = make_model(name, torch.float64)
    losses = compute_losses(model, name, feeds)
    sum(losses.values()).backward()
    gradients = {key: parameter.grad for key, parameter in model.named_parameters()}
    return {head: loss.item() for head, loss in losses.items()}, gradients


def run(name: str, batches: list, optimizer_name: str, dtype: torch.dtype) -> tuple[dict, list, dict]:
    """All steps: each head's losses before the updates, the norms of the gradients before the clip, the parameters."""
    model = make_model(name, dtype)
    optimizer = make_optimizer(optimizer_name, model)
    history, norms = {head: [] for head in CASES[name][1]}, []
    for step in range(STEPS):
        losses = compute_losses(model, name, batches[step % BATCHES])
        optimizer.zero_grad()
        sum(losses.values()).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, PEAK[optimizer_name])
        optimizer.step()
        for head, loss in losses.items():
            history[head].append(loss.item())
    return history, norms, {key: value.detach() for key, value in model.named_parameters()}


def is_free(key: str, name: str) -> bool:
    free = {"span": ["qa_outputs.bias", "bert.encoder.layer.1.output.LayerNorm.bias"], "choice": ["classifier.bias"]}
    return key in free.get(name, []) or key.endswith("attention.self.key.bias")


def distance(a, b) -> float:
    """The norm of the difference over the norm of what is right."""
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    return ((a - b).norm() / b.norm()).item()


def save(path, tensors: dict) -> None:
    save_file({key: value.detach().float().contiguous() for key, value in tensors.items()}, path, {"format": "pt"})


def as_feeds(feeds: dict) -> dict:
    return {
        key: {
            "type": "float32" if value.dtype == float else "int32",
            "dims": list(value.shape),
            "data": [round(number, 9) for number in value.flatten().tolist()],
        }
        for key, value in feeds.items()
    }


def make(name: str) -> None:
    folder = FOLDER / name
    folder.mkdir(parents=True)
    random = np.random.default_rng(2018)
    batches = [make_feeds(name, random) for _ in range(BATCHES)]
    model = make_model(name, torch.float32)
    model.config.save_pretrained(folder)
    initial = dict(model.named_parameters())
    save(folder / "model.safetensors", initial)
    first, gradients = read_gradient(name, batches[0])
    save(folder / "gradients.safetensors", gradients)
    free = [key for key in initial if is_free(key, name)]
    assert all(gradients[key].norm() < 1e-14 for key in free), name
    assert all(value.norm() > 1e-9 for key, value in gradients.items() if key not in free), name

    optimizers = {}
    for optimizer in PEAK:
        losses, norms, weights = run(name, batches, optimizer, torch.float64)
        assert next(iter(losses.values()))[0] == next(iter(first.values()))
        save(folder / f"{optimizer}.safetensors", weights)
        narrow_losses, _, narrow = run(name, batches, optimizer, torch.float32)
        apart = {key: distance(narrow[key], weights[key]) for key in weights}
        bound = {key: value for key, value in apart.items() if key not in free}
        worst = max(bound, key=bound.get)
        optimizers[optimizer] = {
            "rates": [rate_at(step, PEAK[optimizer]) for step in range(STEPS)],
            "losses": losses,
            "norms": norms,
            "float32": {
                "losses": max(distance(narrow_losses[head], losses[head]) for head in losses),
                "parameters": bound[worst],
                "worst": worst,
                "free": {key: apart[key] for key in free},
            },
        }
        flat = [torch.cat([value.flatten() for value in each.values()]) for each in (initial, weights)]
        sums = [sum(values) for values in zip(*losses.values())]
        print(
            f"{name}, {optimizer}: loss {np.mean(sums[:10]):.3f} to {np.mean(sums[-10:]):.3f}, "
            f"moved by {distance(*flat):.2f}, clipped {sum(norm > CLIP for norm in norms)}, "
            f"float32 is {bound[worst]:.1e} off at {worst}, "
            f"free ones {max(apart[key] for key in free):.1e}"
        )
    head = {"heads": CASES[name][1], "free": free, "first": first}
    lines = [f'"{key}":{json.dumps(value)}' for key, value in head.items()]
    lines += [f'"{key}":{json.dumps(value)}' for key, value in optimizers.items()]
    rows = ",\n".join(json.dumps(as_feeds(feeds), separators=(",", ":")) for feeds in batches)
    lines.append(f'"batches":[\n{rows}\n]')
    (folder / "expected.json").write_text("{" + ",\n".join(lines) + "}\n", "utf-8")


if __name__ == "__main__":
    torch.set_grad_enabled(True)  # fixture.py turns it off
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in CASES:
        make(name)
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    print(f"{len(CASES)} cases, {sum(path.stat().st_size for path in files):,} bytes")
