"""What Python's transformers does where docs/comparison.md says it: one JSON object of outcomes. The argument is the repository."""
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import logging, pipeline  # noqa: E402

logging.disable_progress_bar()
root = sys.argv[1]
starter = f"{root}/packages/starter/model"
checkpoint = f"{root}/tests/fixtures/checkpoints"
outcomes = {}


def attempt(what, run):
    try:
        outcomes[what] = run()
    except Exception as error:  # an outcome like any other
        outcomes[what] = {"error": f"{type(error).__name__}: {error}"}


fill = pipeline("fill-mask", starter)
attempt("two masks", lambda: fill("He opened the [MASK] and read the [MASK].", top_k=1))
attempt("targets", lambda: fill("The film was [MASK].", targets=["unwatchable"]))
attempt("long fill", lambda: fill("The cat sat on the floor. " * 200 + "He closed the [MASK]."))

score = pipeline("text-classification", f"{checkpoint}/regression")
attempt("regression", lambda: score({"text": "a warm film", "text_pair": "a cold film"}))
attempt("long text", lambda: score("a warm film " * 200))

tagger = f"{checkpoint}/token"
attempt("strides", lambda: len(pipeline("token-classification", tagger, aggregation_strategy="first", stride=4)("a b " * 200)))
attempt("tokens in strides", lambda: pipeline("token-classification", tagger, aggregation_strategy="none", stride=4))

attempt("features", lambda: len(pipeline("feature-extraction", starter)("a warm film")[0]))

for task in ["question-answering", "multiple-choice", "next-sentence-prediction"]:
    attempt(task, lambda: pipeline(task, starter))
print(json.dumps(outcomes, default=float))
