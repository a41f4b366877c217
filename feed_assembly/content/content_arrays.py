"""What compiled loops read of items and authors: the mapped columns of a generation's content."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generation.compiled import MAPPED_INT32S, MAPPED_INT64S, MAPPED_UINT8S, fields

Ids = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


class ContentArrays(NamedTuple):
    """Columns by item, then by author, each ascending by id.

    A column of strings is where each begins in the bytes behind it, and where the last ends.

    Attributes:
        author_ids: Of each item; -1 without author.
        category_offsets: Where each item's categories begin in `category_name_offsets`.
    """

    item_ids: Ids
    author_ids: Ids
    created_ms: Ids
    durations_ms: Ids
    title_offsets: Offsets
    titles: Bytes
    text_offsets: Offsets
    texts: Bytes
    media_url_offsets: Offsets
    media_urls: Bytes
    category_offsets: Offsets
    category_name_offsets: Offsets
    category_names: Bytes
    authors: Ids
    name_offsets: Offsets
    names: Bytes
    avatar_offsets: Offsets
    avatars: Bytes


_STRINGS = (MAPPED_INT32S, MAPPED_UINT8S)
CONTENT_ARRAYS = fields(
    ContentArrays,
    *(4 * (MAPPED_INT64S,)),
    *(3 * _STRINGS),
    MAPPED_INT32S,
    *_STRINGS,
    MAPPED_INT64S,
    *(2 * _STRINGS),
)
