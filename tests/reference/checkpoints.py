"""Small random BERT checkpoints in Hugging Face's layout, and what `transformers` computes with them.

Each folder of `tests/fixtures/checkpoints` shows one thing that checkpoints in the world differ in; its
`expected.json` holds inputs and outputs (the form is in README.md). The weights are wide (standard deviation 0.2,
biases and LayerNorms random too), so that a wrong activation, epsilon, axis or tensor shows in every number.
"""

import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertTokenizer

from fixture import FIXTURES, encode, pack, tensors, write_cases, write_json

transformers.logging.disable_progress_bar()

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [chr(ord("a") + n) for n in range(26)]
WORDS = "the cat sat on mat is of film was good bad who wrote it by in an paris ##ing ##ed ##er ##able un".split()
OTHERS = list("0123456789") + list(".,!?'-。") + list("中国北京首都是的人") + ["😀"]
UNCASED = SPECIALS + LETTERS + ["##" + letter for letter in LETTERS] + WORDS + OTHERS
CASED = UNCASED + [letter.upper() for letter in LETTERS] + ["The", "Paris", "é", "##é", "ñ", "##ñ"]

CASES = [
    ("text", [{"text": "The cat sat on the mat."}]),
    ("pair", [{"text": "who wrote it?", "pair": "The film was written by a bad cat in Paris."}]),
    ("one token", [{"text": "cat"}]),
    ("empty", [{"text": ""}]),
    ("chinese", [{"text": "北京是中国的首都。"}]),
    ("emoji", [{"text": "good 😀 film 🦉😀 !"}]),
    ("masks", [{"text": "the [MASK] sat on the [MASK] ."}]),
    (
        "mixed lengths",
        [
            {"text": "a"},
            {"text": "unsinkable cafe\u0301 na\u00efve \u00c5NGSTR\u00d6M", "pair": "is it good?"},
            {"text": ""},
            {"text": "It was 中国 in 1896 - 'good'!"},
        ],
    ),
    ("right to left", [{"text": "\u200fمرحبا a \u202ecat\u202c שלום\u200e!"}]),
    ("every position", [{"text": "the cat sat on a mat in paris " * 9}]),
]


@dataclass
class Checkpoint:
    name: str
    shows: str
    architecture: str
    layers: int = 1
    hidden: int = 16
    heads: int = 2
    intermediate: int = 32
    activation: str = "gelu"
    dtype: torch.dtype = torch.float32
    config: dict = field(default_factory=dict)
    files: tuple = ("vocab.txt", "tokenizer_config.json")
    lower_case: bool = True


def labels(*names: str) -> dict:
    return {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}


CHECKPOINTS = [
    Checkpoint("erf", "gelu by erf; every layer's hidden states; vocab.txt and tokenizer.json",
               "BertForSequenceClassification", 2, 32, 4, 64, config=labels("no", "maybe", "yes"),
               files=("vocab.txt", "tokenizer.json", "tokenizer_config.json")),
    Checkpoint("tanh", "gelu by tanh (gelu_new)", "BertForQuestionAnswering", 3, 24, 2, 48, "gelu_new"),
    Checkpoint("relu", "relu; one head; a bare encoder, whose names have no prefix", "BertModel", 1, 16, 1, 32, "relu"),
    Checkpoint("gamma-beta", "LayerNorm.gamma and .beta; position_ids among the tensors",
               "BertForSequenceClassification", config=labels("negative", "positive")),
    Checkpoint("no-prefix", "a head over an encoder whose names lack `bert.`; layer_norm_eps 1e-5; position_ids",
               "BertForSequenceClassification", config={**labels("a", "b", "c"), "layer_norm_eps": 1e-5}),
    Checkpoint("f16", "float16 weights", "BertForQuestionAnswering", dtype=torch.float16),
    Checkpoint("bf16", "bfloat16 weights", "BertForQuestionAnswering", dtype=torch.bfloat16),
    Checkpoint("sharded", "three shards and their index", "BertForQuestionAnswering", 2),
    Checkpoint("regression", "problem_type regression, one label", "BertForSequenceClassification",
               config={**labels("LABEL_0"), "problem_type": "regression"}),
    Checkpoint("multi-label", "problem_type multi_label_classification", "BertForSequenceClassification",
               config={**labels("sad", "glad", "angry", "calm"), "problem_type": "multi_label_classification"}),
    Checkpoint("only-vocab-txt", "vocab.txt and no other file of the tokenizer", "BertModel", files=("vocab.txt",)),
    Checkpoint("only-tokenizer-json", "tokenizer.json, with a truncation and a padding that are not to be inherited",
               "BertModel", files=("tokenizer.json", "tokenizer_config.json")),
    Checkpoint("cased", "do_lower_case false", "BertForTokenClassification", lower_case=False,
               config=labels("O", "B-LOC", "I-LOC")),
    Checkpoint("pretraining", "masked words and next sentence; the decoder is the word embedding, written once",
               "BertForPreTraining", 2),
    Checkpoint("masked-lm", "masked words; no pooler", "BertForMaskedLM"),
    Checkpoint("next-sentence", "next sentence", "BertForNextSentencePrediction"),
    Checkpoint("choice", "multiple choice", "BertForMultipleChoice"),
    Checkpoint("token", "five labels a token; gelu_pytorch_tanh", "BertForTokenClassification",
               activation="gelu_pytorch_tanh", config=labels("O", "B-PER", "I-PER", "B-LOC", "I-LOC")),
    Checkpoint("wide-heads", "hidden 30 over 3 heads of 10; 37 positions, filled by one case", "BertModel",
               2, 30, 3, 50, config={"max_position_embeddings": 37}),
]


