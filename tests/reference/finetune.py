"""Fine-tuning by PyTorch and `transformers`, with the recipe of `cloze finetune`, for comparison.

    finetune.py sst2 --data DATA --model MODEL [--seeds 1,2,3] [--device cuda] [--limit 64 --epochs 1]

DATA holds a folder for each task (`sst2/train.tsv` …), MODEL is an encoder in Hugging Face's layout. Prints one line
of JSON a seed: what the dev set says after each epoch, seconds, tokens per second (padding left out).

The recipe: AdamW (bias correction, eps 1e-8), decay 0.01 but not on biases and LayerNorms, the gradients' norm clipped
at 1.0, linear warm-up over a tenth of the steps then linear decay, dropout as the config says; heads and losses as in
`transformers`: a text and a choice are read at the pooler. An epoch is a permutation, its last batch may be small.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import transformers

from finetune_tasks import TASKS, Reader, Rows

torch.set_grad_enabled(True)  # fixture.py turns it off


class Table:
    """All rows on the device, padded once; a batch is cut to its longest."""

    def __init__(self, rows: Rows, task, device):
        self.lengths = np.array([len(ids) for ids in rows.ids])
        self.group = rows.group
        padded = np.zeros((2, len(rows.ids), self.lengths.max()), dtype=np.int64)
        for n, (ids, segments) in enumerate(zip(rows.ids, rows.segments)):
            padded[0, n, : len(ids)], padded[1, n, : len(ids)] = ids, segments
        mask = (np.arange(self.lengths.max()) < self.lengths[:, None]).astype(np.int64)
        names = ("input_ids", "token_type_ids", "attention_mask")
        self.inputs = {name: torch.from_numpy(each).to(device) for name, each in zip(names, (*padded, mask))}
        self.labels = task.label(rows, device)

    def take(self, examples: np.ndarray):
        """What the model reads, the labels, and how many tokens there are."""
        rows = (examples[:, None] * self.group + np.arange(self.group)).ravel()
        length = self.lengths[rows].max()
        at = torch.from_numpy(rows).to(self.labels.device)
        inputs = {name: tensor[at, :length] for name, tensor in self.inputs.items()}
        return inputs, self.labels[torch.from_numpy(examples).to(at.device)], int(self.lengths[rows].sum())


@torch.inference_mode()
def predict(model, table: Table, batch: int) -> list:
    """Of each row the head's logits, one array, or of a span two. Rows of like lengths go together."""
    model.eval()
    outputs = [None] * len(table.lengths)
    order = np.argsort(-table.lengths, kind="stable")
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        length = table.lengths[rows].max()
        at = torch.from_numpy(rows).to(table.labels.device)
        inputs = {name: tensor[at, :length] for name, tensor in table.inputs.items()}
        features = model.bert(**inputs)
        if hasattr(model, "qa_outputs"):
            logits = model.qa_outputs(features.last_hidden_state).unbind(-1)
        else:
            read = features.last_hidden_state if features.pooler_output is None else features.pooler_output
            logits = [model.classifier(read)]
        arrays = [each.float().cpu().numpy() for each in logits]
        for n, row in enumerate(rows):
            outputs[row] = [array[n] for array in arrays]
    return outputs


def rate_at(step: int, steps: int, warmup: int, peak: float) -> float:
    return peak * ((step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup))


def train(task, options, data: dict, seed: int) -> dict:
    torch.manual_seed(seed)
    model = task.make_model(options.model).to(options.device)
    groups = {0.01: [], 0.0: []}
    for key, parameter in model.named_parameters():
        groups[0.0 if key.endswith("bias") or "LayerNorm" in key else 0.01].append(parameter)
    groups = [{"params": parameters, "weight_decay": decay} for decay, parameters in groups.items()]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999), eps=1e-8)
    batch = options.batch or task.batch
    count = len(data["train"])
    steps = -(-count // batch) * options.epochs
    warmup = round(steps * 0.1)
    random = np.random.default_rng(seed)
    table, dev = (Table(data[part], task, options.device) for part in ("train", "dev"))
    step = tokens = 0
    seconds, epochs = 0.0, []
    for _ in range(options.epochs):
        model.train()
        start, total = time.perf_counter(), torch.zeros((), device=options.device)
        order = random.permutation(count)
        for first in range(0, count, batch):
            inputs, labels, real = table.take(order[first : first + batch])
            loss = task.loss(model, inputs, labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, steps, warmup, options.rate)
            optimizer.step()
            total += loss.detach()
            step, tokens = step + 1, tokens + real
        mean = total.item() / -(-count // batch)  # waits for the device
        seconds += time.perf_counter() - start
        epochs.append({"loss": mean, **task.score(data["dev"], predict(model, dev, 64))})
    best = max(epochs, key=lambda epoch: epoch[task.main])
    return {
        "metrics": {key: value for key, value in epochs[-1].items() if key != "loss"},
        "best": best[task.main],
        "epochs": epochs,
        "steps": steps,
        "wallSeconds": round(seconds, 2),
        "tokensPerSecond": round(tokens / seconds),
    }


def shorten(value):
    if isinstance(value, dict):
        return {key: shorten(each) for key, each in value.items()}
    return [shorten(each) for each in value] if isinstance(value, list) else round(value, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="+", choices=list(TASKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", default="1", help="such as 1,2,3")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--batch", type=int, help="32, of SQuAD 16")
    parser.add_argument("--max-length", type=int, help="512, of SQuAD 384")
    parser.add_argument("--limit", type=int, help="the first so many of train and dev")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    device = torch.cuda.get_device_name() if options.device.startswith("cuda") else "cpu"
    about = {"device": device, "torch": torch.__version__, "transformers": transformers.__version__}
    for name in options.tasks:
        task = TASKS[name]()
        task.max_length = options.max_length or task.max_length
        reader = Reader(options.model, task.max_length)
        data = {part: task.prepare(options.data, reader, part, options.limit) for part in ("train", "dev")}
        for seed in map(int, options.seeds.split(",")):
            recipe = {"rate": options.rate, "batch": options.batch or task.batch}
            counts = {f"{part}Examples": len(rows) for part, rows in data.items()}
            result = shorten(train(task, options, data, seed))
            print(json.dumps({"task": name, "seed": seed, **result, **recipe, **counts, **about}), flush=True)


if __name__ == "__main__":
    main()
