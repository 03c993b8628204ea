"""Optimizers as PyTorch and the original BERT have them, and their schedules.

Writes tests/fixtures/optimizers.json:

parameters  of each: `name`, `decay` (whether its weights decay), and its first `weight`.
gradients   [updates][parameters], before clipping; the parameters' scales are 1e-6 to 10.
rates       [updates], float64: the learning rate of each update.
adamW       the weights after 100 updates of torch.optim.AdamW, by 25 of them, clipped by clip_grad_norm_ to 1.0;
            `norms` are the gradients' norms before it.
bertAdam    the same of AdamWeightDecayOptimizer of google-research/bert's optimization.py, over NumPy, clipped by
            tf.clip_by_global_norm.
schedules   the rates of both linear schedules, by `steps` and `warmup`: `transformers` is
            get_linear_schedule_with_warmup, `original` is create_optimizer of optimization.py.

Tensors are float32, little-endian, base64; so is all arithmetic of both optimizers, as it is in use.
"""

import base64
import warnings

import numpy as np
import torch
from transformers import get_linear_schedule_with_warmup

from fixture import FIXTURES, write_json

UPDATES, EVERY, PEAK = 100, 25, 1e-2
BETA1, BETA2, DECAY = 0.9, 0.999, 0.01
SHAPES = {  # name: (shape, scale of its gradients)
    "dense.weight": ((16, 8), 1.0),
    "dense.bias": ((8,), 1e-3),
    "LayerNorm.weight": ((8,), 10.0),
    "rare.weight": ((4, 8), 1e-6),
}
rng = np.random.default_rng(7)


def pack(values: np.ndarray) -> dict:
    data = base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")
    return {"shape": list(values.shape), "data": data}


def decays(name: str) -> bool:
    return not (name.endswith("bias") or "LayerNorm" in name)


def pytorch(weights: dict, gradients: list, rates: list) -> dict:
    parameters = {name: torch.nn.Parameter(torch.from_numpy(w.copy())) for name, w in weights.items()}
    groups = [
        {"params": [p for name, p in parameters.items() if decays(name) == decay], "weight_decay": DECAY * decay}
        for decay in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=(BETA1, BETA2), eps=1e-8, foreach=False)
    states, norms = [], []
    for step, rate in enumerate(rates, 1):
        for name, parameter in parameters.items():
            parameter.grad = torch.from_numpy(gradients[step - 1][name].copy())
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        if step % EVERY == 0:
            states.append({name: pack(p.detach().numpy()) for name, p in parameters.items()})
    return {"weights": states, "norms": norms}


def original(weights: dict, gradients: list, rates: list) -> dict:
    """optimization.py line by line; a Python number meets float32 as float32, as in TensorFlow."""
    weights = {name: w.copy() for name, w in weights.items()}
    m = {name: np.zeros_like(w) for name, w in weights.items()}
    v = {name: np.zeros_like(w) for name, w in weights.items()}
    f = np.float32
    states = []
    for step, rate in enumerate(rates, 1):
        norm = np.sqrt(sum(np.sum(np.square(g), dtype=f) for g in gradients[step - 1].values()))
        for name, weight in weights.items():
            gradient = gradients[step - 1][name] * (f(1.0) * np.minimum(f(1.0) / norm, f(1.0)))
            m[name] = f(BETA1) * m[name] + f(1.0 - BETA1) * gradient
            v[name] = f(BETA2) * v[name] + f(1.0 - BETA2) * np.square(gradient)
            update = m[name] / (np.sqrt(v[name]) + f(1e-6))
            if decays(name):
                update += f(DECAY) * weight
            weights[name] = weight - f(rate) * update
        if step % EVERY == 0:
            states.append({name: pack(w) for name, w in weights.items()})
    return {"weights": states}


def schedule(steps: int, warmup: int) -> dict:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    linear = get_linear_schedule_with_warmup(optimizer, warmup, steps)
    rates = []
    for _ in range(steps):
        rates.append(linear.get_last_lr()[0])
        optimizer.step()
        linear.step()
    # polynomial_decay(init_lr, global_step, num_train_steps, end_learning_rate=0, power=1), and while
    # global_step < num_warmup_steps, init_lr * global_step / num_warmup_steps. The first update sees global_step 0.
    first = [step / warmup if step < warmup else 1 - step / steps for step in range(steps)]
    return {"steps": steps, "warmup": warmup, "transformers": rates, "original": first}


def main() -> None:
    warnings.simplefilter("ignore")
    weights = {name: rng.normal(0, 0.5, shape).astype("f4") for name, (shape, _) in SHAPES.items()}
    scales = 10 ** rng.normal(0, 0.7, UPDATES)  # so that some updates are clipped and some are not
    gradients = [
        {name: (rng.normal(0.05, 0.05, shape) * scale * of).astype("f4") for name, (shape, scale) in SHAPES.items()}
        for of in scales
    ]
    rates = [PEAK * rate for rate in schedule(UPDATES, 10)["transformers"]]
    write_json(
        FIXTURES / "optimizers.json",
        {
            "parameters": [{"name": n, "decay": decays(n), "weight": pack(w)} for n, w in weights.items()],
            "gradients": [[pack(of[name]) for name in SHAPES] for of in gradients],
            "rates": rates,
            "adamW": pytorch(weights, gradients, rates),
            "bertAdam": original(weights, gradients, rates),
            "schedules": [schedule(20, 0), schedule(20, 2), schedule(20, 7), schedule(5, 5)],
        },
    )


if __name__ == "__main__":
    with torch.enable_grad():
        main()
