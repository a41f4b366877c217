"""A trained model as plain arrays: what trainers make, the exporter writes and tests compare."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scaling:
    """How raw features become inputs of the first layer: clip to [low, high], centre and scale.

    Attributes:
        low, high: `float32[F]`, the range seen in training; what lies outside is unlike anything
            the model has learned from, so it counts as the end of the range.
        mean, scale: `float32[F]`; `scale` is 0 for features that are constant in training, which
            then never move the output.
    """

    low: Floats
    high: Floats
    mean: Floats
    scale: Floats

    @staticmethod
    def of(matrix: Floats) -> "Scaling":
        """Learn from training rows, `float32[n, F]`."""
        mean = matrix.mean(axis=0, dtype=np.float64)
        deviation = matrix.std(axis=0, dtype=np.float64)
        varies = matrix.min(axis=0) < matrix.max(axis=0)
        scale = np.where(varies & (deviation > 0), 1 / np.where(deviation > 0, deviation, 1), 0)
        return Scaling(
            matrix.min(axis=0),
            matrix.max(axis=0),
            mean.astype(np.float32),
            scale.astype(np.float32),
        )

    def apply(self, matrix: Floats) -> Floats:
        """`float32[n, F]`, standardised."""
        clipped = np.minimum(np.maximum(matrix, self.low), self.high)
        standardised: Floats = (clipped - self.mean) * self.scale
        return standardised


@dataclass(frozen=True, slots=True)
class Network:
    """Dense layers with ReLU between them and a sigmoid per head at the end.

    Attributes:
        heads: Names of the outputs.
        layers: `(weights float32[inputs, outputs], bias float32[outputs])` in order; one layer is a
            logistic regression.
    """

    heads: tuple[str, ...]
    scaling: Scaling
    layers: tuple[tuple[Floats, Floats], ...]

    def predict(self, matrix: Floats) -> Floats:
        """Probabilities `float32[n, heads]` of raw features `float32[n, F]`."""
        values = self.scaling.apply(matrix)
        for number, (weights, bias) in enumerate(self.layers):
            if number:
                values = np.maximum(values, 0)
            values = values @ weights + bias
        probabilities: Floats = np.float32(1) / (np.float32(1) + np.exp(-values))
        return probabilities
