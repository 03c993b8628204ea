"""Reads every config.pbtxt of a model repository by Triton's own model_config.proto, and prints them as JSON."""

import json
import pathlib
import sys

from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

configs = {}
for file in pathlib.Path(sys.argv[1]).glob("*/config.pbtxt"):
    config = text_format.Parse(file.read_text(), ModelConfig())
    configs[file.parent.name] = json_format.MessageToDict(config, preserving_proto_field_name=True)
print(json.dumps(configs))
