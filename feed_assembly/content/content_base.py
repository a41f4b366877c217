"""The content of a generation, memory-mapped and searched by id."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from feed_assembly.content.item_content import ItemContent
from generation import layout
from generation.arrow_file import MappedTable, find_rows

Ids = npt.NDArray[np.int64]


class ContentBase:
    """Items and authors as of the generation's data time."""

    def __init__(self, folder: Path) -> None:
        """Map the files of a verified generation.

        Raises:
            ValueError: a file or a column is missing.
        """
        items = MappedTable(folder / layout.CONTENT_ITEMS)
        authors = MappedTable(folder / layout.CONTENT_AUTHORS)
        self._tables = (items, authors)
        self._item_ids: Ids = items.array("item_id")
        self._item_authors: Ids = items.array("author_id")
        self._groups: Ids = items.array("group_id")
        self._created_ms: Ids = items.array("created_ms")
        self._durations_ms: Ids = items.array("duration_ms")
        self._titles = items.strings("title")
        self._texts = items.strings("text")
        self._media_urls = items.strings("media_url")
        self._categories = items.strings("categories")
        self._author_ids: Ids = authors.array("author_id")
        self._names = authors.strings("display_name")
        self._avatars = authors.strings("avatar_url")

    def item_rows(self, item_ids: Ids) -> Ids:
        """Row of each item, -1 where the generation does not have it."""
        return find_rows(self._item_ids, item_ids)

    def author_ids(self, item_ids: Ids) -> Ids:
        """`int64[n]`; -1 without author or for an unknown item."""
        return self._gathered(self._item_authors, item_ids)

    def group_ids(self, item_ids: Ids) -> Ids:
        """`int64[n]`; -1 outside of groups or for an unknown item."""
        return self._gathered(self._groups, item_ids)

    def categories(self, item_ids: Ids) -> list[tuple[str, ...]]:
        """Names, the main one first; empty for an unknown item."""
        rows = self.item_rows(item_ids)
        names = self._categories.take(_indices(rows)).to_pylist()
        return [tuple(found or ()) for found in names]

    def items(self, item_ids: Ids) -> list[ItemContent]:
        """Content without the author's, in the order asked; blank for an unknown item."""
        rows = self.item_rows(item_ids)
        at = _indices(rows)
        found = np.maximum(rows, 0)
        known = rows >= 0
        if not len(self._item_ids):
            return [ItemContent() for _ in range(len(item_ids))]
        return [
            ItemContent(author, title, text, media, "", "", tuple(names), created_ms, duration_ms)
            if is_known
            else ItemContent()
            for is_known, author, title, text, media, names, created_ms, duration_ms in zip(
                known.tolist(),
                self._item_authors[found].tolist(),
                self._titles.take(at).to_pylist(),
                self._texts.take(at).to_pylist(),
                self._media_urls.take(at).to_pylist(),
                self._categories.take(at).to_pylist(),
                self._created_ms[found].tolist(),
                self._durations_ms[found].tolist(),
                strict=True,
            )
        ]

    def authors(self, author_ids: Ids) -> list[tuple[str, str]]:
        """Display name and picture of each author, empty where unknown."""
        at = _indices(find_rows(self._author_ids, author_ids))
        names, avatars = self._names.take(at).to_pylist(), self._avatars.take(at).to_pylist()
        return [(name or "", avatar or "") for name, avatar in zip(names, avatars, strict=True)]

    def _gathered(self, column: Ids, item_ids: Ids) -> Ids:
        rows = self.item_rows(item_ids)
        values = np.full(len(rows), -1, np.int64)
        known = rows >= 0
        values[known] = column[rows[known]]
        return values


def _indices(rows: Ids) -> "pa.Array[pa.Int64Scalar]":
    """Rows for `take`, null where there is none."""
    return pa.array(rows, pa.int64(), mask=rows < 0)
