"""The viewer's vectors of one request, folded in from what the viewer liked lately.

State holds ids, never vectors, so that a new generation cannot mix spaces.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from candidate_gen.viewer_state.clusters import cluster_centres
from features.fold_in_one import FoldIn
from generation.item_vectors import ItemVectors, MeanVectors, read_gram
from generation.manifest import InvalidGenerationError, Manifest

MIN_POSITIVES = 3
"""Fewer positives with a vector say too little to be a taste."""

TRUSTED_POSITIVES = 20
"""From here on the recent positives decide alone; below, the stored vector keeps a share."""

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ViewerVectors:
    """See the fields of the same names in `ViewerState`."""

    vector: Floats
    folded_vector: Floats
    has_vector: bool
    cluster_vectors: Floats


class ViewerVectorizer:
    """Computes viewers' vectors in the space of one generation."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Map vectors and means of a generation's folder.

        Raises:
            InvalidGenerationError: a file or a parameter cannot be used; names it.
        """
        try:
            self._items = ItemVectors(folder)
            self._means = MeanVectors(folder)
            gram = read_gram(folder)
        except (ValueError, OSError) as error:
            raise InvalidGenerationError(f"{folder}: {error}") from error
        alpha, regularization = manifest.fold_in_alpha, manifest.fold_in_regularization
        if not regularization > 0 or not alpha >= 0:
            raise InvalidGenerationError(
                f"{folder}: fold_in_regularization {regularization} and fold_in_alpha "
                f"{alpha}, need > 0 and >= 0"
            )
        if self._items.dim != len(gram):
            raise InvalidGenerationError(
                f"{folder}: item vectors have {self._items.dim} dimensions, "
                f"the Gram matrix {len(gram)}"
            )
        self._fold_in = FoldIn(gram, alpha, regularization)

    def of(
        self,
        positive_item_ids: Ids,
        stored: npt.NDArray[np.float16] | None,
        region: int,
        language: int,
    ) -> ViewerVectors:
        """Of a viewer with these positives, newest first, and the model's own vector if any."""
        liked = self._items.gather(positive_item_ids)
        folded = self._fold_in.of(liked)
        if not is_finite(folded):
            folded = np.zeros_like(folded)
        vector = _blended(folded, len(liked), stored)
        clusters = cluster_centres(liked)
        if vector is None or not is_finite(vector):
            return ViewerVectors(self._means.of(region, language), folded, False, clusters)
        return ViewerVectors(vector, folded, True, clusters)


def is_finite(vector: Floats) -> bool:
    """A sum in float64, which no finite float32 overflows, is finite only where all are."""
    return math.isfinite(vector.sum(dtype=np.float64))


def _blended(folded: Floats, count: int, stored: npt.NDArray[np.float16] | None) -> Floats | None:
    """Fold-in of `count` positives, stored vector, or a share of both; `None` for neither."""
    if stored is None and count < MIN_POSITIVES:
        return None
    if stored is not None and count == 0:
        return stored.astype(np.float32)
    if stored is None or count >= TRUSTED_POSITIVES:
        return folded
    share = np.float32(count / TRUSTED_POSITIVES)
    return share * folded + (1 - share) * stored.astype(np.float32)
