"""Hugging Face's Rust core for tests/bench/tokenizer.mjs: python tokenizer.py MODEL WAY TEXTS.json

Reads requests as JSON lines and answers each with one, like tokenizer-contender.mjs. Batches go to Rust whole, on one
thread (TOKENIZERS_PARALLELISM=false, RAYON_NUM_THREADS=1); results stay in Rust and no id becomes a Python object.
"""

import json
import sys
import time

import tokenizers

model, way, file = sys.argv[1:]
tokenizer = tokenizers.Tokenizer.from_file(f"{model}/tokenizer.json")
tokenizer.no_truncation()
tokenizer.no_padding()
with open(file, encoding="utf-8") as texts:
    slices = json.load(texts)

BATCH = 256
WARM_UP = 0.5  # seconds
encode = {"ids": tokenizer.encode_batch_fast, "offsets": tokenizer.encode_batch}[way]


def run(texts):
    for first in range(0, len(texts), BATCH):
        encode(texts[first : first + BATCH], add_special_tokens=False)


def fold(ids):
    total = len(ids)
    for id in ids:
        total = (total * 31 + id) & 0xFFFFFFFF
    return total


print(json.dumps({"version": tokenizers.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    texts = slices[request["slice"]]
    task = request.get("task")
    if task == "check":
        hashes = [fold(each.ids) for each in tokenizer.encode_batch(texts, add_special_tokens=False)]
        print(json.dumps({"hashes": hashes}), flush=True)
        continue
    if task == "warm up":
        start = time.perf_counter()
        while time.perf_counter() < start + WARM_UP:
            run(texts)
        print("{}", flush=True)
        continue
    run(slices[request["slice"] - 1][:BATCH])  # others had the processor in between
    cpu, wall = time.process_time(), time.perf_counter()
    run(texts)
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}), flush=True)
