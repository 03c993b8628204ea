"""How fast PyTorch pre-trains a small BERT on this CPU: tokens per second of whole steps.

    train_speed.py --preset mini --dropout 0.1 --threads 2      # prints one line of JSON
    train_speed.py --preset mini --wait                         # reads "go N" lines, runs N steps for each

A step is forward, backward, clip and AdamW on 32 rows of 128 tokens, 20 masks a row: masked words and next sentence.
Only the masked positions go through the vocabulary product, as in Cloze (`transformers` itself would multiply all), and
Adam is the fused one, which on a CPU is not the default but the faster. Of the two attentions the faster is taken, each
tried in a process of its own, so that the memory is that of one. With --wait whoever drives may let others run between.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time

import torch
import transformers
from transformers import BertConfig, BertForPreTraining

PRESETS = {  # layers, hidden, heads
    "tiny": (2, 128, 2),
    "mini": (4, 256, 4),
    "minilm-l6": (6, 384, 12),
}
BATCHES = 8
WARMUP_STEPS = 2


class Training:
    def __init__(self, options):
        torch.manual_seed(1)
        layers, hidden, heads = PRESETS[options.preset]
        config = BertConfig(
            num_hidden_layers=layers,
            hidden_size=hidden,
            num_attention_heads=heads,
            intermediate_size=4 * hidden,
            hidden_dropout_prob=options.dropout,
            attention_probs_dropout_prob=options.dropout,
            attn_implementation=options.attention,
        )
        self.model = BertForPreTraining(config).train()
        groups = {0.01: [], 0.0: []}
        for key, parameter in self.model.named_parameters():
            groups[0.0 if key.endswith("bias") or "LayerNorm" in key else 0.01].append(parameter)
        groups = [{"params": parameters, "weight_decay": decay} for decay, parameters in groups.items()]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=options.adam == "fused" or None)
        self.batches = [self.make_batch(options, config.vocab_size) for _ in range(BATCHES)]
        self.steps = 0
        self.run(WARMUP_STEPS)

    @staticmethod
    def make_batch(options, vocabulary: int) -> dict:
        rows, length, masks = options.batch, options.length, options.masks
        ids = torch.randint(1000, vocabulary, (rows, length))
        positions = torch.rand(rows, length - 2).argsort(1)[:, :masks].sort(1).values + 1  # [rows, masks]
        labels = ids.gather(1, positions)
        return {
            "ids": ids.scatter(1, positions, 103),
            "segments": (torch.arange(length) >= length // 2).long().expand(rows, length).contiguous(),
            "mask": torch.ones(rows, length, dtype=torch.long),
            "positions": positions,
            "labels": labels,
            "next": torch.randint(0, 2, (rows,)),
        }

    def run(self, steps: int) -> tuple[float, float]:
        """The mean loss, and the seconds of the fastest step."""
        total, fastest = 0.0, math.inf
        for _ in range(steps):
            start = time.perf_counter()
            batch = self.batches[self.steps % BATCHES]
            encoded = self.model.bert(batch["ids"], attention_mask=batch["mask"], token_type_ids=batch["segments"])
            hidden = encoded.last_hidden_state  # [rows, length, hidden]
            places = batch["positions"][..., None].expand(-1, -1, hidden.shape[-1])
            words = self.model.cls.predictions(hidden.gather(1, places))  # [rows, masks, vocabulary]
            follows = self.model.cls.seq_relationship(encoded.pooler_output)
            loss = torch.nn.functional.cross_entropy(words.flatten(0, 1), batch["labels"].flatten())
            loss = loss + torch.nn.functional.cross_entropy(follows, batch["next"])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.steps += 1
            total += loss.item()
            fastest = min(fastest, time.perf_counter() - start)
        return total / steps, fastest


def read_peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def measure(training: Training, steps: int) -> dict:
    wall, cpu = time.perf_counter(), time.process_time()
    loss, fastest = training.run(steps)
    return {
        "steps": steps,
        "wallSeconds": round(time.perf_counter() - wall, 4),
        "cpuSeconds": round(time.process_time() - cpu, 4),
        "fastestStepSeconds": round(fastest, 4),
        "peakRssMB": read_peak(),
        "loss": round(loss, 4),
    }


def choose_attention(options) -> str:
    """The one with the fastest step: on a shared machine, the one figure that others can only make worse."""
    fastest = {}
    for attention in ("sdpa", "eager"):
        command = [sys.executable, *sys.argv, "--attention", attention, "--steps", "4"]
        command = [word for word in command if word != "--wait"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        fastest[attention] = json.loads(done.stdout.splitlines()[-1])["fastestStepSeconds"]
    print(json.dumps({"fastestStepSeconds": fastest}), file=sys.stderr, flush=True)
    return min(fastest, key=fastest.get)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list(PRESETS), required=True)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--masks", type=int, default=20, help="a row")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--attention", choices=["sdpa", "eager"], help="without it, the faster one")
    parser.add_argument("--adam", choices=["fused", "default"], default="fused")
    parser.add_argument("--wait", action="store_true", help='run steps only for each line "go N" on stdin')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.attention = options.attention or choose_attention(options)
    about = {
        "preset": options.preset,
        "dropout": options.dropout,
        "tokensPerStep": options.batch * options.length,
        "attention": options.attention,
        "adam": options.adam,
        "threads": options.threads,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "importedRssMB": read_peak(),
    }
    training = Training(options)
    if not options.wait:
        measured = measure(training, options.steps)
        speed = round(options.steps * options.batch * options.length / measured["wallSeconds"], 1)
        print(json.dumps({**about, "tokensPerSecond": speed, **measured}))
        return
    print(json.dumps({"ready": True, **about}), flush=True)
    for line in sys.stdin:
        command, _, steps = line.strip().partition(" ")
        if command != "go":
            break
        print(json.dumps(measure(training, int(steps))), flush=True)


if __name__ == "__main__":
    main()
