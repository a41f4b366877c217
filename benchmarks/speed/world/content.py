"""What pages show of a world: titles, texts and addresses as long as real ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.speed.world.items import Items
from benchmarks.speed.world.size import WorldSize
from generation import layout
from generation.arrow_file import write_table
from generation.vocabulary import Vocabulary

FILLER = "as told by somebody who was there and wrote it down the same evening"


def write_content(
    working: Path, size: WorldSize, items: Items, vocabulary: Vocabulary
) -> dict[str, int]:
    """Returns rows by file."""
    columns = items.columns
    ids = pc.cast(pa.array(columns["item_id"]), pa.string())
    main = pa.array(["", *vocabulary.categories.names]).take(pa.array(columns["categories"][:, 0]))
    count = len(ids)
    table: dict[str, Any] = {
        **{name: columns[name] for name in ("item_id", "author_id", "created_ms", "group_id")},
        "duration_ms": (columns["duration_s"] * 1_000).astype(np.int64),
        "visibility": columns["visibility"],
        "is_sensitive": columns["is_sensitive"],
        "region": _names(vocabulary.regions.names, columns["region"]),
        "language": _names(vocabulary.languages.names, columns["language"]),
        "title": _joined("A story of ", main, ", number ", ids),
        "text": _joined("Story ", ids, f" {FILLER}, filed under ", main),
        "media_url": _joined("https://cdn.example/media/", ids, "/index.m3u8"),
        "categories": pa.ListArray.from_arrays(
            pa.array(np.arange(count + 1, dtype=np.int32)), main
        ),
    }
    authors = size.first_author + np.arange(size.authors, dtype=np.int64)
    names = pc.cast(pa.array(authors), pa.string())
    return {
        layout.CONTENT_ITEMS: write_table(working / layout.CONTENT_ITEMS, table),
        layout.CONTENT_AUTHORS: write_table(
            working / layout.CONTENT_AUTHORS,
            {
                "author_id": authors,
                "display_name": _joined("Author ", names, ""),
                "avatar_url": _joined("https://cdn.example/avatar/", names, ".jpg"),
            },
        ),
    }


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")


def _names(names: tuple[str, ...], codes: Any) -> Any:
    return pa.array(["", *names]).take(pa.array(codes))
