"""The generation's vector space: every item vector by id, the Gram matrix, the mean viewers."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.compiled import own
from generation.known_vectors import known_vectors

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class ItemVectors:
    """All item vectors, fp16, mapped and searched by id: 128 MB of file per million at 64."""

    def __init__(self, folder: Path) -> None:
        """Map the file below a generation's folder.

        Raises:
            ValueError: it is no Arrow file, or lacks a column; names it.
        """
        table = MappedTable(folder / layout.VECTORS_ITEMS)
        self._ids: Ids = table.array("item_id", "i8")
        vectors = table.array("vector")
        if vectors.dtype != np.float16 or vectors.ndim != 2:
            raise ValueError(f"{table.path.name} has vectors of {vectors.dtype} {vectors.shape}")
        self._halves: npt.NDArray[np.uint16] = vectors.view(np.uint16)

    @property
    def dim(self) -> int:
        return int(self._halves.shape[1])

    def __len__(self) -> int:
        return len(self._ids)

    def gather(self, item_ids: Ids) -> Floats:
        """Vectors of those items that have a finite one: `float32[k, dim]`, in their order."""
        vectors: Floats = known_vectors(self._ids, self._halves, own(item_ids))
        return vectors


class MeanVectors:
    """Mean viewer vectors by region and language: where to start for a viewer without taste."""

    def __init__(self, folder: Path) -> None:
        """Read the file below a generation's folder.

        Raises:
            ValueError: it is no Arrow file, or holds a number that is not finite.
        """
        table = MappedTable(folder / layout.VECTORS_MEANS)
        vectors: Floats = table.array("vector")
        if not np.isfinite(vectors).all():
            raise ValueError(f"{table.path.name} holds a number that is not finite")
        places = zip(table.array("region").tolist(), table.array("language").tolist(), strict=True)
        self._vectors: dict[tuple[int, int], Floats] = dict(zip(places, vectors, strict=True))
        self._nowhere: Floats = np.zeros(vectors.shape[1], np.float32)

    def of(self, region: int, language: int) -> Floats:
        """`float32[dim]`: of region and language, else of everybody, else zeros."""
        everybody = self._vectors.get((0, 0), self._nowhere)
        return self._vectors.get((region, language), everybody)


def read_gram(folder: Path) -> Floats:
    """The Gram matrix of all item vectors, `float32[dim, dim]`.

    Raises:
        ValueError: it is no Arrow file, not square, or holds a number that is not finite.
    """
    table = MappedTable(folder / layout.VECTORS_GRAM)
    gram: Floats = table.array("row")
    if gram.shape[0] != gram.shape[1]:
        raise ValueError(f"{table.path.name} is {gram.shape[0]} x {gram.shape[1]}, not square")
    if not np.isfinite(gram).all():
        raise ValueError(f"{table.path.name} holds a number that is not finite")
    return gram
