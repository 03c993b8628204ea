"""Small random BERTs as ONNX files, written by the tools that people write them with, and what PyTorch computes.

Each folder of `tests/fixtures/foreign` shows one way in which such files differ: the exporter, the opset, the names, order
and types of the inputs, fixed sizes, half precision, quantisation. `expected.json` has the form that README.md tells; the
values come from the PyTorch model that was exported, in float64.

`--optimum PYTHON` also makes the folders `optimum-*`; PYTHON is one of another environment (`pip install optimum-onnx`),
for optimum-onnx wants an older transformers. Without it they are left as they are.
"""

import argparse
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.optimizer import optimize_model
from transformers import BertConfig, BertTokenizer

from checkpoints import UNCASED, Checkpoint, compute, fill_weights, labels, pick_positions
from fixture import FIXTURES, encode, pack, write_cases

warnings.filterwarnings("ignore")
transformers.logging.disable_progress_bar()

FOREIGN = FIXTURES / "foreign"
POSITIONS = 40

SINGLE = [
    ("text", [{"text": "The cat sat on the mat."}]),
    ("masks", [{"text": "the [MASK] sat on the [MASK] ."}]),
]
CASES = [
    *SINGLE,
    ("pair", [{"text": "who wrote it?", "pair": "The film was written by a bad cat in Paris."}]),
    ("mixed lengths", [{"text": "a"}, {"text": "It was good!", "pair": "is it?"}, {"text": ""}]),
]
CHOICES = [
    ("three choices", [{"text": "The cat sat on", "pair": choice} for choice in ("the mat.", "a film in Paris!", "")]),
]

IDS, MASK, SEGMENTS = "input_ids", "attention_mask", "token_type_ids"


@dataclass
class Foreign(Checkpoint):
    opset: int = 17
    dynamo: bool = False
    inputs: dict = field(default_factory=lambda: {IDS: IDS, MASK: MASK, SEGMENTS: SEGMENTS})  # name in the file: ours
    outputs: dict = field(default_factory=dict)  # name in the file: transformers'
    types: dict = field(default_factory=dict)  # ours: type, int64 where not told
    fixed: tuple = ()  # the shape of the inputs, where nothing is free
    config_json: bool = True
    cases: list = field(default_factory=lambda: CASES)


