"""Checks manifests: Kubernetes' own kinds by its strict JSON schemas, KServe's by the models of its Python package.

python check_manifests.py FILE…   prints, as JSON, the kinds of each file and what is wrong with it
"""

import importlib
import importlib.util
import json
import re
import sys
import types
import warnings

import kubernetes.client.models as kubernetes_models
import kubernetes_validate
import yaml

VERSION = "1.32"

# Of KServe's package only the models are wanted: its __init__ imports a whole server.
package = types.ModuleType("kserve")
package.__path__ = list(importlib.util.find_spec("kserve").submodule_search_locations)
sys.modules["kserve"] = package
warnings.simplefilter("ignore")
kserve_models = importlib.import_module("kserve.models")

SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float), "ResourceQuantity": (str, int, float)}


def faults(value, kind, at):
    """What is wrong with a value of a type as the generated models write it: `list[V1Container]`, `dict(str, str)`."""
    if kind == "object":
        return []
    if kind in SCALARS:
        right = isinstance(value, SCALARS[kind]) and (kind == "bool" or not isinstance(value, bool))
        return [] if right else [f"{at} should be {kind}"]
    if inner := re.fullmatch(r"[lL]ist\[(.+)\]", kind):
        if not isinstance(value, list):
            return [f"{at} should be a list"]
        return [fault for i, one in enumerate(value) for fault in faults(one, inner[1], f"{at}[{i}]")]
    if inner := re.fullmatch(r"(?:dict\(|Dict\[)str, (.+)[)\]]", kind):
        if not isinstance(value, dict):
            return [f"{at} should be an object"]
        return [fault for key, one in value.items() for fault in faults(one, inner[1], f"{at}.{key}")]
    model = getattr(kserve_models, kind, None) or getattr(kubernetes_models, kind, None)
    if model is None:
        return [f"{at} is of {kind}, which neither package knows"]
    if not isinstance(value, dict):
        return [f"{at} should be an object"]
    fields = {name: field for field, name in model.attribute_map.items()}
    found = [f"{at} has no field {name}" for name in value if name not in fields]
    for name, one in value.items():
        if name in fields:
            found += faults(one, model.openapi_types[fields[name]], f"{at}.{name}")
    try:  # a model refuses to be made without the fields that it must have
        model(**{fields[name]: one for name, one in value.items() if name in fields})
    except ValueError as error:
        found.append(f"{at}: {error}")
    return found


KSERVE = {
    ("serving.kserve.io/v1alpha1", "ClusterServingRuntime"): "V1alpha1ClusterServingRuntime",
    ("serving.kserve.io/v1beta1", "InferenceService"): "V1beta1InferenceService",
}


def check(manifest):
    kind = KSERVE.get((manifest["apiVersion"], manifest["kind"]))
    if kind:
        return faults(manifest, kind, manifest["kind"])
    try:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
        return []
    except kubernetes_validate.ValidationError as error:
        return [f"{manifest['kind']}.{'.'.join(map(str, error.path))}: {error.message}"]


report = {}
for file in sys.argv[1:]:
    with open(file) as opened:
        manifests = [one for one in yaml.safe_load_all(opened) if one is not None]
    report[file] = {"kinds": [one["kind"] for one in manifests], "faults": [fault for one in manifests for fault in check(one)]}
print(json.dumps(report))
