"""Models of the shape that builds train, with random weights: what they cost is what counts."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from features.matrix import FEATURE_COUNT
from generation import layout
from spark_jobs.training.network import Network, Scaling
from spark_jobs.training.onnx_export import write_model, write_value_model

TRUNK = (128, 64)
HEADS = ("click", "like", "long_view", "hide")
"""As in `spark_jobs.training.main_ranker`, which cannot be imported without JAX."""

INPUT_SCALE = 0.2


def write_models(working: Path, seed: int) -> None:
    random = np.random.default_rng(seed + 4)
    row = np.ones(FEATURE_COUNT, np.float32)
    scaling = Scaling(-20 * row, 20 * row, 0 * row, INPUT_SCALE * row)
    for name, kind, heads, trunk in (
        (layout.PRE_RANKER, "pre_ranker", ("positive",), ()),
        (layout.RANKER, "ranker", HEADS, TRUNK),
    ):
        layers = tuple(
            (
                random.normal(0, np.sqrt(1 / inputs), (inputs, outputs)).astype(np.float32),
                random.normal(0, 0.1, outputs).astype(np.float32),
            )
            for inputs, outputs in pairwise((FEATURE_COUNT, *trunk, len(heads)))
        )
        write_model(working / name, Network(heads, scaling, layers), kind=kind, trained_rows=0)
    write_value_model(working / layout.VALUE_MODEL)
