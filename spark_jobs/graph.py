"""The social graph's key-value records: made by viewer partition, then sorted over all."""

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from generation import layout
from generation.arrow_file import MappedTable, write_table
from generation.graph_records import MAX_NEGATIVES, Kind, pack
from generation.viewer_columns import MAX_POSITIVES
from spark_jobs.build_context import BuildContext, Facts, Workplace
from spark_jobs.engine import Receipt
from spark_jobs.events import IS_NEGATIVE
from spark_jobs.history import History, latest_items, read_history, taste
from spark_jobs.pairs import counts_of, pair_codes
from spark_jobs.part_files import numbers, one_array, part_path, read_part
from spark_jobs.relations import (
    BLOCKED_BY,
    BLOCKS,
    FOLLOWED_BY,
    FOLLOWS,
    GROUPS,
    MUTES,
    RELATION_ORDER,
)

Longs = npt.NDArray[np.int64]
Record = tuple[int, bytes]

KINDS = sorted(Kind, key=lambda kind: kind.prefix)
PART_BYTES = 512 * 2**20
"""Size of a graph part, about: a kind with more is cut into ranges of ids."""

NO_END = -1

PLAIN = {
    Kind.BLOCKS: BLOCKS,
    Kind.BLOCKED_BY: BLOCKED_BY,
    Kind.MUTES: MUTES,
    Kind.GROUPS: GROUPS,
}


def build_graph(context: BuildContext) -> list[Receipt]:
    """Write `graph/part-*.arrow`: kinds by their prefix, each cut by id where it is large."""
    engine, workplace, facts = context.engine, context.workplace, context.facts
    receipts = engine.map(
        facts.viewer_partitions, partial(graph_records, workplace, facts), describe="graph records"
    )
    parts = [
        (number, low, high)
        for number, kind in enumerate(KINDS)
        for low, high in _ranges(kind, receipts)
    ]
    return engine.map(len(parts), partial(sorted_part, workplace, facts, parts), describe="graph")


