"""The content of a generation, memory-mapped and searched by id."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from feed_assembly.content.content_arrays import ContentArrays
from feed_assembly.content.text_columns import TextColumn, TextListColumn
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
        self._titles = TextColumn(items.strings("title"))
        self._texts = TextColumn(items.strings("text"))
        self._media_urls = TextColumn(items.strings("media_url"))
        self._categories = TextListColumn(items.strings("categories"))
        self._author_ids: Ids = authors.array("author_id")
        self._names = TextColumn(authors.strings("display_name"))
        self._avatars = TextColumn(authors.strings("avatar_url"))

    @property
    def arrays(self) -> ContentArrays:
        """All of it, for compiled loops; mapped as long as this lives."""
        return ContentArrays(
            self._item_ids,
            self._item_authors,
            self._created_ms,
            self._durations_ms,
            *_strings(self._titles),
            *_strings(self._texts),
            *_strings(self._media_urls),
            self._categories.offsets,
            *_strings(self._categories.texts),
            self._author_ids,
            *_strings(self._names),
            *_strings(self._avatars),
        )

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
        if not len(self._item_ids):
            return [()] * len(rows)
        names = self._categories.at(np.maximum(rows, 0))
        return [found if row >= 0 else () for found, row in zip(names, rows.tolist(), strict=True)]

    def authors(self, author_ids: Ids) -> list[tuple[str, str]]:
        """Display name and picture of each author, empty where unknown."""
        rows = find_rows(self._author_ids, author_ids)
        if not len(self._author_ids):
            return [("", "")] * len(rows)
        at = np.maximum(rows, 0)
        found = zip(self._names.at(at), self._avatars.at(at), strict=True)
        return [
            names if row >= 0 else ("", "") for names, row in zip(found, rows.tolist(), strict=True)
        ]

    def _gathered(self, column: Ids, item_ids: Ids) -> Ids:
        rows = self.item_rows(item_ids)
        values = np.full(len(rows), -1, np.int64)
        known = rows >= 0
        values[known] = column[rows[known]]
        return values


def _strings(column: TextColumn) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    return column.offsets, column.text
