"""The n-best answers of google-research/bert's run_squad.py, from the starter's logits by PyTorch.

    ask.py own                   # tests/fixtures/starter/ask.json: questions of our own, corner cases, options
    ask.py squad DATA [--out F]  # tests/fixtures/starter/squad-n-best.json.gz, for the questions of SQuAD in the folder
                                 # DATA (v1.1-val.json, v2.0-val.json); with --out the whole n-best of all; 4 min

Written after `write_predictions`: of each window the 20 best starts and 20 best ends; a start counts only in the
window in which it has the most context; spans that begin or end outside of the context, run backwards or are longer
than `max_answer` are no answers; sorted by start + end logit, equal texts once, 20 of them; the null score is the
least over the windows of [CLS]'s start + end; where no answer is an answer, it takes its place in the n-best, and is
added where it has none. A probability is a softmax over the n-best. Where we differ (docs/design.md): windows share
`overlap` tokens, the best starts and ends are sought among real tokens only, and a text is the slice between offsets.
"""

import argparse
import gzip
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForPreTraining, BertTokenizer

from corners import PROSE, corners
from fixture import FIXTURES, ROOT, to_utf16

MODEL = ROOT / "packages" / "starter" / "model"
CANDIDATES = 20
TIE = 1e-4  # scores that are closer may come in either order in float32

NAMES = {  # of the settings in the fixture, as they are called there
    "max_length": "maxLength",
    "overlap": "overlap",
    "max_question": "maxQuestion",
    "max_answer": "maxAnswer",
    "no_answer": "noAnswer",
}


@dataclass
class Settings:
    max_length: int = 384
    overlap: int | None = None
    max_question: int = 64
    max_answer: int = 30
    no_answer: bool = False


@dataclass
class Window:
    first: int
    count: int
    context_at: int
    starts: list
    ends: list


