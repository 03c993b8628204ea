"""Entities as Hugging Face's token-classification pipeline finds them, in all five aggregations.

The starter's encoder with its `entities` head becomes a BertForTokenClassification; writes
tests/fixtures/starter/entities.json: {texts, aggregations: {name: [[{label, start, end, score}]]}} with offsets in
UTF-16 units.
"""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, BertConfig, BertForTokenClassification, pipeline

from corners import corners

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "packages/starter/model"
TEXTS = [
    "Anton Chekhov was born in Taganrog, on the Sea of Azov, and worked for Novoye Vremya in Saint Petersburg.",
    "The United Nations met in New York; Kofi Annan spoke about Rwanda and the Red Cross.",
    "nothing to see here",
    "",
    "Zwölf Boxkämpfer jagten Eva quer über den Sylter Deich. \U0001f600 Michelangelo painted in Rome.",
    "ANGELA MERKEL visited Volkswagen AG in Wolfsburg with Emmanuel Macron of France.",
    "Mr. O'Neill-Smith of Hewlett-Packard flew from Johannesburg to Ouagadougou for Lufthansa.",
    "In 1912 the Titanic sank; J. Bruce Ismay of the White Star Line survived. Jack Phillips did not.",
    "Tchaikovsky Rachmaninoff Shostakovich Mussorgsky",
    "安东·契诃夫住在 Moscow。 中国 and 北京 met Angela Merkel。",
    "زار Anton Chekhov مدينة Paris، ثم عاد إلى موسكو.",
]

plugin = json.loads((MODEL / "plugins/entities/plugin.json").read_text())
labels = plugin["labels"]
config = BertConfig.from_pretrained(MODEL, id2label=dict(enumerate(labels)), label2id={l: i for i, l in enumerate(labels)})
model = BertForTokenClassification(config).eval()
weights = {k: v.float() for k, v in load_file(MODEL / "model.safetensors").items()}
head = {f"classifier.{k}": v.float() for k, v in load_file(MODEL / "plugins/entities/head.safetensors").items()}
missing, _ = model.load_state_dict({**weights, **head}, strict=False)
assert not missing, missing
tokenizer = AutoTokenizer.from_pretrained(MODEL)
TEXTS += [text for name, text in corners(tokenizer).items() if name != "empty"]  # 512 tokens are read at once


def utf16(text: str, at: int) -> int:
    return len(text[:at].encode("utf-16-le")) // 2


result = {}
for aggregation in ("none", "simple", "first", "average", "max"):
    tag = pipeline("token-classification", model=model.double(), tokenizer=tokenizer, aggregation_strategy=aggregation)
    with torch.no_grad():
        result[aggregation] = [
            [
                {
                    "label": entity.get("entity") or entity.get("entity_group"),
                    "start": utf16(text, int(entity["start"])),
                    "end": utf16(text, int(entity["end"])),
                    "score": round(float(entity["score"]), 7),
                }
                for entity in (tag(text) if text else [])
            ]
            for text in TEXTS
        ]
path = ROOT / "tests/fixtures/starter/entities.json"
path.write_text(json.dumps({"texts": TEXTS, "aggregations": result}, ensure_ascii=False, separators=(",", ":")) + "\n")
