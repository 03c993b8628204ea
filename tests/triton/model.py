"""Triton's Python backend in the place of `backend: "onnxruntime"`, which the server that PyPI has lacks.

It opens the exported model.onnx with ONNX Runtime and does what that backend does: the requests that Triton's scheduler
joined become one run, of every output in config.pbtxt, and each request gets the rows and outputs that it asked for.
"""

import json
import os

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.inputs = [one["name"] for one in config["input"]]
        self.outputs = [one["name"] for one in config["output"]]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.log_severity_level = 3
        file = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        given = {one.name for one in self.session.get_inputs()}
        if given != set(self.inputs):
            raise pb.TritonModelException(f"config.pbtxt expects {self.inputs}, model.onnx takes {sorted(given)}")

    def execute(self, requests):
        read = lambda name: [pb.get_input_tensor_by_name(one, name).as_numpy() for one in requests]
        fed = {name: read(name) for name in self.inputs}
        rows = [len(one) for one in fed[self.inputs[0]]]
        try:
            run = self.session.run(self.outputs, {name: np.concatenate(all) for name, all in fed.items()})
        except Exception as error:  # as the backend does: every request of the batch fails
            return [pb.InferenceResponse(error=pb.TritonError(str(error))) for _ in requests]
        ends = np.cumsum(rows)
        responses = []
        for request, start, end in zip(requests, ends - rows, ends):
            asked = set(request.requested_output_names())
            tensors = [pb.Tensor(name, np.ascontiguousarray(out[start:end])) for name, out in zip(self.outputs, run) if name in asked]
            responses.append(pb.InferenceResponse(tensors))
        return responses
