"""SQuAD's two official metrics, written again from what `evaluate-v1.1.py` and `evaluate-v2.0.py` do.

    squad-scores.py score DATA PREDICTIONS [--na-prob-file F] [--na-prob-thresh T]
    squad-scores.py check FOLDER      # the scores kept beside published predictions, reproduced
    squad-scores.py fixture           # writes tests/fixtures/squad

The version in DATA picks the script. Where the two disagree, each is followed: 1.1 counts a question without
prediction as wrong and gives no F1 to an answer that normalises to nothing; 2.0 leaves the question out and
counts nothing against nothing as right. Where 2.0's script stops with a KeyError (a missing prediction among
the answerable), the figures are those over the questions that were answered.
"""

import argparse
import json
import math
import re
import string
import sys
from collections import Counter
from pathlib import Path

from fixture import FIXTURES, write_json

PUNCTUATION = str.maketrans("", "", string.punctuation)  # ASCII's 32, symbols such as $ + ~ among them
ARTICLES = re.compile(r"\b(?:a|an|the)\b")  # \b of Unicode: a word character is alphanumeric or _


def normalize(answer: str) -> str:
    # In this order: "the-cat" is the one word "thecat", and "U.S." is "us".
    return " ".join(ARTICLES.sub(" ", answer.lower().translate(PUNCTUATION)).split())


