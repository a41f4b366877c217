"""Two linear models small enough to compute by hand, in the format that services load."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features.matrix import FEATURE_COUNT, FEATURES, feature_schema


def write_linear_model(
    path: Path,
    heads: dict[str, dict[str, float]],
    *,
    kind: str = "ranker",
    schema: str | None = None,
    feature_count: int = FEATURE_COUNT,
) -> None:
    """Write `probabilities = sigmoid(features @ weights)`, a column per head.

    Args:
        heads: Head -> feature name -> weight; features not named weigh nothing.
        schema: Hash to claim; by default the true one.
    """
    names = [feature.name for feature in FEATURES]
    weights = np.zeros((feature_count, len(heads)), np.float32)
    for column, by_feature in enumerate(heads.values()):
        for name, weight in by_feature.items():
            weights[names.index(name), column] = weight
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
        ],
        "linear",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", feature_count])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(heads)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    helper.set_model_props(
        model,
        {
            "feature_schema": schema or feature_schema(),
            "heads": ",".join(heads),
            "kind": kind,
            "trained_rows": "0",
        },
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def write_tiny_models(folder: Path) -> None:
    """A pre-ranker that likes near vectors and a ranker with the heads click and hide."""
    write_linear_model(
        folder / "pre_ranker.onnx", {"positive": {"vector_cosine": 2.0}}, kind="pre_ranker"
    )
    write_linear_model(
        folder / "ranker.onnx",
        {
            "click": {"vector_cosine": 2.0, "follows_author": 0.5, "log_age_hours": -0.1},
            "hide": {"is_sensitive": 1.0, "vector_cosine": -2.0},
        },
    )
    value_model = {"version": 1, "weights": {"click": 1.0, "like": 3.0, "hide": -4.0}}
    (folder / "value_model.json").write_text(json.dumps(value_model))
