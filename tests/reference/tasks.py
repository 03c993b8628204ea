"""What `transformers` says of texts by the heads on a whole text, and the vectors that it makes of them.

Writes, everything computed in float64:

tests/fixtures/classify.json  {checkpoint: [{items, results}]}: a `text-classification` pipeline over batches of the
    checkpoint, and `starter`, its `sentiment` head in place of a classifier's. A result is [[label, score], ...] of
    all labels, best first; of a regression [[label, value]].
tests/fixtures/next.json      {checkpoint: [{text, pair, isNext}]}: the probability of label 0.
tests/fixtures/choose.json    {checkpoint: [{context, question?, choices, scores}]}: a softmax over the choices. A
    choice is read as [CLS] context [SEP] question choice [SEP], the two with a space between them.
tests/fixtures/embed.json     the starter's vectors: {texts, vectors: [{options, of}]}, `of` being packed
    [texts, width]; `tokens`: one text's token vectors; `similar`: [{query, texts, ranking: [[index, cosine]]}].
"""

import json

import torch
from safetensors.torch import load_file
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForMultipleChoice,
    BertForNextSentencePrediction,
    BertForPreTraining,
    BertForSequenceClassification,
    pipeline,
)

from corners import PROSE, corners, fill_up
from fixture import FIXTURES, ROOT, encode, pack, tensors

STARTER = ROOT / "packages" / "starter" / "model"
CHECKPOINTS = FIXTURES / "checkpoints"
EAGER = {"dtype": torch.float64, "attn_implementation": "eager"}


def write(name: str, value: dict) -> None:
    path = FIXTURES / f"{name}.json"
    parts = {key: json.dumps(of, ensure_ascii=False, separators=(",", ":")) for key, of in value.items()}
    path.write_text("{\n" + ",\n".join(f'"{key}":{of}' for key, of in parts.items()) + "\n}\n", "utf-8")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def pairs(tokenizer, positions: int) -> list:
    """Texts and pairs of texts of all lengths, one batch."""
    texts = [text for name, text in corners(tokenizer).items() if name != "512 tokens"]
    full = fill_up(tokenizer, positions - 2)
    return [
        {"text": "The cat sat on the mat."},
        {"text": "who wrote it?", "pair": "The film was written by a bad cat in Paris."},
        *({"text": text} for text in texts),
        {"text": "", "pair": ""},
        {"text": "", "pair": "it is good"},
        {"text": "it is good", "pair": ""},
        {"text": texts[-1], "pair": texts[-2]},
        {"text": full},
        {"text": PROSE, "pair": full},  # cut longest first
    ]


def sentiment() -> BertForSequenceClassification:
    """The starter with its sentiment head as a classifier."""
    labels = json.loads((STARTER / "plugins" / "sentiment" / "plugin.json").read_text())["labels"]
    config = BertConfig.from_pretrained(STARTER, id2label=dict(enumerate(labels)), attn_implementation="eager")
    model = BertForSequenceClassification(config).eval().double()
    head = load_file(STARTER / "plugins" / "sentiment" / "head.safetensors")
    weights = {**load_file(STARTER / "model.safetensors"), **{f"classifier.{key}": of for key, of in head.items()}}
    missing, _ = model.load_state_dict({key: of.double() for key, of in weights.items()}, strict=False)
    assert not missing, missing
    return model


def classify(model, tokenizer) -> list:
    run = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    positions = model.config.max_position_embeddings
    cases = []
    for item in pairs(tokenizer, positions):
        cut = {"truncation": "longest_first", "max_length": positions}
        if item.get("pair") == "":  # the pipeline takes an empty pair for none
            encoded = tensors(encode(tokenizer, [item], positions))
            found = run.postprocess(model(**encoded), top_k=None, _legacy=False)
        else:
            found = run({"text": item["text"], "text_pair": item.get("pair")}, **cut)
        cases.append({"item": item, "result": [[each["label"], round(each["score"], 7)] for each in found]})
    return cases


def next_sentence(model, tokenizer) -> list:
    cases = []
    for item in pairs(tokenizer, model.config.max_position_embeddings):
        if "pair" not in item:
            continue
        out = model(**tensors(encode(tokenizer, [item], model.config.max_position_embeddings)))
        logits = out.logits if "logits" in out else out.seq_relationship_logits
        cases.append({**item, "isNext": round(logits[0].softmax(-1)[0].item(), 7)})
    return cases


