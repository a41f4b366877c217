"""Who follows whom, memory-mapped by every worker: friends' likes and follows of the followed.

As in the graph that serves, the people whose likes count are the viewer's friends (mutual follows),
or, of a viewer whom nobody follows back, those followed. A friendship is as old as its younger
follow; follows of unknown time count as older than everything.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.arrow_file import MappedTable, find_rows, write_table
from spark_jobs.engine import Receipt
from spark_jobs.pairs import pair_codes
from spark_jobs.part_files import numbers, read_part
from spark_jobs.relations import FOLLOWED_BY, FOLLOWS
from spark_jobs.training.as_of import exploded
from spark_jobs.training.plan import TrainingPlan

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

MAX_PEOPLE = 500
"""Of one viewer, as in `serving.contracts.graph`."""

CHUNK_ROWS = 20_000
NEVER_MS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class People:
    """`e` edges ordered by (viewer_id, other_id).

    Attributes:
        since_ms: `int64[e]`, 0 unknown.
        is_close: `bool[e]`: whose likes count.
    """

    viewer_id: Longs
    other_id: Longs
    since_ms: Longs
    is_close: npt.NDArray[np.bool_]

    @staticmethod
    def open(plan: TrainingPlan) -> "People":
        table = MappedTable(plan.folder / "people.arrow")
        close = table.array("is_close").astype(bool)
        viewer_id, other_id = table.array("viewer_id"), table.array("other_id")
        return People(viewer_id, other_id, table.array("since_ms"), close)

    def who_liked(
        self,
        event_viewer: Longs,
        event_item: Longs,
        event_ms: Longs,
        positive: npt.NDArray[np.bool_],
        viewer_id: Longs,
        item_id: Longs,
        asked_ms: Longs,
    ) -> Doubles:
        """How many close people had been positive about the item before: `float64[q]`."""
        counts = np.zeros(len(viewer_id))
        close = self.is_close
        edges = (self.viewer_id[close], self.other_id[close], self.since_ms[close])
        if not len(edges[0]) or not positive.any():
            return counts
        liker, liked = event_viewer[positive], event_item[positive]
        order = np.lexsort((event_ms[positive], liked, liker))
        likes = (liker[order], liked[order], event_ms[positive][order])
        for start in range(0, len(viewer_id), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            counts[rows] = _likes_of_close(
                edges, likes, viewer_id[rows], item_id[rows], asked_ms[rows]
            )
        return counts

    def is_second_degree(
        self, viewer_id: Longs, author_id: Longs, asked_ms: Longs
    ) -> npt.NDArray[np.bool_]:
        """Whether somebody followed by the viewer followed the author: `bool[q]`."""
        found = np.zeros(len(viewer_id), bool)
        for start in range(0, len(viewer_id), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            asked = asked_ms[rows]
            first = np.searchsorted(self.viewer_id, viewer_id[rows])
            last = np.searchsorted(self.viewer_id, viewer_id[rows], side="right")
            which, edge = exploded(first, last)
            between = self.other_id[edge]
            since = self._since(between, author_id[rows][which])
            hit = (since < asked[which]) & (self.since_ms[edge] < asked[which])
            found[start + np.unique(which[hit])] = True
        return found

    def _since(self, viewer_id: Longs, author_id: Longs) -> Longs:
        """Since when the follow is, `NEVER_MS` where there is none: `int64[q]`."""
        edge, wanted = pair_codes((self.viewer_id, self.other_id), (viewer_id, author_id))
        at = find_rows(edge, wanted)
        return np.where(at >= 0, self.since_ms[at] if len(edge) else 0, NEVER_MS)


def write_people(plan: TrainingPlan, _task: int) -> Receipt:
    """Write `people.arrow`. One task: 25 bytes per follow; empty where authors are no viewers."""
    parts = []
    unknown = 0
    for part in range(plan.facts.viewer_partitions):
        viewer, other, since, close = _edges_of_part(plan, part)
        unknown += int((since == 0).sum())
        parts.append((viewer, other, since, close))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    if not plan.facts.authors_are_viewers:
        order = order[:0]
    names = ("viewer_id", "other_id", "since_ms", "is_close")
    table = {name: column[order] for name, column in zip(names, columns, strict=True)}
    table["is_close"] = table["is_close"].astype(np.uint8)
    write_table(plan.folder / "people.arrow", table)
    return {"follows": sum(len(part[0]) for part in parts), "follows_without_time": unknown}


def _edges_of_part(
    plan: TrainingPlan, part: int
) -> tuple[Longs, Longs, Longs, npt.NDArray[np.bool_]]:
    table = read_part(
        plan.workplace.relations, part, ["viewer_id", "kind", "other_id", "created_ms"]
    )
    kind = numbers(table, "kind", "i4")
    viewer, other, since = (
        numbers(table, name, "i8") for name in ("viewer_id", "other_id", "created_ms")
    )
    forth, back = kind == FOLLOWS, kind == FOLLOWED_BY
    edge, reverse = pair_codes((viewer[forth], other[forth]), (viewer[back], other[back]))
    mutual = np.isin(edge, reverse)
    has_friends = np.isin(viewer[forth], viewer[forth][mutual])
    return viewer[forth], other[forth], since[forth], mutual | ~has_friends


def _likes_of_close(
    edges: tuple[Longs, Longs, Longs],
    likes: tuple[Longs, Longs, Longs],
    viewer_id: Longs,
    item_id: Longs,
    asked_ms: Longs,
) -> Doubles:
    first = np.searchsorted(edges[0], viewer_id)
    last = np.searchsorted(edges[0], viewer_id, side="right")
    which, edge = exploded(first, np.minimum(last, first + MAX_PEOPLE))
    like, wanted = pair_codes((likes[0], likes[1]), (edges[1][edge], item_id[which]))
    at = np.searchsorted(like, wanted)  # of several likes the first, which is the earliest
    at[at == len(like)] = 0
    hit = (like[at] == wanted) & (likes[2][at] < asked_ms[which])
    hit &= edges[2][edge] < asked_ms[which]
    return np.bincount(which[hit], minlength=len(viewer_id)).astype(np.float64)