def score_words(prediction: list, gold: list) -> float:
    shared = (Counter(prediction) & Counter(gold)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(prediction), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def list_questions(data: dict):
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            yield from paragraph["qas"]


def score_each(data: dict, predictions: dict) -> dict:
    """`{id: (exact, f1)}` of every question that has a prediction."""
    second = data["version"] != "1.1"
    scores = {}
    for question in list_questions(data):
        if question["id"] not in predictions:
            continue
        golds = [normalize(answer["text"]) for answer in question["answers"]]
        if second:
            golds = [gold for gold in golds if gold] or [""]
        prediction = normalize(predictions[question["id"]])
        exact = max(float(prediction == gold) for gold in golds)
        f1 = max(score_words(prediction.split(), gold.split()) for gold in golds)
        if second and prediction == "" and golds == [""]:
            f1 = 1.0
        scores[question["id"]] = (exact, f1)
    return scores


def percent(values, total: int) -> float:
    return 100.0 * math.fsum(values) / total  # fsum: Python's sum() rounds otherwise since 3.12


def evaluate_1(data: dict, predictions: dict) -> dict:
    scores = score_each(data, predictions).values()
    total = sum(1 for _ in list_questions(data))
    return {
        "exact_match": percent((exact for exact, _ in scores), total),
        "f1": percent((f1 for _, f1 in scores), total),
    }


def find_best_threshold(which: int, scores: dict, predictions: dict, na_probs: dict, answerable: dict):
    """Answers questions from the surest on and keeps the best point. Ties keep the order of the file, and a
    point between two equal probabilities counts, though no threshold could make it."""
    current = best = float(sum(1 for has in answerable.values() if not has))
    threshold = 0.0
    for id in sorted(na_probs, key=na_probs.get):
        if id not in scores:
            continue
        current += scores[id][which] if answerable[id] else -1 if predictions[id] else 0
        if current > best:
            best, threshold = current, na_probs[id]
    return 100.0 * best / len(scores), threshold


def average_precision(scores: dict, na_probs: dict, answerable: dict) -> float:
    """The area under precision over recall, as steps; equal probabilities are one step."""
    order = sorted((id for id in na_probs if id in scores), key=na_probs.get)
    positives = sum(answerable.values())
    right = recall = area = 0.0
    for n, id in enumerate(order):
        right += scores[id] if answerable[id] else 0
        if n == len(order) - 1 or na_probs[id] != na_probs[order[n + 1]]:
            area += right / (n + 1) * (right / positives - recall)
            recall = right / positives
    return 100.0 * area


def evaluate_2(data: dict, predictions: dict, na_probs: dict | None = None, na_prob_thresh: float = 1.0) -> dict:
    answerable = {question["id"]: bool(question["answers"]) for question in list_questions(data)}
    raw = score_each(data, predictions)
    kept = {}
    for id, score in raw.items():
        refused = na_probs is not None and na_probs[id] > na_prob_thresh
        kept[id] = (float(not answerable[id]),) * 2 if refused else score
    metrics = {}
    groups = (("", kept), ("HasAns_", [id for id in kept if answerable[id]]),
              ("NoAns_", [id for id in kept if not answerable[id]]))
    for prefix, ids in groups:
        if ids:
            metrics[prefix + "exact"] = percent((kept[id][0] for id in ids), len(ids))
            metrics[prefix + "f1"] = percent((kept[id][1] for id in ids), len(ids))
            metrics[prefix + "total"] = len(ids)
    if na_probs is None:
        return metrics
    for which, name in enumerate(("exact", "f1")):
        best, threshold = find_best_threshold(which, raw, predictions, na_probs, answerable)
        metrics["best_" + name], metrics[f"best_{name}_thresh"] = best, threshold
    if any(answerable.values()):
        for which, name in enumerate(("exact", "f1")):
            scores = {id: score[which] for id, score in raw.items()}
            metrics[f"pr_{name}_ap"] = average_precision(scores, na_probs, answerable)
        oracle = {id: float(has) for id, has in answerable.items()}
        metrics["pr_oracle_ap"] = average_precision(oracle, na_probs, answerable)
    return metrics


def read(path: Path):
    return json.loads(Path(path).read_text("utf-8"))


def check(folder: Path) -> None:
    """Every system in *-expected-scores.json whose predictions are at hand, on the train and val files."""
    worst = count = 0
    for version in ("v1.1", "v2.0"):
        for system, parts in read(folder / "predictions" / f"{version}-expected-scores.json").items():
            name = re.sub(r"[^A-Za-z0-9]+", "_", system).strip("_")
            path = folder / "predictions" / f"{version}-{name}.json"
            if not path.exists():
                print(f"{version} {system}: its predictions are not there", file=sys.stderr)
                continue
            predictions = read(path)
            for part, expected in parts.items():
                data = read(folder / f"{version}-{part}.json")
                missing = sum(question["id"] not in predictions for question in list_questions(data))
                # The figures of 1.1 there are the second script's (questions without prediction left out).
                got = {"missing_predictions": missing, **evaluate_2({**data, "version": "v2.0"}, predictions)}
                assert got.keys() == expected.keys(), (system, got.keys(), expected.keys())
                worst = max(worst, *(abs(got[key] - expected[key]) for key in expected))
                count += len(expected)
                if version == "v1.1":
                    print(system, part, evaluate_1(data, predictions))
    print(f"{count} figures reproduced, the largest difference is {worst:.1e}")
    assert count and worst < 1e-9


# Gold answers, prediction, probability of no answer. No golds: the question has no answer (2.0 only).
QUESTIONS = [
    (["the Norman conquest"], "Norman conquest", 0.02),
    (["An apple a day", "apples"], "apple day", 0.05),
    (["Theatre"], "atre", 0.4),
    (["España"], "Españ", 0.3),  # to a \b that knows only ASCII, "ña" ends in the article "a"
    (["a España", "Spain"], "ESPAÑA", 0.1),
    (["l'an 2000"], "lan 2000", 0.1),
    (["U.S.A."], "usa", 0.01),
    (["the-cat"], "cat", 0.5),
    (["a_b"], "ab", 0.2),
    (["1914–1918"], "1914-1918", 0.25),  # an en dash is no ASCII punctuation
    (["1914—1918", "from 1914 to 1918"], "1914 to 1918", 0.15),
    (["ＡＢＣ"], "ABC", 0.6),
    (["ＡＢＣ"], "ａｂｃ", 0.6),
    (["Tokyo，Japan"], "Tokyo, Japan", 0.35),
    (["New\u00a0York"], "New York", 0.03),
    (["東京\u3000タワー"], "東京 タワー", 0.04),
    (["left\x1fright\x85end"], "left right end", 0.45),  # white space to Python, not to JavaScript
    (["one\ufefftwo"], "one two", 0.45),  # white space to JavaScript, not to Python
    (["zero\u200bwidth"], "zero width", 0.45),
    (["İstanbul"], "i\u0307stanbul", 0.12),
    (["ΟΔΟΣ ΑΘΗΝΑΣ"], "οδος αθηνας", 0.12),
    (["Straße"], "STRASSE", 0.7),
    (["a² + b²"], "a² b²", 0.08),
    (["a\u0301"], "\u0301", 0.55),  # a combining mark is no word character to Python
    (["the 😀", "smile"], "😀", 0.09),
    (["...", "!"], "", 0.8),  # 1.1: exact, and F1 0; 2.0: exact and F1 1
    (["A"], "A", 0.11),
    (["the", "a cat"], "cat", 0.11),
    (["to be or not to be"], "to be to be to be", 0.33),
    (["Queen Victoria", "Victoria", "Victoria of the United Kingdom"], "Queen Victoria of Kingdom", 0.22),
    (["1,000"], "1000", 0.07),
    (["C++"], "c", 0.66),
    (["~$100"], "100", 0.06),
    (["¿Qué?"], "qué", 0.77),
    (["“quoted”"], '"quoted"', 0.31),
    (["gone"], "", 0.9),
    (["gone again"], "  ", 1.5),
    (["right but refused"], "right but refused", 1.25),
    (["tied, right"], "tied right", 0.5),
    ([], "", 0.99),
    ([], "something", 0.5),
    ([], "something else", 0.95),
    ([], "the", 0.8),  # exact once normalised, yet it counts as an answer in the search for a threshold; a tie
    ([], "refused", 2.0),
    ([], "", -1.0),
    ([], "sure and wrong", -0.5),
]
MISSING = (0, 10, 39)


def make_fixture() -> None:
    folder = FIXTURES / "squad"
    predictions, na_probs, questions = {}, {}, []
    for n, (golds, prediction, na_prob) in enumerate(QUESTIONS):
        id = f"q{n:02}"
        predictions[id], na_probs[id] = prediction, na_prob
        context = " 🙂 ".join(["Text", *golds])
        answers = [{"text": gold, "answer_start": context.index(gold)} for gold in golds]
        questions.append((context, {"id": id, "question": f"Question {n}?", "answers": answers}))

    def write_data(version: str) -> dict:
        paragraphs = []
        for context, question in questions:
            if version == "v2.0":
                question = {**question, "is_impossible": not question["answers"]}
            elif not question["answers"]:
                continue
            paragraphs.append({"context": context, "qas": [question]})
        half = len(paragraphs) // 2
        articles = [{"title": "First", "paragraphs": paragraphs[:half]},
                    {"title": "Second", "paragraphs": paragraphs[half:]}]
        data = {"version": version, "data": articles}
        write_json(folder / f"data-{version}.json", data, 1)
        return data

    first, second = write_data("1.1"), write_data("v2.0")
    some = {id: text for n, (id, text) in enumerate(predictions.items()) if n not in MISSING}
    write_json(folder / "predictions.json", {**predictions, "unknown": "of no question"}, 1)
    write_json(folder / "predictions-missing.json", some, 1)
    write_json(folder / "na-probs.json", na_probs, 1)
    expected = {
        "1.1": evaluate_1(first, predictions),
        "1.1 missing": evaluate_1(first, some),
        "2.0": evaluate_2(second, predictions),
        "2.0 missing": evaluate_2(second, some),
        "2.0 na-probs": evaluate_2(second, predictions, na_probs),
        "2.0 na-probs, threshold 0.5": evaluate_2(second, predictions, na_probs, 0.5),
        "1.1 each": {id: list(score) for id, score in score_each(first, predictions).items()},
        "2.0 each": {id: list(score) for id, score in score_each(second, predictions).items()},
    }
    lines = [json.dumps(name) + ": " + json.dumps(value) for name, value in expected.items()]
    (folder / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score")
    score.add_argument("data", type=Path)
    score.add_argument("predictions", type=Path)
    score.add_argument("--na-prob-file", type=Path)
    score.add_argument("--na-prob-thresh", type=float, default=1.0)
    commands.add_parser("check").add_argument("folder", type=Path)
    commands.add_parser("fixture")
    options = parser.parse_args()
    if options.command == "check":
        check(options.folder)
    elif options.command == "fixture":
        make_fixture()
    else:
        data, predictions = read(options.data), read(options.predictions)
        na_probs = read(options.na_prob_file) if options.na_prob_file else None
        if data["version"] == "1.1":
            metrics = evaluate_1(data, predictions)
        else:
            metrics = evaluate_2(data, predictions, na_probs, options.na_prob_thresh)
        print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
