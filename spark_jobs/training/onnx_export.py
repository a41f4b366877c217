"""Writes a trained network as the ONNX file that the ranker loads.

Input `features` float32[n, FEATURE_COUNT], raw, in the order of `features.matrix.FEATURES`; output
`probabilities` float32[n, heads] in [0, 1]. Clipping and standardisation are part of the graph.
`metadata_props`: `feature_schema` (hash), `heads` (comma separated, in the order of the output),
`kind` (`pre_ranker` or `ranker`) and `trained_rows`.

`value_model.json` beside the models: `{"version": 1, "weights": {head: worth of one such action}}`.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features.matrix import FEATURE_COUNT, feature_schema
from spark_jobs.training.network import Network

OPSET = 17
IR_VERSION = 8
"""What ONNX Runtime has read since 2022; nothing newer is needed."""

VALUE_WEIGHTS = {"click": 1.0, "like": 3.0, "long_view": 1.5, "hide": -8.0}
"""Worth of one action in clicks: a considered default, to be changed by experiment, not by data."""


def write_model(path: Path, network: Network, *, kind: str, trained_rows: int) -> None:
    """Write one model file; the same network gives the same bytes."""
    nodes, constants = [], {
        "low": network.scaling.low,
        "high": network.scaling.high,
        "mean": network.scaling.mean,
        "scale": network.scaling.scale,
    }  # fmt: skip
    nodes += [
        helper.make_node("Max", ["features", "low"], ["above_low"]),
        helper.make_node("Min", ["above_low", "high"], ["clipped"]),
        helper.make_node("Sub", ["clipped", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "scale"], ["layer_0_input"]),
    ]
    last = len(network.layers) - 1
    for number, (weights, bias) in enumerate(network.layers):
        layer = f"layer_{number}"
        constants |= {f"{layer}_weights": weights, f"{layer}_bias": bias}
        inputs = [f"{layer}_input", f"{layer}_weights", f"{layer}_bias"]
        nodes.append(helper.make_node("Gemm", inputs, [f"{layer}_output"]))
        if number < last:
            nodes.append(
                helper.make_node("Relu", [f"{layer}_output"], [f"layer_{number + 1}_input"])
            )
    nodes.append(helper.make_node("Sigmoid", [f"layer_{last}_output"], ["probabilities"]))
    _save(path, nodes, constants, network.heads, {"kind": kind, "trained_rows": str(trained_rows)})


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    heads: tuple[str, ...],
    properties: dict[str, str],
) -> None:
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURE_COUNT])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(heads)])
    initializers = [
        numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name)
        for name, values in constants.items()
    ]
    graph = helper.make_graph(nodes, "feedrank", [features], [output], initializers)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="feedrank"
    )
    properties |= {"feature_schema": feature_schema(), "heads": ",".join(heads)}
    helper.set_model_props(model, dict(sorted(properties.items())))
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def write_value_model(path: Path) -> None:
    """Write the default value model; weights of heads a ranker lacks are ignored when serving."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 1, "weights": VALUE_WEIGHTS}, indent=1) + "\n")
