"""The region whose floor a viewer gets: the one the call names, else the viewer's own."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.arrow_file import MappedTable
from generation.vocabulary import Names, Vocabulary

UNKNOWN = 0


class ViewerRegions:
    """Regions of the generation's viewers, memory-mapped."""

    def __init__(
        self, viewer_ids: npt.NDArray[np.int64], regions: npt.NDArray[np.int32], names: Names
    ) -> None:
        """`viewer_ids` ascending; `regions` are their codes."""
        self._viewer_ids = viewer_ids
        self._regions = regions
        self._names = names

    @staticmethod
    def open(folder: Path) -> "ViewerRegions":
        """Map the files of a verified generation.

        Raises:
            ValueError: a column is missing.
        """
        table = MappedTable(folder / layout.VIEWERS)
        names = Vocabulary.read(folder / layout.VOCABULARY).regions
        return ViewerRegions(table.array("viewer_id"), table.array("region"), names)

    def code(self, viewer_id: int, named: str) -> int:
        """Vocabulary code; 0 where neither is known."""
        if named:
            return self._names.code(named)
        row = int(self._viewer_ids.searchsorted(viewer_id))
        is_known = row < len(self._viewer_ids) and self._viewer_ids[row] == viewer_id
        return int(self._regions[row]) if is_known else UNKNOWN

    def name(self, viewer_id: int, named: str) -> str:
        """Empty where it is unknown."""
        return named or self._names.name(self.code(viewer_id, ""))
