"""Is what Cloze emits ONNX? Asks `onnx.checker`, and runs it with Python's onnxruntime.

    check-onnx.py FOLDER...

Each folder holds `model.onnx`, the weights that it points into, and `expected.json` (see README.md). Prints the
largest difference of `last_hidden_state` of real tokens, and of the logits at masks, over all folders, and fails above
1e-4.
"""
import base64
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

largest = 0.0
for folder in map(Path, sys.argv[1:]):
    onnx.checker.check_model(folder / "model.onnx", full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        mask = np.array(case["attention_mask"])
        feeds = {
            "input_ids": np.array(case["input_ids"], np.int32),
            "token_type_ids": np.array(case["token_type_ids"], np.int32),
            "attention_mask": mask.astype(np.float32),
        }
        names = {"last_hidden_state": "last_hidden_state"}
        if "positions" in case:
            feeds["masked_positions"] = np.array(case["positions"], np.int32)
            names["prediction_logits"] = "masked-lm" if "masked-lm" in outputs else "head"
        for name, actual in zip(names, session.run(list(names.values()), feeds)):
            packed = case["outputs"][name]
            difference = actual - np.frombuffer(base64.b64decode(packed["data"]), "<f4").reshape(packed["shape"])
            real = mask == 1 if name == "last_hidden_state" else slice(None)
            largest = max(largest, np.abs(difference[real]).max())
print(f"{len(sys.argv) - 1} models, largest difference {largest:.1e}")
sys.exit(1 if largest > 1e-4 else 0)
