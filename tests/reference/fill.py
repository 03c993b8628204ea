"""What stands behind a [MASK], by `transformers`: the best pieces, given targets, and whole fillings.

Writes tests/fixtures/fill.json: by model (the starter, and the checkpoints with a masked-lm head) a list of
{name, text, masks, targets?, joint?}, everything computed in float64 over the full vocabulary.

masks    one a [MASK]: `start` and `end` in UTF-16 units; the 20 best `ids`, their `logits` and `probabilities`,
         and `total`, the log of the sum of exponentials of all logits.
targets  {target: [a probability for each mask]}, as the pipeline's `targets`, none left out and none scaled. A
         target is a piece of the vocabulary, else what the tokenizer makes of it. One of several pieces gets the
         product of theirs: the mask becomes as many masks, which are filled from left to right, each seeing those
         before it. Other masks of the text stay masks.
joint    the five best fillings of all masks together, {ids, text, score}: masks are filled from left to right, each seeing
         those filled before it, by a beam of five. A score is the sum of the logarithms of the probabilities.
         Special tokens are no candidates. Where a mask goes on with what is before it, a word or another mask, the
         candidates are the pieces that begin with ##, elsewhere all others: a mask stands alone at the beginning, and
         after white space, punctuation (BERT's: ASCII's symbols too) or a Chinese character.
"""

import json
import unicodedata
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertForMaskedLM, BertForPreTraining

from corners import corners, fill_up
from fixture import FIXTURES, ROOT, pack, to_utf16

BEAM = 5
TOP = 20
MASK = "[MASK]"


class Filler:
    def __init__(self, folder: Path, architecture):
        self.model = architecture.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.pieces = self.tokenizer.convert_ids_to_tokens(range(self.model.config.vocab_size))

    def logits(self, ids: list) -> torch.Tensor:
        out = self.model(torch.tensor([ids]))
        return (out.logits if "logits" in out else out.prediction_logits)[0]  # [length, vocabulary]

    def encode(self, text: str) -> tuple[list, list, list]:
        """Ids, the places of the masks among them, and their offsets in code points."""
        row = self.tokenizer(text, return_offsets_mapping=True)
        ids, offsets = row["input_ids"], row["offset_mapping"]
        places = [i for i, id in enumerate(ids) if id == self.tokenizer.mask_token_id]
        assert len(ids) <= self.model.config.max_position_embeddings, len(ids)
        return ids, places, [offsets[i] for i in places]

    def masks(self, text: str) -> list:
        ids, places, offsets = self.encode(text)
        logits = self.logits(ids)
        found = []
        for place, (start, end) in zip(places, to_utf16(text, offsets)):
            best = logits[place].topk(min(TOP, len(self.pieces)))
            found.append({
                "start": start,
                "end": end,
                "ids": best.indices.tolist(),
                "logits": pack(best.values),
                "probabilities": pack(logits[place].softmax(-1)[best.indices]),
                "total": round(logits[place].logsumexp(-1).item(), 6),
            })
        return found

    def score_target(self, text: str, target: str) -> list:
        known = self.tokenizer.get_vocab().get(target)
        pieces = self.tokenizer(target, add_special_tokens=False)["input_ids"] if known is None else [known]
        ids, places, _ = self.encode(text)
        probabilities = []
        for place in places:
            trial = ids[:place] + [self.tokenizer.mask_token_id] * len(pieces) + ids[place + 1 :]
            probability = 1.0
            for n, piece in enumerate(pieces):
                probability *= self.logits(trial)[place + n].softmax(-1)[piece].item()
                trial[place + n] = piece
            probabilities.append(float(f"{probability:.9g}"))
        return probabilities

    def goes_on(self, text: str, start: int) -> bool:
        """Whether a mask that begins here is a part of the word before it."""
        if text[:start].endswith(MASK) or start == 0:
            return start > 0
        before = text[start - 1]
        symbol = "!" <= before <= "~" and not before.isalnum()
        return not (before.isspace() or symbol or unicodedata.category(before)[0] == "P" or "一" <= before <= "鿿")

    def joint(self, text: str) -> list:
        ids, places, offsets = self.encode(text)
        specials = set(self.tokenizer.all_special_ids)
        beam = [(0.0, [])]
        for n, (start, _) in enumerate(offsets):
            part = self.goes_on(text, start)
            shut = [id for id, piece in enumerate(self.pieces) if id in specials or piece.startswith("##") != part]
            longer = []
            for score, chosen in beam:
                trial = list(ids)
                for place, id in zip(places, chosen):
                    trial[place] = id
                logs = self.logits(trial)[places[n]].log_softmax(-1)
                logs[shut] = -torch.inf
                best = logs.topk(BEAM)
                longer += [(score + log, [*chosen, id]) for log, id in zip(best.values.tolist(), best.indices.tolist())]
            beam = sorted(longer, key=lambda each: -each[0])[: BEAM + 1]
            scores = [score for score, _ in beam]
            assert all(a - b > 2e-5 for a, b in zip(scores, scores[1:])), f"near ties: {text}"
            beam = beam[:BEAM]
        return [{"ids": chosen, "text": self.put_in(text, chosen), "score": round(score, 6)} for score, chosen in beam]

    def put_in(self, text: str, chosen: list) -> str:
        first, *rest = text.split(MASK)
        return first + "".join(self.pieces[id].removeprefix("##") + part for id, part in zip(chosen, rest))


