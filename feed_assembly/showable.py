"""What of a list may still be shown: everything revoked since it was made is taken out."""

import numpy as np
import numpy.typing as npt

from feed_assembly.content.content import Content
from feed_assembly.session.revocations import NO_IDS, Revocations
from feed_assembly.session.session import SessionRecord

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MAY_BE_TOLD_LATE_MS = 5_000
"""A tie counts as cut when the call that cut it came, by the clock of the replica it came to. Lists
made up to so much later may know nothing of it: that is as long as such a call may take to write
it, and what clocks differ by."""


def showable(
    item_ids: Ids, author_ids: Ids, record: SessionRecord, content: Content, made_ms: int
) -> Mask:
    """`bool[n]`: not deleted, hidden, blocked or muted, nor of a tie cut since the list was made.

    Of authors unfollowed and groups left since, all items go, whatever source found them: that is
    what the viewer just asked for. A list made well after it was made without those ties.

    Args:
        made_ms: When the list was asked for, Unix milliseconds.
    """
    since_ms = made_ms - MAY_BE_TOLD_LATE_MS
    gone = content.deleted(item_ids)
    for values, ids in (
        (item_ids, record.hidden_items.ids),
        (author_ids, record.excluded_author_ids),
        (author_ids, _ids_since(record.unfollowed_authors, since_ms)),
    ):
        if len(ids):
            gone |= np.isin(values, ids)
    left = _ids_since(record.left_groups, since_ms)
    if len(left):
        gone |= np.isin(content.group_ids(item_ids), left)
    return ~gone


def _ids_since(revocations: Revocations, since_ms: int) -> Ids:
    rows = revocations.rows
    if not len(rows):
        return NO_IDS
    ids: Ids = rows["id"][(rows["in_force"] != 0) & (rows["recorded_ms"] >= since_ms)]
    return ids
