"""Statistics of every author, over all shards: followers, items, impressions, positive actions."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from generation.arrow_file import MappedTable, write_table
from spark_jobs.build_context import Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.part_files import BATCH_ROWS, numbers, part_path, read_part

STATISTICS = ("followers", "items", "impressions", "positives")


def author_statistics(
    workplace: Workplace, facts: Facts, follow_files: list[Path], _task: int
) -> Receipt:
    """Write `author_statistics.arrow`: author_id int64 (sorted) and STATISTICS, float32 each.

    One task: its memory grows with the number of authors only.
    """
    sums = _AuthorSums()
    for shard in range(facts.shards):
        items = read_part(workplace.items, shard, ["author_id"])
        authors = numbers(items, "author_id", "i8", -1)
        known = MappedTable(part_path(workplace.item_statistics, shard, "arrow"))
        sums.add(authors, "items", np.ones(len(authors)))
        sums.add(authors, "impressions", known.array("impressions"))
        sums.add(authors, "positives", known.array("positive_actions"))
    for path in follow_files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=["viewer_id", "author_id"]):
                viewers, authors = (numbers(batch, n, "i8") for n in ("viewer_id", "author_id"))
                counts = ~(facts.authors_are_viewers & (viewers == authors))
                sums.add(authors, "followers", counts.astype(np.float64))
    rows = write_table(workplace.author_statistics, sums.columns())
    return {"authors": rows}


class _AuthorSums:
    """Sums by author that grow as authors appear."""

    def __init__(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._sums = np.empty((0, len(STATISTICS)))

    def add(
        self,
        authors: npt.NDArray[np.int64],
        statistic: str,
        amounts: npt.NDArray[np.floating],
    ) -> None:
        """Add `amounts[i]` to author `authors[i]`; authors of -1 are nobody."""
        named = authors >= 0
        ids = np.union1d(self._ids, authors[named])
        if len(ids) != len(self._ids):
            grown = np.zeros((len(ids), len(STATISTICS)))
            grown[np.searchsorted(ids, self._ids)] = self._sums
            self._ids, self._sums = ids, grown
        rows = np.searchsorted(self._ids, authors[named])
        np.add.at(self._sums[:, STATISTICS.index(statistic)], rows, amounts[named])

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        statistics = {
            name: self._sums[:, at].astype(np.float32) for at, name in enumerate(STATISTICS)
        }
        return {"author_id": self._ids, **statistics}