class Reader:
    def __init__(self):
        whole = BertForPreTraining.from_pretrained(MODEL, dtype=torch.float64, attn_implementation="eager")
        self.model = whole.bert.eval()
        self.tokenizer = BertTokenizer.from_pretrained(MODEL)
        head = load_file(MODEL / "plugins" / "answers" / "head.safetensors")
        self.weight, self.bias = head["weight"].double(), head["bias"].double()

    def tokenize(self, text: str):
        return self.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)

    def read(self, question: str, context: str, settings: Settings) -> tuple[list, list]:
        """The logits of every window, and where the context's tokens stand in it, in code points."""
        asked = self.tokenize(question).ids[: settings.max_question]
        tokens = self.tokenize(context)
        room = settings.max_length - len(asked) - 3
        overlap = min(128, room // 2) if settings.overlap is None else settings.overlap
        cls, sep = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        windows, first = [], 0
        while tokens.ids:
            count = min(room, len(tokens.ids) - first)
            ids = [cls, *asked, sep, *tokens.ids[first : first + count], sep]
            segments = [0] * (len(asked) + 2) + [1] * (count + 1)
            hidden = self.model(torch.tensor([ids]), token_type_ids=torch.tensor([segments])).last_hidden_state[0]
            logits = (hidden @ self.weight.T + self.bias).float().double()  # [tokens, 2]
            windows.append(Window(first, count, len(asked) + 2, logits[:, 0].tolist(), logits[:, 1].tolist()))
            if first + count == len(tokens.ids):
                break
            first += room - overlap
        return windows, tokens.offsets


def has_most_context(windows: list, w: int, token: int) -> bool:
    """Whether window `w` is the one, the first of equal ones, in which the token has the most context."""
    best, owner = -math.inf, None
    for n, window in enumerate(windows):
        left, right = token - window.first, window.first + window.count - 1 - token
        score = min(left, right) + 0.01 * window.count
        if left >= 0 and right >= 0 and score > best:
            best, owner = score, n
    return owner == w


def best_places(logits: list, slack: float) -> list:
    """The places of the best logits. A slack lets in those that come that near, or keeps out those so near below."""
    order = sorted(range(len(logits)), key=lambda i: logits[i], reverse=True)
    if slack == 0 or len(order) <= CANDIDATES:
        return order[:CANDIDATES]
    least = logits[order[CANDIDATES - 1]] if slack > 0 else logits[order[CANDIDATES]]
    return [i for i in order if logits[i] > least - slack]


def find_spans(windows: list, settings: Settings, slack: float = 0) -> list:
    """All (score, first token, last token), best first."""
    spans = []
    for w, window in enumerate(windows):
        inside = range(window.context_at, window.context_at + window.count)
        ends = [end for end in best_places(window.ends, slack) if end in inside]
        for start in best_places(window.starts, slack):
            first = start - window.context_at + window.first
            if start not in inside or not has_most_context(windows, w, first):
                continue
            for end in ends:
                if start <= end < start + settings.max_answer:
                    spans.append((window.starts[start] + window.ends[end], first, first + end - start))
    return sorted(spans, key=lambda span: span[0], reverse=True)


def pick(spans: list, null: float, context: str, offsets: list, settings: Settings) -> tuple[list, float]:
    """The n-best with the null answer as (None, None, score), and the least gap between scores that decided it."""
    none = [(null, None, None)] if settings.no_answer and null < math.inf else []
    spans = sorted([*spans, *none], key=lambda span: span[0], reverse=True)
    n_best, seen, gap, before = [], set(), math.inf, None
    for score, first, last in spans:
        gap = gap if before is None else min(gap, before - score)
        before = score
        if len(n_best) == CANDIDATES:
            break
        if first is None:
            n_best.append((None, None, score))
            continue
        start, end = offsets[first][0], offsets[last][1]
        if context[start:end] not in seen:
            seen.add(context[start:end])
            n_best.append((start, end, score))
    if none and all(start is not None for start, _, _ in n_best):
        n_best.append((None, None, null))
    return n_best, gap


def answer(reader: Reader, question: str, context: str, settings: Settings) -> dict:
    """`answers`: [start, end, score, probability] in UTF-16 units, without the null answer; `sure`: no near ties."""
    windows, offsets = reader.read(question, context, settings)
    null = min((window.starts[0] + window.ends[0] for window in windows), default=math.inf)
    n_best, gap = pick(find_spans(windows, settings), null, context, offsets, settings)
    others = [pick(find_spans(windows, settings, slack), null, context, offsets, settings)[0] for slack in (TIE, -TIE)]
    weights = [math.exp(score - n_best[0][2]) for _, _, score in n_best]
    answers = [
        [*to_utf16(context, [[start, end]])[0], score, weight / sum(weights)]
        for (start, end, score), weight in zip(n_best, weights)
        if start is not None
    ]
    sure = gap >= TIE and all(other == n_best for other in others)
    return {"nullScore": null if windows else None, "answers": answers, "windows": len(windows), "sure": sure}


def own_cases(reader: Reader) -> list:
    """(name, question, context, settings)"""
    play = "The play was written by Anton Chekhov in 1896, and first performed in Saint Petersburg on 17 October."
    usual, squad2 = Settings(), Settings(no_answer=True)
    small = Settings(max_length=64, overlap=20, no_answer=True)
    cases = [
        ("plain", "Who wrote the play?", play, usual),
        ("plain, no answer allowed", "Who wrote the play?", play, squad2),
        ("not said", "What did the tickets cost in Paris?", play, squad2),
        ("empty question", "", play, squad2),
        ("long question", " ".join(["Who wrote the play, and where was it performed?"] * 9), play, usual),
        ("part of the question", "Who wrote it, and where was it performed?", play, Settings(max_question=8)),
        ("short answers", "When was it first performed?", play, Settings(max_answer=2)),
        ("equal texts", "Who wrote the play?", f"{play} Chekhov was a doctor. Anton Chekhov's. CHEKHOV.", usual),
        ("windows", "Of what place was Sir Walter Elliot?", PROSE, small),
        ("no overlap", "What was Sir Walter's age?", PROSE, Settings(max_length=64, overlap=0)),
        ("greatest overlap", "What was Sir Walter's age?", PROSE[:400], Settings(max_length=40, overlap=28)),
        ("tiny windows", "What book did he take up?", PROSE[:300], Settings(max_length=14, no_answer=True)),
        ("long context", "Who was remarkably handsome in his youth?", PROSE * 6, squad2),
        ("512 tokens at once", "What did he consider inferior?", PROSE * 3, Settings(max_length=512, overlap=200)),
        ("code points", "Where was 𝔸𝕟𝕥𝕠𝕟 born?", "😀🦉 𝔸𝕟𝕥𝕠𝕟 Čechov was born in Taganróg 🏙️ on the Azov 🌊.", squad2),
        ("specials", "Who wrote the play?", "[CLS] The [MASK] was written by [SEP] Anton Chekhov [PAD].", usual),
    ]
    question = "Where was Anton Chekhov born?"
    return cases + [(f"context: {name}", question, text, squad2) for name, text in corners(reader.tokenizer).items()]


def write_own(reader: Reader) -> None:
    cases = []
    for name, question, context, settings in own_cases(reader):
        given = {NAMES[key]: value for key, value in vars(settings).items() if value != getattr(Settings, key)}
        result = answer(reader, question, context, settings)
        assert result["sure"], f"{name} has near ties: choose another text"
        cases.append({"name": name, "question": question, "context": context, "options": given, **result})
    path = FIXTURES / "starter" / "ask.json"
    lines = [json.dumps(shorten(case), ensure_ascii=False, separators=(",", ":")) for case in cases]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")
    print(f"{len(cases)} questions, {path.stat().st_size:,} bytes")


def shorten(value):
    """Numbers to six places: a tenth of the tolerance's last place."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, list):
        return [shorten(each) for each in value]
    return {key: shorten(each) for key, each in value.items()} if isinstance(value, dict) else value


def read_squad(folder: Path, name: str) -> list:
    articles = json.loads((folder / f"{name}.json").read_text("utf-8"))["data"]
    return [
        (qa["id"], qa["question"], paragraph["context"])
        for article in articles
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def write_squad(reader: Reader, folder: Path, out: Path | None) -> None:
    """{set: {full: thirty questions and their whole n-best, all: [null score, the best five, a sum of the n-best]}}

    The sum is the CRC-32 of `start-end ` of all answers in order; null where near ties leave the order open.
    """
    whole, digest = {}, {}
    for name in ("v1.1-val", "v2.0-val"):
        settings = Settings(no_answer=name.startswith("v2.0"))
        questions = read_squad(folder, name)
        results = {id: answer(reader, question, context, settings) for id, question, context in questions}
        whole[name] = shorten(results)
        digest[name] = {"full": {}, "all": {}}
        sure = [id for id in results if results[id]["sure"]]
        digest[name]["full"] = {id: whole[name][id] for id in sure[:: len(sure) // 30][:30]}
        for id, result in whole[name].items():
            spans = "".join(f"{start}-{end} " for start, end, _, _ in result["answers"])
            best = [[start, end, round(score, 5)] for start, end, score, _ in result["answers"][:5]]
            digest[name]["all"][id] = [
                round(result["nullScore"], 5), best, zlib.crc32(spans.encode()) if result["sure"] else None
            ]
        print(f"{name}: {len(questions)} questions, {len(questions) - len(sure)} with near ties")
    if out:
        out.write_text(json.dumps(whole, separators=(",", ":")) + "\n")
    path = FIXTURES / "starter" / "squad-n-best.json.gz"
    path.write_bytes(gzip.compress(json.dumps(digest, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{path.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["own", "squad"])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.what == "own":
        write_own(Reader())
    elif options.data is None:
        parser.error("squad needs the folder that holds v1.1-val.json and v2.0-val.json")
    else:
        write_squad(Reader(), options.data, options.out)


if __name__ == "__main__":
    main()
