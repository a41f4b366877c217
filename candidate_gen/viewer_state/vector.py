"""The viewer's vectors of one request, folded in from what the viewer liked lately.

State holds ids, never vectors, so that a new generation cannot mix spaces.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from candidate_gen.viewer_state.clusters import cluster_centres
from features.fold_in import fold_in
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
            self._gram = read_gram(folder)
        except (ValueError, OSError) as error:
            raise InvalidGenerationError(f"{folder}: {error}") from error
        self._alpha = manifest.fold_in_alpha
        self._regularization = manifest.fold_in_regularization
        if not self._regularization > 0 or not self._alpha >= 0:
            raise InvalidGenerationError(
                f"{folder}: fold_in_regularization {self._regularization} and fold_in_alpha "
                f"{self._alpha}, need > 0 and >= 0"
            )
        if self._items.dim != len(self._gram):
            raise InvalidGenerationError(
                f"{folder}: item vectors have {self._items.dim} dimensions, "
                f"the Gram matrix {len(self._gram)}"
            )

    def of(
        self,
        positive_item_ids: Ids,
        stored: npt.NDArray[np.float16] | None,
        region: int,
        language: int,
    ) -> ViewerVectors:
        """Of a viewer with these positives, newest first, and the model's own vector if any."""
        liked = self._items.gather(positive_item_ids)
        if not np.isfinite(liked).all():
            liked = liked[np.isfinite(liked).all(axis=1)]
        folded = self._folded(liked)
        vector = _blended(folded, len(liked), stored)
        clusters = cluster_centres(liked)
        if vector is None or not np.isfinite(vector).all():
            return ViewerVectors(self._means.of(region, language), folded, False, clusters)
        return ViewerVectors(vector, folded, True, clusters)

    def _folded(self, liked: Floats) -> Floats:
        # Every positive weighs the same, as in the fit that made the item vectors.
        weights = np.ones(len(liked), np.float32)
        folded = fold_in(liked, self._gram, weights, self._alpha, self._regularization)
        return folded if np.isfinite(folded).all() else np.zeros_like(folded)


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
