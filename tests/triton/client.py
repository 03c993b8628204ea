"""Everything that NVIDIA's own client asks a server, with what it got: one JSON object, a field for each call.

python client.py HOST:PORT
"""

import json
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

MODEL = "cloze-starter"
client = http.InferenceServerClient(sys.argv[1], concurrency=4, network_timeout=60)
results = {}


def ask(name, call):
    try:
        results[name] = {"value": call()}
    except InferenceServerException as error:
        results[name] = {"status": error.status(), "message": error.message()}


def tensor(name, rows, binary=True):
    given = http.InferInput(name, list(np.shape(rows)), "INT64")
    given.set_data_from_numpy(np.array(rows, dtype=np.int64), binary_data=binary)
    return given


def text(binary=True, rows=1, ids=(101, 1037, 4010, 1010, 6057, 2143, 102)):
    return [
        tensor("input_ids", [ids] * rows, binary),
        tensor("token_type_ids", [[0] * len(ids)] * rows, binary),
        tensor("attention_mask", [[1] * len(ids)] * rows, binary),
    ]


def outputs(*names, binary=True):
    return [http.InferRequestedOutput(name, binary_data=binary) for name in names]


def read(result, *names):
    """What a result says, and of each tensor its type, shape and first numbers."""
    said = result.get_response()
    tensors = {}
    for name in names:
        numbers = result.as_numpy(name)
        first = [round(float(x), 3) for x in numbers.ravel()[:4]]
        tensors[name] = {"type": str(numbers.dtype), "shape": list(numbers.shape), "first": first}
    about = {key: said[key] for key in ("id", "model_name", "model_version") if key in said}
    return {**about, "outputs": [one["name"] for one in said["outputs"]], "tensors": tensors}


def infer(*names, given=None, binary=True, **options):
    asked = outputs(*names, binary=binary) if names else None
    return read(client.infer(MODEL, text(binary) if given is None else given, outputs=asked, **options), *names)


def together():
    calls = [client.async_infer(MODEL, text(rows=rows), outputs=outputs("sentiment")) for rows in (1, 2, 3, 4, 1, 2)]
    return [read(call.get_result(), "sentiment")["tensors"]["sentiment"]["shape"] for call in calls]


masked = [*text(ids=(101, 3000, 2003, 1996, 103, 102)), tensor("masked_positions", [[4]])]
pair = ("sentiment", "answers")
words = ("masked-lm.ids", "masked-lm.total")

ask("live", client.is_server_live)
ask("ready", client.is_server_ready)
ask("model ready", lambda: client.is_model_ready(MODEL))
ask("version ready", lambda: client.is_model_ready(MODEL, "1"))
ask("other version ready", lambda: client.is_model_ready(MODEL, "9"))
ask("other model ready", lambda: client.is_model_ready("none"))
ask("server", client.get_server_metadata)
ask("model", lambda: client.get_model_metadata(MODEL))
ask("version", lambda: client.get_model_metadata(MODEL, "1"))
ask("other version", lambda: client.get_model_metadata(MODEL, "9"))
ask("config", lambda: client.get_model_config(MODEL))
ask("index", client.get_model_repository_index)

ask("binary", lambda: infer(*pair))
ask("json", lambda: infer(*pair, binary=False))
ask("json in, binary out", lambda: infer(*pair, given=text(binary=False)))
ask("version named", lambda: infer("sentiment", model_version="1"))
ask("other version named", lambda: infer("sentiment", model_version="9"))
ask("with an id", lambda: infer("sentiment", request_id="a-1"))
ask("urgent", lambda: infer("sentiment", priority=1))
ask("of a priority that is none", lambda: infer("sentiment", priority=99))
ask("with time", lambda: infer("sentiment", timeout=20_000_000))
ask("without time", lambda: infer("sentiment", timeout=1))
ask("with a parameter of its own", lambda: infer("sentiment", parameters={"colour": "red"}))
for algorithm in ("gzip", "deflate"):
    ask(f"{algorithm} in", lambda: infer(*pair, request_compression_algorithm=algorithm))
    ask(f"{algorithm} out", lambda: infer(*pair, response_compression_algorithm=algorithm))
    ask(f"{algorithm} both", lambda: infer(
        *pair, binary=False, request_compression_algorithm=algorithm, response_compression_algorithm=algorithm))
ask("masked words", lambda: infer(*words, given=masked))
ask("all outputs", lambda: infer(given=masked)["outputs"])
ask("together", together)

ask("an output that is none", lambda: infer("none"))
ask("an input that is none", lambda: infer("sentiment", given=[*text(), tensor("none", [[1]])]))
ask("an input is missing", lambda: infer("sentiment", given=text()[:2]))
ask("places of masks are missing", lambda: infer(*words))
ask("a model that is none", lambda: client.infer("none", text()))

ask("statistics", lambda: client.get_inference_statistics(MODEL))
ask("version statistics", lambda: client.get_inference_statistics(MODEL, "1"))
ask("all statistics", client.get_inference_statistics)

print(json.dumps(results))
