"""The tasks that finetune.py trains: how each is read and encoded, its model, its loss, its metric."""

import importlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

from ask import Settings, Window, find_spans, pick

scores = importlib.import_module("squad-scores")


@dataclass
class Rows:
    """Encoded rows; `group` of them, the choices of a question, make an example. Examples are labelled in order."""

    ids: list = field(default_factory=list)
    segments: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    group: int = 1

    def add(self, ids: list, segments: list) -> None:
        self.ids.append(ids)
        self.segments.append(segments)

    def __len__(self) -> int:
        return len(self.ids) // self.group


class Reader:
    """A model's tokenizer. `encode` cuts longest first; windows are cut by the tasks that need them."""

    def __init__(self, model: Path, max_length: int):
        self.core = Tokenizer.from_file(str(model / "tokenizer.json"))
        self.core.no_padding()
        self.core.no_truncation()
        self.max_length = max_length
        self.cls, self.sep = self.core.token_to_id("[CLS]"), self.core.token_to_id("[SEP]")

    def encode(self, *texts: str) -> tuple[list, list]:
        self.core.enable_truncation(self.max_length)
        encoding = self.core.encode(*texts)
        self.core.no_truncation()
        return encoding.ids, encoding.type_ids

    def pieces(self, text: str):
        return self.core.encode(text, add_special_tokens=False)


def read_table(path: Path) -> list:
    header, *lines = path.read_text("utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"))) for line in lines if line]


class TextTask:
    """One label of several, or a number, for a text or a pair of texts."""

    batch, max_length = 32, 512

    def __init__(self, name: str):
        self.name = name
        self.main = {"cola": "matthews", "stsb": "pearson"}.get(name, "accuracy")
        self.files = {"train": "train.tsv", "dev": {"trec": "test.tsv", "cola": "val.tsv"}.get(name, "dev.tsv")}

    def prepare(self, data: Path, reader: Reader, part: str, limit: int | None) -> Rows:
        rows = Rows()
        table = read_table(data / self.name / self.files[part])
        if part == "train" and self.name != "stsb":
            self.labels = sorted({row["label"] for row in table})
        for row in table[:limit]:
            rows.add(*reader.encode(*([row["text"]] if "text" in row else [row["text_a"], row["text_b"]])))
            rows.labels.append(float(row["score"]) if self.name == "stsb" else self.labels.index(row["label"]))
        return rows

    def make_model(self, path: Path):
        if self.name == "stsb":
            return load("BertForSequenceClassification", path, num_labels=1, problem_type="regression")
        return load("BertForSequenceClassification", path, num_labels=len(self.labels))

    def label(self, rows: Rows, device) -> torch.Tensor:
        return torch.tensor(rows.labels, device=device)

    def loss(self, model, inputs: dict, labels) -> torch.Tensor:
        return model(**inputs, labels=labels).loss

    def score(self, rows: Rows, outputs: list) -> dict:
        gold, logits = np.array(rows.labels), np.stack([output[0] for output in outputs])
        if self.name == "stsb":
            told = logits[:, 0]
            return {"pearson": correlate(gold, told), "spearman": correlate(rank(gold), rank(told))}
        told = logits.argmax(1)
        metrics = {"accuracy": float((gold == told).mean())}
        # Matthews' coefficient of two classes is the correlation of the labels.
        return {"matthews": correlate(gold, told), **metrics} if self.name == "cola" else metrics


class ChoiceTask:
    """Multiple choice: the context is read with the question, if there is one, and each choice."""

    batch, max_length, main = 32, 512, "accuracy"

    def prepare(self, data: Path, reader: Reader, part: str, limit: int | None) -> Rows:
        lines = (data / "copa" / f"{part}.jsonl").read_text("utf-8").splitlines()
        examples = [json.loads(line) for line in lines if line][:limit]
        rows = Rows(group=len(examples[0]["choices"]))
        for example in examples:
            for choice in example["choices"]:
                asked = f"{example['question']} {choice}" if "question" in example else choice
                rows.add(*reader.encode(example["context"], asked))
            rows.labels.append(example["label"])
        return rows

    def make_model(self, path: Path):
        return load("BertForMultipleChoice", path)

    def label(self, rows: Rows, device) -> torch.Tensor:
        return torch.tensor(rows.labels, device=device)

    def loss(self, model, inputs: dict, labels) -> torch.Tensor:
        grouped = {key: value.unflatten(0, (len(labels), -1)) for key, value in inputs.items()}
        return model(**grouped, labels=labels).loss

    def score(self, rows: Rows, outputs: list) -> dict:
        logits = np.array([output[0] for output in outputs]).reshape(-1, rows.group)
        return {"accuracy": float((logits.argmax(1) == rows.labels).mean())}


