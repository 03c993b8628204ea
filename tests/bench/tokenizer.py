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
encode = {"ids": tokenizer.encode_batch_fast, "offsets": tokenizer.encode_batch}[way]


def fold(ids):
    total = len(ids)
    for id in ids:
        total = (total * 31 + id) & 0xFFFFFFFF
    return total


print(json.dumps({"version": tokenizers.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    texts = slices[request["slice"]]
    if request.get("check"):
        hashes = [fold(each.ids) for each in tokenizer.encode_batch(texts, add_special_tokens=False)]
        print(json.dumps({"hashes": hashes}), flush=True)
        continue
    encode(slices[request["slice"] - 1][:BATCH], add_special_tokens=False)  # warms up, untimed
    cpu, wall = time.process_time(), time.perf_counter()
    for first in range(0, len(texts), BATCH):
        encode(texts[first : first + BATCH], add_special_tokens=False)
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}), flush=True)
