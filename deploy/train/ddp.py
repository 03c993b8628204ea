"""Trains what `cloze export --training` wrote, on one machine or many: a reference, to be read and changed.

    $ pip install torch onnxruntime safetensors numpy        # onnxruntime-gpu for --provider cuda
    $ torchrun --nproc-per-node 4 deploy/train/ddp.py my-bert-step batches.npz --out trained.safetensors

`batches.npz` has, under the names in step.json's `batch`, one array of all steps: [steps, ...]. Each process computes its
share of each batch; gradients are summed over all, since a loss's weights sum to 1 over the whole batch.
"""
import argparse, json, math, pathlib
import numpy as np, onnxruntime as ort, torch, torch.distributed as dist
from safetensors.numpy import load_file, save_file

parser = argparse.ArgumentParser()
parser.add_argument("step", type=pathlib.Path)
parser.add_argument("batches")
parser.add_argument("--out", required=True)
parser.add_argument("--provider", choices=["cpu", "cuda"], default="cpu")
args = parser.parse_args()

dist.init_process_group("nccl" if args.provider == "cuda" else "gloo")
rank, world = dist.get_rank(), dist.get_world_size()
device = torch.device("cuda", rank % torch.cuda.device_count()) if args.provider == "cuda" else torch.device("cpu")
provider = ("CUDAExecutionProvider", {"device_id": device.index}) if device.type == "cuda" else "CPUExecutionProvider"

step = json.loads((args.step / "step.json").read_text())
session = ort.InferenceSession(args.step / step["graph"], providers=[provider])
weights = load_file(args.step / step["weights"])
parameters = step["parameters"]
moments = {p["name"]: (np.zeros_like(weights[p["name"]]), np.zeros_like(weights[p["name"]])) for p in parameters}
batches = np.load(args.batches)
optimizer, schedule = step["optimizer"], step["schedule"]


def share(array):
    return array[len(array) * rank // world : len(array) * (rank + 1) // world]


def rate_of(n):  # the nth update, from 0: a line up, a line down
    warmup, steps = schedule["warmup"], schedule["steps"]
    rises = n < warmup
    return schedule["rate"] * (n / warmup if rises else max(0, (steps - n) / (steps - warmup)))


for n in range(min(len(batches[batch["name"]]) for batch in step["batch"])):
    feeds = {b["name"]: share(batches[b["name"]][n]).astype(b["type"]) for b in step["batch"]}
    # Masks are drawn from the place in the batch of a process: each has a seed of its own.
    feeds |= {name: np.array([hash((step["seed"], n, rank)) & 0x7FFFFFFF], np.int32) for name in step["seeds"]}
    loss, *gradients = session.run([step["loss"], *(p["gradient"] for p in parameters)], feeds | weights)

    flat = torch.from_numpy(np.concatenate([np.ravel(x) for x in (loss, *gradients)])).to(device)
    dist.all_reduce(flat)
    total, *parts = np.split(flat.cpu().numpy(), np.cumsum([1] + [g.size for g in gradients])[:-1])
    norm = math.sqrt(sum(float(np.dot(part, part)) for part in parts))
    scale = min(1, step["clip"] / (norm + 1e-6))

    rate, beta1, beta2 = rate_of(n), optimizer["beta1"], optimizer["beta2"]
    right1, right2 = (1 - beta1 ** (n + 1), 1 - beta2 ** (n + 1)) if optimizer["biasCorrection"] else (1, 1)
    for p, part in zip(parameters, parts):
        weight, (m, v) = weights[p["name"]], moments[p["name"]]
        gradient = part.reshape(p["shape"]) * np.float32(scale)
        m[...] = beta1 * m + (1 - beta1) * gradient
        v[...] = beta2 * v + (1 - beta2) * gradient**2
        change = (m / right1) / (np.sqrt(v / right2) + optimizer["epsilon"])
        if p["decay"]:
            change += optimizer["weightDecay"] * weight
        weight -= (rate * change).astype(np.float32)
    if rank == 0:
        print(json.dumps({"step": n + 1, "loss": float(total[0]), "norm": norm, "rate": rate}), flush=True)

if rank == 0:
    save_file(weights, args.out, metadata={"format": "pt"})
dist.destroy_process_group()