class TagTask:
    """A label for each word, learned and read at its first piece; entities are scored whole."""

    batch, max_length, main = 32, 512, "f1"

    def prepare(self, data: Path, reader: Reader, part: str, limit: int | None) -> Rows:
        text = (data / "wikigold" / f"{part}.conll").read_text("utf-8")
        sentences = [[line.split("\t") for line in block.splitlines()] for block in text.split("\n\n") if block.strip()]
        if part == "train":
            self.labels = sorted({label for sentence in sentences for _, label in sentence})
        rows = Rows()
        for sentence in sentences[:limit]:
            encoding = reader.core.encode([word for word, _ in sentence], is_pretokenized=True)
            assert len(encoding.ids) <= self.max_length, "a sentence is longer than the model takes"
            firsts = {word: at for at, word in reversed(list(enumerate(encoding.word_ids))) if word is not None}
            rows.add(encoding.ids, encoding.type_ids)
            tags = [self.labels.index(label) for _, label in sentence]
            rows.labels.append([(firsts.get(word), tag) for word, tag in enumerate(tags)])
        return rows

    def make_model(self, path: Path):
        return load("BertForTokenClassification", path, num_labels=len(self.labels))

    def label(self, rows: Rows, device) -> torch.Tensor:
        labels = np.full((len(rows), max(map(len, rows.ids))), -100)
        for row, words in enumerate(rows.labels):
            for at, label in words:
                if at is not None:
                    labels[row, at] = label
        return torch.tensor(labels, device=device)

    def loss(self, model, inputs: dict, labels) -> torch.Tensor:
        return model(**inputs, labels=labels[:, : inputs["input_ids"].shape[1]].contiguous()).loss

    def score(self, rows: Rows, outputs: list) -> dict:
        right = given = said = 0
        for words, (logits,) in zip(rows.labels, outputs):
            best = logits.argmax(1)
            gold = find_entities([self.labels[label] for _, label in words])
            told = find_entities(["O" if at is None else self.labels[best[at]] for at, _ in words])
            right, given, said = right + len(gold & told), given + len(gold), said + len(told)
        return {
            "f1": 2 * right / max(1, given + said),
            "precision": right / max(1, said),
            "recall": right / max(1, given),
        }


class SpanTask:
    """SQuAD 1.1: windows that share 128 tokens; where a window lacks the answer, [CLS] is the answer."""

    batch, max_length, main = 16, 384, "f1"

    def prepare(self, data: Path, reader: Reader, part: str, limit: int | None) -> Rows:
        limit = 1000 if limit is None and part == "train" else limit
        name = {"train": "v1.1-train.json", "dev": "v1.1-val.json"}[part]
        articles = json.loads((data / "squad" / name).read_text("utf-8"))
        paragraphs = [paragraph for article in articles["data"] for paragraph in article["paragraphs"]]
        examples = [(paragraph["context"], qa) for paragraph in paragraphs for qa in paragraph["qas"]][:limit]
        rows, places = Rows(), []
        for context, qa in examples:
            asked, tokens = reader.pieces(qa["question"]).ids[:64], reader.pieces(context)
            start = qa["answers"][0]["answer_start"]
            end = start + len(qa["answers"][0]["text"])
            inside = [n for n, (first, last) in enumerate(tokens.offsets) if first < end and last > start]
            room, at, windows = self.max_length - len(asked) - 3, len(asked) + 2, []
            overlap = min(128, room // 2)
            for first in range(0, max(1, len(tokens.ids) - overlap), room - overlap):
                count = min(room, len(tokens.ids) - first)
                windows.append((first, count, at))
                rows.add(
                    [reader.cls, *asked, reader.sep, *tokens.ids[first : first + count], reader.sep],
                    [0] * at + [1] * (count + 1),
                )
                whole = inside and first <= inside[0] and inside[-1] < first + count
                rows.labels.append((inside[0] - first + at, inside[-1] - first + at) if whole else (0, 0))
            places.append((context, qa, tokens.offsets, windows))
        rows.places = places
        return rows

    def make_model(self, path: Path):
        return load("BertForQuestionAnswering", path)

    def label(self, rows: Rows, device) -> torch.Tensor:
        return torch.tensor(rows.labels, device=device)

    def loss(self, model, inputs: dict, labels) -> torch.Tensor:
        return model(**inputs, start_positions=labels[:, 0], end_positions=labels[:, 1]).loss

    def score(self, rows: Rows, outputs: list) -> dict:
        row, predictions, settings = iter(outputs), {}, Settings()
        for context, qa, offsets, places in rows.places:
            windows = []
            for first, count, at in places:
                starts, ends = next(row)
                real = at + count + 1
                windows.append(Window(first, count, at, starts[:real].tolist(), ends[:real].tolist()))
            n_best, _ = pick(find_spans(windows, settings), 0.0, context, offsets, settings)
            predictions[qa["id"]] = context[n_best[0][0] : n_best[0][1]] if n_best else ""
        paragraphs = [{"context": context, "qas": [qa]} for context, qa, _, _ in rows.places]
        metrics = scores.evaluate_1({"version": "1.1", "data": [{"paragraphs": paragraphs}]}, predictions)
        return {"f1": metrics["f1"], "exact": metrics["exact_match"]}


def correlate(a, b) -> float:
    a, b = np.asarray(a, float), np.asarray(b, float)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def rank(values) -> np.ndarray:
    """Equal values share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[place]


def find_entities(labels: list) -> set:
    """conlleval's reading of IOB: an I- that does not go on with its kind begins an entity."""
    spans, kind, start = set(), None, 0
    for at, label in enumerate([*labels, "O"]):
        following = None if label == "O" else label[2:]
        if kind is not None and (following != kind or label[0] == "B"):
            spans.add((kind, start, at))
            kind = None
        if following is not None and kind is None:
            kind, start = following, at
    return spans


def load(architecture: str, path: Path, **settings):
    model, report = getattr(transformers, architecture).from_pretrained(
        path, dtype=torch.float32, output_loading_info=True, **settings
    )
    name = "qa_outputs" if hasattr(model, "qa_outputs") else "classifier"
    assert set(report["missing_keys"]) <= {f"{name}.weight", f"{name}.bias"}, report["missing_keys"]
    head = getattr(model, name)
    torch.nn.init.normal_(head.weight, 0.0, 0.02)
    torch.nn.init.zeros_(head.bias)
    return model


TASKS = {
    **{name: (lambda name=name: TextTask(name)) for name in ("sst2", "trec", "cola", "stsb")},
    "squad": SpanTask,
    "wikigold": TagTask,
    "copa": ChoiceTask,
}
