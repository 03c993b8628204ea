"""Exports a BERT folder to the layout that transformers.js reads, for speed and parity against it.

    export-onnx.py MODEL_DIR OUT_DIR [--task features|classify|answer|fill] [--head PLUGIN_DIR] [--opset 14]

Writes OUT_DIR/{config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx}: float32, int64 inputs
`input_ids`, `attention_mask`, `token_type_ids`, both axes dynamic, attention spelled out, as optimum exports and as
the files on the hub are. With `--head`, a plugin's weights become the classifier, its labels `id2label`; without,
the folder's own head is used. Ends by running the file in onnxruntime against PyTorch.

The exporter is torch's TorchScript one (`dynamo=False`), which needs `pip install torch transformers onnx onnxruntime`.
"""

import argparse
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import transformers
from safetensors.torch import load_file

TASKS = {  # task: (class, outputs and their axes, the head within the class)
    "features": ("BertModel", {"last_hidden_state": ("batch_size", "sequence_length")}, None),
    "classify": ("BertForSequenceClassification", {"logits": ("batch_size",)}, "classifier"),
    "answer": (
        "BertForQuestionAnswering",
        {name: ("batch_size", "sequence_length") for name in ("start_logits", "end_logits")},
        "qa_outputs",
    ),
    "fill": ("BertForMaskedLM", {"logits": ("batch_size", "sequence_length")}, None),
}
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Exported(torch.nn.Module):
    """Positional tensors in, positional tensors out: what the exporter traces."""

    def __init__(self, model, outputs):
        super().__init__()
        self.model, self.outputs = model, outputs
        self.eval()  # the exporter puts the mode that it finds here back on every layer: dropout would come on

    def forward(self, *inputs):
        result = self.model(**dict(zip(INPUTS, inputs)))
        return tuple(result[name] for name in self.outputs)


def load(folder: Path, task: str, head: Path | None):
    architecture, _, layer = TASKS[task]
    config = transformers.BertConfig.from_pretrained(folder, attn_implementation="eager")
    config.architectures = [architecture]
    if head and layer:
        labels = json.loads((head / "plugin.json").read_text("utf-8"))["labels"]
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: n for n, label in enumerate(labels)}
    model = getattr(transformers, architecture).from_pretrained(folder, config=config, dtype=torch.float32).eval()
    if head and layer:
        weights = load_file(head / "head.safetensors")
        getattr(model, layer).load_state_dict({name: value.float() for name, value in weights.items()})
    return model


def make_inputs(vocabulary: int, batch: int, length: int):
    """Random ids; every second row is shorter, and its last half the second segment."""
    ids = torch.randint(5, vocabulary, (batch, length), generator=torch.Generator().manual_seed(1))
    mask, segments = torch.ones_like(ids), torch.zeros_like(ids)
    mask[1::2, length * 2 // 3 :] = 0
    segments[1::2, length // 3 :] = 1
    return ids * mask, mask, segments * mask


def export(model, task: str, path: Path, opset: int) -> None:
    outputs = TASKS[task][1]
    path.parent.mkdir(parents=True, exist_ok=True)
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in INPUTS}
    axes.update({name: dict(enumerate(names)) for name, names in outputs.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported(model, list(outputs)),
            make_inputs(model.config.vocab_size, 2, 16),
            path,
            input_names=list(INPUTS),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=opset,
            do_constant_folding=True,
            dynamo=False,
        )


def measure_difference(model, task: str, path: Path) -> float:
    """The largest difference from PyTorch over several shapes, on real tokens."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    longest, worst = model.config.max_position_embeddings, 0.0
    for batch, length in ((1, 3), (3, min(47, longest)), (1, longest)):
        inputs = make_inputs(model.config.vocab_size, batch, length)
        want = Exported(model, list(TASKS[task][1]))(*inputs)
        got = session.run(None, {name: value.numpy() for name, value in zip(INPUTS, inputs)})
        for tensor, array in zip(want, got):
            assert tensor.shape == array.shape, (tensor.shape, array.shape)
            real = inputs[1].bool().numpy() if task != "classify" else slice(None)
            worst = max(worst, float(np.abs(tensor.numpy() - array)[real].max()))
    return worst


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--task", choices=TASKS, default="features")
    parser.add_argument("--head", type=Path)
    parser.add_argument("--opset", type=int, default=14)
    options = parser.parse_args()

    model = load(options.model, options.task, options.head)
    path = options.out / "onnx" / "model.onnx"
    export(model, options.task, path, options.opset)
    model.config.dtype = torch.float32
    model.config.save_pretrained(options.out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(options.model / name, options.out / name)

    difference = measure_difference(model, options.task, path)
    print(f"{path}: {path.stat().st_size:,} bytes, largest difference from PyTorch {difference:.1e}")
    assert difference < 1e-4


if __name__ == "__main__":
    main()