def starter_cases(filler: Filler) -> list:
    """(name, text, targets, whether jointly)"""
    masked = fill_up(filler.tokenizer, 508)
    long = masked.replace("a man who", f"a {MASK} who", 1)
    long = long[: long.rindex(" ")] + f" {MASK}"
    with_masks = [
        (f"corner: {name}", f"{text} {MASK}.", [], False)
        for name, text in corners(filler.tokenizer).items()
        if name not in ("512 tokens", "empty")
    ]
    return [
        ("one", f"Paris is the {MASK} of France.", ["capital", "heart", "Mayor", "zoo"], True),
        ("at the beginning", f"{MASK} is the capital of France.", ["paris", "lyon"], True),
        ("two", f"The {MASK} of France is {MASK}.", ["capital", "paris"], True),
        ("many", f"{MASK} was born in {MASK} in {MASK}, and died in {MASK} in {MASK}.", ["he", "london"], True),
        ("of several pieces", f"The man played the {MASK} very well.", ["piano", "glockenspiel", "balalaika"], False),
        ("part of a word", f"That was un{MASK}, he said.", [], True),
        ("after a hyphen", f"He is a well-{MASK} man.", ["known"], True),
        ("after a symbol", f"It was sold for ${MASK} or €{MASK}.", [], True),
        ("side by side", f"She lives in New {MASK}{MASK}", [], True),
        ("side by side, apart", f"She lives in {MASK} {MASK} .", [], True),
        ("in brackets", f"The film ({MASK}) was “{MASK}”!", [], True),
        ("nothing else", MASK, [], True),
        ("not a mask", f"The [mask] and the [Mask] are no {MASK}.", [], False),
        ("512 tokens", long, ["man", "him"], False),
        *with_masks,
    ]


def checkpoint_cases(_: Filler) -> list:
    return [
        ("one", f"the cat sat on the {MASK}.", ["mat", "film", "?", "matter"], True),
        ("two", f"the {MASK} sat on the {MASK} .", ["cat", "mat"], True),
        ("many", f"{MASK} {MASK} wrote a {MASK} in {MASK}, {MASK}!", [], True),
        ("part of a word", f"an un{MASK} film by{MASK}", ["##able"], True),
        ("chinese", f"北京是中国的{MASK}都。", ["首"], True),
        ("emoji, arabic, right to left", f"😀🦉 \u200fمرحبا {MASK} \u202eabc\u202c {MASK}", [], True),
        ("64 tokens", f"{MASK} " + "the cat sat on a mat in paris " * 7 + f"by bad {MASK} of {MASK}", ["cat"], False),
        ("nothing else", MASK, [], True),
        ("[PAD] among the best", f"cat o {MASK}", [], True),
    ]


MODELS = [
    ("starter", ROOT / "packages" / "starter" / "model", BertForPreTraining, starter_cases),
    ("masked-lm", FIXTURES / "checkpoints" / "masked-lm", BertForMaskedLM, checkpoint_cases),
    ("pretraining", FIXTURES / "checkpoints" / "pretraining", BertForPreTraining, checkpoint_cases),
]


def main() -> None:
    models = {}
    for name, folder, architecture, list_cases in MODELS:
        filler = Filler(folder, architecture)
        models[name] = []
        for title, text, targets, jointly in list_cases(filler):
            case = {"name": title, "text": text, "masks": filler.masks(text)}
            if targets:
                case["targets"] = {target: filler.score_target(text, target) for target in targets}
            if jointly:
                case["joint"] = filler.joint(text)
            models[name].append(case)
    path = FIXTURES / "fill.json"
    parts = []
    for name, cases in models.items():
        lines = [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases]
        parts.append(json.dumps(name) + ":[\n" + ",\n".join(lines) + "\n]")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")
    print(f"{sum(map(len, models.values()))} texts, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
