"""How the index of a shard is to be searched, as the build found out."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from generation import layout


@dataclass(frozen=True, slots=True)
class IndexParameters:
    """How an index is to be searched: `index.json` beside `index.faiss`.

    Attributes:
        kind: `exact` or `ivf`.
        lists: Inverted lists; 1 for `exact`.
        probes: Lists scanned per query.
        ef_search: Breadth of the search for those lists.
        largest_norm: The M above; 0 for `exact`.
        recall_at_100: Measured when built, against exact search, ties allowed; 1 for `exact`.
        added_dims: Width of what is appended to each vector; 0 for `exact`.
    """

    kind: str
    lists: int
    probes: int
    ef_search: int
    largest_norm: float
    recall_at_100: float
    added_dims: int = 0

    def write(self, folder: Path) -> None:
        (folder / layout.SHARD_INDEX_PARAMETERS).write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def read(folder: Path) -> "IndexParameters":
        """Raises ValueError, TypeError: the file holds something else."""
        told = IndexParameters(**json.loads((folder / layout.SHARD_INDEX_PARAMETERS).read_bytes()))
        least = {"lists": 1, "probes": 1, "ef_search": 0, "added_dims": 0}
        wrong = [name for name, number in least.items() if not getattr(told, name) >= number]
        if wrong or told.kind not in ("exact", "ivf"):
            raise ValueError(f"{told} cannot be searched")
        return told