def _ranges(kind: Kind, receipts: list[Receipt]) -> list[tuple[int, int]]:
    """Ranges of ids that cut a kind into equal parts.

    The ids of one partition are a fair sample of all, as partitions are made by hash.
    """
    count = -(-sum(r["bytes"][kind.name] for r in receipts) // PART_BYTES) or 1
    ends = receipts[0]["quantiles"][kind.name]
    cuts = sorted({ends[len(ends) * cut // count] for cut in range(1, count)}) if ends else []
    return list(zip([0, *cuts], [*cuts, NO_END], strict=True))


def graph_records(workplace: Workplace, facts: Facts, part: int) -> Receipt:
    """Write `graph/{kind}/part-{part}.arrow`: id int64 (sorted), value binary."""
    history = read_history(workplace, facts, part)
    relations = read_part(workplace.relations, part, RELATION_ORDER)
    columns = {name: numbers(relations, name, "i8") for name in RELATION_ORDER}
    receipt: Receipt = {"bytes": {}, "quantiles": {}}
    for kind in KINDS:
        records = list(_records(kind, columns, history))
        ids = np.array([record[0] for record in records], np.int64)
        path = part_path(workplace.scratch / "graph" / kind.name, part, "arrow")
        write_table(
            path, {"id": ids, "value": pa.array([record[1] for record in records], pa.binary())}
        )
        receipt["bytes"][kind.name] = sum(len(value) + 9 for _, value in records)
        sampled = np.linspace(0, len(ids) - 1, min(len(ids), 1_000)).astype(int)
        receipt["quantiles"][kind.name] = ids[sampled].tolist()
    return receipt


def sorted_part(
    workplace: Workplace, facts: Facts, parts: list[tuple[int, int, int]], number: int
) -> Receipt:
    """Write graph part `number`: the records of one kind with ids in `[low, high)`, by key.

    `high` may be NO_END.
    """
    kind_number, low, high = parts[number]
    kind = KINDS[kind_number]
    chunks = []
    for part in range(facts.viewer_partitions):
        table = MappedTable(part_path(workplace.scratch / "graph" / kind.name, part, "arrow"))
        first, last = np.searchsorted(table.array("id"), [low, high])
        last = len(table) if high == NO_END else last
        chunks.append(table.batch.slice(first, last - first))
    records = pa.Table.from_batches(chunks)
    ids = records["id"].to_numpy()
    order = np.argsort(ids, kind="stable")
    keys = pa.array([kind.prefix + struct.pack(">q", i) for i in ids[order].tolist()], pa.binary())
    values = one_array(records["value"].take(order))
    name = layout.GRAPH_PART.format(part=number)
    rows = write_table(workplace.output / Path(name), {"key": keys, "value": values})
    return {"rows": {name: rows}}


def _records(kind: Kind, relations: dict[str, Longs], history: History) -> Iterator[Record]:
    if kind in PLAIN:
        return _plain(kind, relations, PLAIN[kind])
    if kind is Kind.FRIENDS:
        return _friends(relations)
    if kind is Kind.FOLLOWS:
        return _follows(relations, history)
    if kind is Kind.NEGATIVES:
        return _items(kind, history, IS_NEGATIVE[history.action], MAX_NEGATIVES)
    return _items(kind, history, taste(history), MAX_POSITIVES)


def _of_kind(relations: dict[str, Longs], kind: int) -> dict[str, Longs]:
    return {name: values[relations["kind"] == kind] for name, values in relations.items()}


def _plain(kind: Kind, relations: dict[str, Longs], number: int) -> Iterator[Record]:
    rows = _of_kind(relations, number)
    for viewer, first, last in _runs(rows["viewer_id"]):
        yield viewer, pack(kind, np.unique(rows["other_id"][first:last]))


def _friends(relations: dict[str, Longs]) -> Iterator[Record]:
    """Mutual follows; FOLLOWED_BY exists only where authors are viewers."""
    followed_by = _of_kind(relations, FOLLOWED_BY)
    follows = _of_kind(relations, FOLLOWS)
    mine, theirs = pair_codes(
        *((rows["viewer_id"], rows["other_id"]) for rows in (follows, followed_by))
    )
    mutual = np.isin(mine, theirs)
    viewers, friends = follows["viewer_id"][mutual], follows["other_id"][mutual]
    for viewer, first, last in _runs(viewers):
        yield viewer, pack(Kind.FRIENDS, np.unique(friends[first:last]))


def _follows(relations: dict[str, Longs], history: History) -> Iterator[Record]:
    """Most affinity first; of equal affinity whom the viewer followed last, then the smaller id."""
    rows = _of_kind(relations, FOLLOWS)
    affinity = _affinity(rows["viewer_id"], rows["other_id"], history)
    order = np.lexsort((rows["other_id"], -rows["created_ms"], -affinity, rows["viewer_id"]))
    authors, affinity = rows["other_id"][order], affinity[order]
    for viewer, first, last in _runs(rows["viewer_id"]):
        yield viewer, pack(Kind.FOLLOWS, authors[first:last], affinity[first:last])


def _affinity(viewers: Longs, authors: Longs, history: History) -> npt.NDArray[np.float32]:
    """`log1p` of the viewer's positive actions on the author's items, by pair."""
    positive = history.positive
    acted, wanted = pair_codes(
        (history.viewer_id[positive], history.author_id[positive]), (viewers, authors)
    )
    return np.log1p(counts_of(wanted, acted)).astype(np.float32)


def _items(
    kind: Kind, history: History, rows: npt.NDArray[np.bool_], limit: int
) -> Iterator[Record]:
    viewers = np.unique(history.viewer_id)
    pairs = latest_items(history, viewers, rows, limit)
    for number in np.flatnonzero(np.diff(pairs.first)).tolist():
        entries = slice(int(pairs.first[number]), int(pairs.first[number + 1]))
        value = pack(kind, pairs.other[entries], pairs.amounts[0][entries])
        yield int(viewers[number]), value


def _runs(sorted_ids: Longs) -> Iterator[tuple[int, int, int]]:
    """Every distinct id with the range of its rows."""
    ids, first = np.unique(sorted_ids, return_index=True)
    last = np.append(first, len(sorted_ids))[1:]
    yield from zip(ids.tolist(), first.tolist(), last.tolist(), strict=True)