FOREIGNS = [
    Foreign("features", "hidden states and pooler, opset 14", "BertModel", 2, opset=14,
            outputs={"last_hidden_state": "last_hidden_state", "pooler_output": "pooler_output"}),
    Foreign("reordered", "opset 11; the inputs in another order", "BertForSequenceClassification", opset=11,
            inputs={SEGMENTS: SEGMENTS, MASK: MASK, IDS: IDS}, outputs={"logits": "logits"},
            config=labels("no", "maybe", "yes")),
    Foreign("aliases", "opset 20; inputs by other names", "BertForTokenClassification", opset=20,
            inputs={"ids": IDS, "input_mask": MASK, "segment_ids": SEGMENTS}, outputs={"logits": "logits"},
            config=labels("O", "B-LOC", "I-LOC")),
    Foreign("span", "start and end apart", "BertForQuestionAnswering",
            outputs={"start_logits": "start_logits", "end_logits": "end_logits"}),
    Foreign("unnamed", "no config.json, and outputs that have numbers for names", "BertForQuestionAnswering", 2,
            inputs={"input.1": IDS, "attention_mask.1": MASK, "token_type_ids.1": SEGMENTS},
            outputs={"1": "start_logits", "2": "end_logits"}, config_json=False),
    Foreign("unnamed-features", "no config.json, and outputs that say nothing", "BertModel", 2,
            outputs={"output_0": "last_hidden_state", "output_1": "pooler_output"}, config_json=False),
    Foreign("layers", "every layer's hidden states", "BertModel", 2,
            outputs={"last_hidden_state": "last_hidden_state",
                     **{f"hidden_states.{n}": f"hidden_states.{n}" for n in range(3)}}),
    Foreign("masked-lm", "logits over the vocabulary for every token", "BertForMaskedLM", outputs={"logits": "logits"}),
    Foreign("pretraining", "two heads", "BertForPreTraining",
            outputs={"prediction_logits": "prediction_logits", "seq_relationship_logits": "seq_relationship_logits"}),
    Foreign("next-sentence", "told by config.json alone", "BertForNextSentencePrediction", outputs={"logits": "logits"}),
    Foreign("choice", "[batch, choices, length]", "BertForMultipleChoice", outputs={"logits": "logits"}, cases=CHOICES),
    Foreign("choice-fixed", "two choices, no more and no fewer", "BertForMultipleChoice", outputs={"logits": "logits"},
            fixed=(1, 2, 24), cases=CHOICES),
    Foreign("int32", "int32 ids and a float32 mask", "BertForSequenceClassification", outputs={"logits": "logits"},
            types={IDS: torch.int32, SEGMENTS: torch.int32, MASK: torch.float32}, config=labels("negative", "positive")),
    Foreign("no-segments", "no token_type_ids", "BertForSequenceClassification", inputs={IDS: IDS, MASK: MASK},
            outputs={"logits": "logits"}, config={**labels("LABEL_0"), "problem_type": "regression"}),
    Foreign("no-mask", "nothing but input_ids", "BertModel", inputs={IDS: IDS},
            outputs={"last_hidden_state": "last_hidden_state"}, cases=SINGLE),
    Foreign("fixed", "two rows of 24 tokens, no more and no fewer", "BertForSequenceClassification", fixed=(2, 24),
            outputs={"logits": "logits", "hidden": "last_hidden_state"}, config=labels("a", "b", "c")),
    Foreign("half", "half precision, outputs too", "BertForQuestionAnswering", dtype=torch.float16,
            outputs={"start_logits": "start_logits", "end_logits": "end_logits"}),
    Foreign("dynamo", "the exporter of torch 2.5 and later, opset 18", "BertForSequenceClassification", opset=18, dynamo=True,
            outputs={"logits": "logits"}, config=labels("glad", "sad")),
    Foreign("sentence", "as optimum exports a sentence-transformer", "BertModel",
            outputs={"token_embeddings": "last_hidden_state", "sentence_embedding": "pooler_output"}),
    Foreign("fused", "ONNX Runtime's own operators, by its optimizer; no config.json", "BertModel", 2,
            outputs={"last_hidden_state": "last_hidden_state"}, config_json=False),
    Foreign("external", "the weights in a file beside it", "BertForTokenClassification", outputs={"logits": "logits"},
            config=labels("O", "B-PER", "I-PER")),
    Foreign("hub", "as the hub keeps variants in onnx/", "BertForSequenceClassification", hidden=32, intermediate=64,
            outputs={"logits": "logits"}, config=labels("negative", "positive")),
]

OPTIMUM = [
    (Foreign("optimum-features", "optimum, feature-extraction", "BertModel"), "feature-extraction"),
    (Foreign("optimum-masked-lm", "optimum, fill-mask, from a model with two heads", "BertForPreTraining"), "fill-mask"),
    (Foreign("optimum-span", "optimum, question-answering", "BertForQuestionAnswering"), "question-answering"),
    (Foreign("optimum-choice", "optimum, multiple-choice", "BertForMultipleChoice", cases=CHOICES), "multiple-choice"),
]


class Exported(torch.nn.Module):
    """A model that takes its inputs by place, in the file's order, and gives what the file gives."""

    def __init__(self, model, foreign: Foreign):
        super().__init__()
        self.model = model
        self.feeds = list(foreign.inputs.values())
        self.gives = list(foreign.outputs.values())
        self.encoder = getattr(model, "bert", model)

    def forward(self, *inputs):
        feeds = dict(zip(self.feeds, inputs))
        layers = {"output_hidden_states": True} if "hidden_states.0" in self.gives else {}
        found = dict(self.model(**feeds, **layers))
        for n, hidden in enumerate(found.get("hidden_states") or ()):
            found[f"hidden_states.{n}"] = hidden
        if "last_hidden_state" in self.gives and "last_hidden_state" not in found:
            found["last_hidden_state"] = self.encoder(**feeds).last_hidden_state
        return tuple(found[name] for name in self.gives)


