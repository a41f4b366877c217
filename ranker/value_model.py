"""Turns predicted actions into one number: the versioned weights of the value model."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ranker.onnx_model import ModelError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Worth of one expected action of each kind, in clicks.

    Attributes:
        weights: Head -> worth; heads that a ranker does not have are left out of the sum.
    """

    version: int
    weights: dict[str, float]

    @staticmethod
    def read(path: Path) -> "ValueModel":
        """Read `value_model.json`.

        Raises:
            ModelError: it is not `{"version": int, "weights": {head: finite number}}`.
        """
        try:
            contents = json.loads(path.read_text())
            weights = {str(head): float(worth) for head, worth in contents["weights"].items()}
            version = int(contents["version"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(f"{path} is not a value model: {error}") from error
        unfit = [head for head, worth in weights.items() if not math.isfinite(worth)]
        if unfit or not weights:
            raise ModelError(f"{path} has no finite weight for {', '.join(unfit) or 'any head'}")
        return ValueModel(version, weights)

    def for_heads(self, heads: tuple[str, ...]) -> Floats:
        """Weights in the order of a model's heads, 0 for heads without one. `float32[len(heads)]`.

        Raises:
            ModelError: no head has a weight, so every item would be worth the same.
        """
        worth = np.array([self.weights.get(head, 0.0) for head in heads], np.float32)
        if not worth.any():
            raise ModelError(f"no weight for any of the heads {', '.join(heads)}")
        return worth