def choose(model, tokenizer) -> list:
    found = corners(tokenizer)
    positions = model.config.max_position_embeddings
    questions = [
        ("The cat sat on", None, ["the mat.", "a film in Paris!"]),
        ("The cat sat on the mat.", "Who sat on it?", ["the cat", "a mat", "it", "who wrote it", ""]),
        ("", "", ["the cat", "a mat"]),
        (found["right to left"], found["emoji"], [found["chinese"], found["arabic"], found["one token"], ""]),
        (fill_up(tokenizer, positions), "who wrote it?", ["the cat", fill_up(tokenizer, positions)]),
    ]
    cases = []
    for context, question, choices in questions:
        items = [{"text": context, "pair": f"{question} {choice}" if question else choice} for choice in choices]
        encoded = tensors(encode(tokenizer, items, positions))
        logits = model(**{key: of[None] for key, of in encoded.items()}).logits[0]
        asked = {} if question is None else {"question": question}
        scores = [round(score, 7) for score in logits.softmax(-1).tolist()]
        cases.append({"context": context, **asked, "choices": choices, "scores": scores})
    return cases


WEIGHTS = [0.1, 0, -0.5, 2]

EMBEDDINGS = [
    {"pooling": "mean"},
    {"pooling": "mean", "normalize": True},
    {"pooling": "mean", "layers": [0]},
    {"pooling": "mean", "layers": [-2]},
    {"pooling": "mean", "layers": [-4, -3, -2, -1]},
    {"pooling": "mean", "layers": [1, 3, 5, 6], "weights": WEIGHTS},
    {"pooling": "mean", "layers": [1, 3, 5, 6], "weights": WEIGHTS, "normalize": True},
    {"pooling": "cls"},
    {"pooling": "cls", "layers": [3, 0]},
    {"pooling": "pooler"},
    {"pooling": "pooler", "normalize": True},
]

QUERIES = [
    ("a cat", ["The dog sleeps.", "A kitten plays with wool.", "Stock prices fell.", "The cat sat.", "Cats!", ""]),
    ("Who wrote the play?", ["Chekhov wrote it.", "It rained in Paris.", "The playwright was Russian.", "Who was it?"]),
]


def pool(features, mask: torch.Tensor, options: dict) -> torch.Tensor:
    """[texts, width]"""
    if options["pooling"] == "pooler":
        parts = [features.pooler_output]
    elif options["pooling"] == "cls":
        parts = [features.hidden_states[layer][:, 0] for layer in options.get("layers", [-1])]
    else:
        real = mask[..., None].double()
        states = [features.hidden_states[layer] for layer in options.get("layers", [-1])]
        parts = [(state * real).sum(1) / real.sum(1) for state in states]
    if "weights" in options:
        vector = sum(weight * part for weight, part in zip(options["weights"], parts))
    else:
        vector = torch.cat(parts, -1)
    return vector / vector.norm(dim=-1, keepdim=True) if options.get("normalize") else vector


def embed(model, tokenizer) -> dict:
    def read(texts: list):
        encoded = tensors(encode(tokenizer, [{"text": text} for text in texts], 512))
        return model(**encoded, output_hidden_states=True), encoded["attention_mask"]

    texts = [*corners(tokenizer).values(), "Anton Chekhov wrote plays.", PROSE]
    features, mask = read(texts)
    vectors = [{"options": options, "of": pack(pool(features, mask, options))} for options in EMBEDDINGS]
    one = "Señora Núñez 😀 paid unbelievably little."
    states = read([one])[0].hidden_states
    layers = {-1: states[-1], 0: states[0]}
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(one)["input_ids"])
    tokens = [{"text": one, "tokens": pieces, "layers": [layer], "of": pack(of[0])} for layer, of in layers.items()]
    similar = []
    for query, candidates in QUERIES:
        vector, *others = pool(*read([query, *candidates]), {"pooling": "mean", "normalize": True})
        cosines = [round(torch.dot(vector, other).item(), 7) for other in others]
        order = sorted(range(len(cosines)), key=lambda i: -cosines[i])
        similar.append({"query": query, "texts": candidates, "ranking": [[i, cosines[i]] for i in order]})
    return {"texts": texts, "vectors": vectors, "tokens": tokens, "similar": similar}


def main() -> None:
    def read(name: str, architecture):
        folder = STARTER if name == "starter" else CHECKPOINTS / name
        return architecture.from_pretrained(folder, **EAGER).eval(), AutoTokenizer.from_pretrained(folder)

    starter, tokenizer = read("starter", BertForPreTraining)
    classifiers = ("erf", "gamma-beta", "no-prefix", "regression", "multi-label")
    classified = {name: classify(*read(name, BertForSequenceClassification)) for name in classifiers}
    write("classify", {**classified, "starter": classify(sentiment(), tokenizer)})
    write("next", {
        "next-sentence": next_sentence(*read("next-sentence", BertForNextSentencePrediction)),
        "pretraining": next_sentence(*read("pretraining", BertForPreTraining)),
        "starter": next_sentence(starter, tokenizer),
    })
    write("choose", {"choice": choose(*read("choice", BertForMultipleChoice))})
    write("embed", embed(starter.bert, tokenizer))


if __name__ == "__main__":
    main()