def make_model(foreign: Foreign):
    config = BertConfig(
        vocab_size=len(UNCASED),
        hidden_size=foreign.hidden,
        num_hidden_layers=foreign.layers,
        num_attention_heads=foreign.heads,
        intermediate_size=foreign.intermediate,
        max_position_embeddings=POSITIONS,
        architectures=[foreign.architecture],
        attn_implementation="eager",
        **foreign.config,
    )
    model = getattr(transformers, foreign.architecture)(config).eval()
    fill_weights(model, foreign.name)
    return model.to(foreign.dtype)


def export(model, foreign: Foreign, path: Path) -> None:
    ranks = ("batch_size", "num_choices", "sequence_length") if foreign.cases is CHOICES else ("batch_size", "sequence_length")
    shape = foreign.fixed or (2,) * (len(ranks) - 1) + (7,)
    inputs = tuple(
        torch.ones(shape, dtype=foreign.types.get(feed, torch.int64)) for feed in foreign.inputs.values()
    )
    named = {name: output for name, output in foreign.outputs.items() if not name.isdigit()}  # torch numbers the others
    names = {"input_names": list(foreign.inputs), "output_names": list(named)}
    if foreign.dynamo:
        free = {n: torch.export.Dim(name) for n, name in enumerate(ranks)}
        names["dynamic_shapes"] = {"inputs": (free,) * len(inputs)}
    elif not foreign.fixed:
        free = dict(enumerate(ranks))
        rows = {0: ranks[0], 1: ranks[1]}
        names["dynamic_axes"] = {**dict.fromkeys(foreign.inputs, free)}
        for name, output in named.items():
            whole = output in ("pooler_output", "seq_relationship_logits")
            tokens = "Token" in foreign.architecture or "MaskedLM" in foreign.architecture or foreign.cases is CHOICES
            names["dynamic_axes"][name] = {0: ranks[0]} if whole or (output == "logits" and not tokens) else rows
    torch.onnx.export(
        Exported(model, foreign).eval(), inputs, str(path), opset_version=foreign.opset, dynamo=foreign.dynamo,
        external_data=False, **names,
    )
    strip(path)


def strip(path: Path) -> None:
    """Takes out what the exporter says of its own source lines: half the file, and another on every machine."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    onnx.save(model, path)


def save_external(path: Path) -> None:
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="model.onnx_data", size_threshold=256)


def save_variants(path: Path) -> None:
    """The files that transformers.js's converter makes of one, by the same tools."""
    quantize_dynamic(path, path.with_name("model_quantized.onnx"), weight_type=QuantType.QInt8)
    quantize_dynamic(path, path.with_name("model_uint8.onnx"), weight_type=QuantType.QUInt8)
    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path.with_name("model_fp16.onnx"))
    four = MatMulNBitsQuantizer(onnx.load(path), block_size=16, is_symmetric=True)
    four.process()
    onnx.save(four.model.model, path.with_name("model_q4.onnx"))
    half = convert_float_to_float16(onnx.load(path.with_name("model_q4.onnx")), keep_io_types=True)
    onnx.save(half, path.with_name("model_q4f16.onnx"))
    bits = MatMulBnb4Quantizer(onnx.load(path), MatMulBnb4Quantizer.NF4, 64)
    bits.process()
    onnx.save(bits.model.model, path.with_name("model_bnb4.onnx"))


def save_cases(folder: Path, foreign: Foreign, model) -> None:
    (folder / "vocab.txt").write_text("\n".join(UNCASED) + "\n", "utf-8")
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=True, model_max_length=POSITIONS)
    model.double()
    cases = []
    for name, items in foreign.cases:
        encoded = encode(tokenizer, items, foreign.fixed[-1] if foreign.fixed else POSITIONS)
        if foreign.architecture in ("BertForMaskedLM", "BertForPreTraining"):
            encoded["positions"] = pick_positions(encoded)
        read = encoded if SEGMENTS in foreign.inputs.values() else {**encoded, SEGMENTS: np.zeros_like(encoded[SEGMENTS])}
        outputs = {key: pack(value) for key, value in compute(model, foreign, read).items()}
        cases.append({"name": name, "items": items, **encoded, "outputs": outputs})
    write_cases(folder / "expected.json", foreign.shows, cases)