def fill_weights(model, name: str) -> None:
    """Random weights from the folder's name, in the order of the parameters' names."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    for key, parameter in sorted(model.named_parameters()):
        values = random.standard_normal(tuple(parameter.shape))
        if key.endswith("LayerNorm.weight"):
            values = 1 + 0.1 * values
        else:
            values *= 0.1 if key.endswith("bias") else 0.2
        parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def name_tensors(model, checkpoint: Checkpoint) -> dict:
    """The tensors as this checkpoint's file names them. Tied ones come once: `named_parameters` does not repeat."""
    state = {key: value.detach().to(checkpoint.dtype).contiguous() for key, value in model.named_parameters()}
    positions = torch.arange(model.config.max_position_embeddings)[None]  # int64, as older files carry it
    if checkpoint.name == "gamma-beta":
        renamed = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        for new, old in renamed.items():
            state = {key.replace(new, old): value for key, value in state.items()}
        state["bert.embeddings.position_ids"] = positions
    if checkpoint.name == "no-prefix":
        state = {key.removeprefix("bert."): value for key, value in state.items()}
        state["embeddings.position_ids"] = positions
    return state


def save_weights(folder: Path, state: dict, shards: int = 1) -> None:
    if shards == 1:
        save_file(state, folder / "model.safetensors", {"format": "pt"})
        return
    parts = [{} for _ in range(shards)]
    for n, key in enumerate(sorted(state)):
        parts[n * shards // len(state)][key] = state[key]
    names = [f"model-{n + 1:05}-of-{shards:05}.safetensors" for n in range(shards)]
    for name, part in zip(names, parts):
        save_file(part, folder / name, {"format": "pt"})
    total = sum(value.numel() * value.element_size() for value in state.values())
    where = {key: name for name, part in zip(names, parts) for key in part}
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": where}, 2)


def save_tokenizer(folder: Path, checkpoint: Checkpoint, positions: int):
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(UNCASED if checkpoint.lower_case else CASED) + "\n", "utf-8")
    tokenizer = BertTokenizer(
        vocab=str(vocabulary), do_lower_case=checkpoint.lower_case, model_max_length=positions
    )
    if "tokenizer.json" not in checkpoint.files or "vocab.txt" in checkpoint.files:
        tokenizer.save_pretrained(folder)
    else:
        core = tokenizer.backend_tokenizer
        core.enable_truncation(6)
        core.enable_padding(length=12)
        tokenizer.save_pretrained(folder)
        core.save(str(folder / "tokenizer.json"))
        core.no_truncation()
        core.no_padding()
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        if name not in checkpoint.files:
            (folder / name).unlink(missing_ok=True)
    return tokenizer


def pick_positions(encoded: dict) -> list:
    """Where prediction logits are kept: at the [MASK]s of a case, else at each row's first and last token."""
    masked = [[n for n, token in enumerate(ids) if token == 4] for ids in encoded["input_ids"]]
    return masked if masked[0] else [[0, sum(mask) - 1] for mask in encoded["attention_mask"]]