def start_folder(name: str) -> Path:
    folder = FOREIGN / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def make(foreign: Foreign) -> None:
    folder = start_folder(foreign.name)
    model = make_model(foreign)
    path = folder / ("onnx/model.onnx" if foreign.name == "hub" else "model.onnx")
    path.parent.mkdir(exist_ok=True)
    export(model, foreign, path)
    if foreign.name == "fused":
        fused = optimize_model(str(path), "bert", num_heads=foreign.heads, hidden_size=foreign.hidden)
        fused.save_model_to_file(str(path))
    if foreign.name == "external":
        save_external(path)
    if foreign.name == "hub":
        save_variants(path)
    if foreign.config_json:
        model.config.save_pretrained(folder)
    save_cases(folder, foreign, model)


def make_optimum(foreign: Foreign, task: str, python: str) -> None:
    folder = start_folder(foreign.name)
    model = make_model(foreign)
    with tempfile.TemporaryDirectory() as source:
        model.save_pretrained(source)
        Path(source, "vocab.txt").write_text("\n".join(UNCASED) + "\n", "utf-8")
        Path(source, "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
        out = Path(source, "out")
        command = [python, "-m", "optimum.exporters.onnx", "--model", source, "--task", task, str(out)]
        subprocess.run(command, check=True, capture_output=True)
        for name in ("model.onnx", "config.json", "tokenizer_config.json"):
            shutil.copy(out / name, folder / name)
    save_cases(folder, foreign, model)


def tensor(name: str, kind: int, *dims):
    return helper.make_tensor_value_info(name, kind, dims)


def make_refused() -> None:
    """Files that are no BERT, as small as they can be: only their signature is read before they are refused."""
    folder = start_folder("refused")
    ids, mask = (tensor(name, TensorProto.INT64, "batch", "length") for name in (IDS, MASK))
    logits = tensor("logits", TensorProto.FLOAT, "batch", "length")
    cast = helper.make_node("Cast", [IDS], ["logits"], to=TensorProto.FLOAT)
    past = tensor("past_key_values.0.key", TensorProto.FLOAT, "batch", 2, "past", 8)
    pixels = tensor("pixel_values", TensorProto.FLOAT, "batch", 3, 224, 224)
    pool = helper.make_node("GlobalAveragePool", ["pixel_values"], ["logits"])
    strange = helper.make_node("Mystery", [IDS], ["logits"], domain="com.example")
    graphs = {
        "decoder": ([cast], [ids, mask, past], [logits]),
        "image": ([pool], [pixels], [tensor("logits", TensorProto.FLOAT, "batch", 3, 1, 1)]),
        "domain": ([strange], [ids, mask], [logits]),
        "opset-6": ([cast], [ids, mask], [logits]),
        "outputs": ([helper.make_node("Identity", [IDS], ["same"])], [ids, mask], [tensor("same", TensorProto.INT64, "batch", "length")]),
        "more-inputs": ([cast], [ids, mask, tensor("visual_embeds", TensorProto.FLOAT, "batch", 4, 16)], [logits]),
        "fixed-no-mask": ([cast], [tensor(IDS, TensorProto.INT64, "batch", 8)], [tensor("logits", TensorProto.FLOAT, "batch", 8)]),
    }
    for name, (nodes, inputs, outputs) in graphs.items():
        opsets = [helper.make_opsetid("", 6 if name == "opset-6" else 17)]
        if name == "domain":
            opsets.append(helper.make_opsetid("com.example", 1))
        graph = helper.make_graph(nodes, name, inputs, outputs)
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimum", metavar="PYTHON")
    parser.add_argument("--only", metavar="NAME")
    arguments = parser.parse_args()
    for foreign in FOREIGNS:
        if arguments.only in (None, foreign.name):
            make(foreign)
    if arguments.optimum:
        for foreign, task in OPTIMUM:
            if arguments.only in (None, foreign.name):
                make_optimum(foreign, task, arguments.optimum)
    make_refused()
    files = [path for path in FOREIGN.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")