def compute(model, checkpoint: Checkpoint, encoded: dict) -> dict:
    """What transformers gives for one batch: the encoder's outputs and the head's, under its own names."""
    inputs = tensors(encoded)
    encoder = getattr(model, "bert", model)
    features = encoder(**inputs, output_hidden_states=True)
    outputs = {"last_hidden_state": features.last_hidden_state}
    if features.pooler_output is not None:
        outputs["pooler_output"] = features.pooler_output
    if checkpoint.name == "erf":
        for n, hidden in enumerate(features.hidden_states[:-1]):
            outputs[f"hidden_states.{n}"] = hidden
    if model is encoder:
        return outputs
    if checkpoint.architecture == "BertForMultipleChoice":
        inputs = {key: value[None] for key, value in inputs.items()}  # [1, choices, length]
    head = model(**inputs)
    for key in ("start_logits", "end_logits", "seq_relationship_logits", "logits", "prediction_logits"):
        if key in head:
            outputs[key] = head[key]
    if checkpoint.architecture in ("BertForMaskedLM", "BertForPreTraining"):
        every = outputs.pop("logits" if checkpoint.architecture == "BertForMaskedLM" else "prediction_logits")
        positions = torch.tensor(encoded["positions"])  # [batch, n]
        outputs["prediction_logits"] = torch.stack([row[at] for row, at in zip(every, positions)])
    return outputs


def list_cases(checkpoint: Checkpoint) -> list:
    if checkpoint.architecture == "BertForMultipleChoice":
        text, choices = "The cat sat on", ["the mat.", "a film in Paris!", ""]
        texts = [items[0]["text"] for name, items in CASES if name != "mixed lengths"]
        return [
            ("choices", [{"text": text, "pair": choice} for choice in choices]),
            ("corners", [{"text": text, "pair": choice} for text, choice in zip(texts, reversed(texts))]),
        ]
    return CASES


def check_reload(folder: Path, checkpoint: Checkpoint, model) -> None:
    """The folder is one that transformers itself reads, to the same weights and the same ids."""
    loaded = getattr(transformers, checkpoint.architecture).from_pretrained(folder, dtype=torch.float64)
    for (key, want), (_, got) in zip(sorted(model.named_parameters()), sorted(loaded.named_parameters())):
        assert torch.equal(want, got), f"{folder.name}: {key} is not read back"
    if checkpoint.lower_case and checkpoint.name != "only-tokenizer-json":
        tokenizer = AutoTokenizer.from_pretrained(folder)
        assert tokenizer("The cat").input_ids == [2, UNCASED.index("the"), UNCASED.index("cat"), 3], folder.name


def make(checkpoint: Checkpoint) -> None:
    folder = FIXTURES / "checkpoints" / checkpoint.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {
        "vocab_size": len(UNCASED if checkpoint.lower_case else CASED),
        "hidden_size": checkpoint.hidden,
        "num_hidden_layers": checkpoint.layers,
        "num_attention_heads": checkpoint.heads,
        "intermediate_size": checkpoint.intermediate,
        "hidden_act": checkpoint.activation,
        "max_position_embeddings": 64,
        **checkpoint.config,
    }
    config = BertConfig(**settings, architectures=[checkpoint.architecture], attn_implementation="eager")
    model = getattr(transformers, checkpoint.architecture)(config).eval()
    fill_weights(model, checkpoint.name)
    model.to(checkpoint.dtype)
    config.dtype = checkpoint.dtype
    config.save_pretrained(folder)
    save_weights(folder, name_tensors(model, checkpoint), 3 if checkpoint.name == "sharded" else 1)
    model.double()
    tokenizer = save_tokenizer(folder, checkpoint, config.max_position_embeddings)
    check_reload(folder, checkpoint, model)

    cases = []
    for name, items in list_cases(checkpoint):
        encoded = encode(tokenizer, items, config.max_position_embeddings)
        if checkpoint.architecture in ("BertForMaskedLM", "BertForPreTraining"):
            encoded["positions"] = pick_positions(encoded)
        outputs = {key: pack(value) for key, value in compute(model, checkpoint, encoded).items()}
        cases.append({"name": name, "items": items, **encoded, "outputs": outputs})
    write_cases(folder / "expected.json", checkpoint.shows, cases)


if __name__ == "__main__":
    for checkpoint in CHECKPOINTS:
        make(checkpoint)
    files = [path for path in (FIXTURES / "checkpoints").rglob("*") if path.is_file()]
    print(f"{len(CHECKPOINTS)} checkpoints, {sum(path.stat().st_size for path in files):,} bytes")
