"""The content of items: the generation's, overlaid with what was published since."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from feed_assembly.content.content_arrays import ContentArrays
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.content.item_content import ItemContent
from feed_assembly.item_change import ItemChange

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Content:
    """Reads merge both. Implements `ItemFacts`.

    Attributes:
        generation: Name of that whose content this is.
    """

    def __init__(self, base: ContentBase, overlay: ContentOverlay, generation: str) -> None:
        self.generation = generation
        self._base = base
        self._arrays = base.arrays
        self._overlay = overlay

    @property
    def arrays(self) -> ContentArrays:
        """The content of the generation, which `changed` goes before."""
        return self._arrays

    def changed(self, item_ids: Ids) -> dict[int, ItemContent]:
        """Content of those published since, by their place in `item_ids`."""
        if not len(self._overlay):
            return {}
        changes = enumerate(map(self._overlay.item, item_ids.tolist()))
        return {place: self._content_of(change) for place, change in changes if change is not None}

    def facts(self, item_ids: Ids) -> tuple[Ids, Sequence[tuple[str, ...]]]:
        """See `ItemFacts.facts`."""
        author_ids, categories = self._base.author_ids(item_ids), self._base.categories(item_ids)
        for row, item_id in enumerate(item_ids.tolist()):
            change = self._overlay.item(item_id)
            if change is not None:
                author_ids[row] = -1 if change.author_id is None else change.author_id
                categories[row] = change.categories
        return author_ids, categories

    def group_ids(self, item_ids: Ids) -> Ids:
        """`int64[n]`; -1 outside of groups or for an unknown item."""
        group_ids = self._base.group_ids(item_ids)
        for row, item_id in enumerate(item_ids.tolist()):
            change = self._overlay.item(item_id)
            if change is not None:
                group_ids[row] = -1 if change.group_id is None else change.group_id
        return group_ids

    def deleted(self, item_ids: Ids) -> Mask:
        """`bool[n]`."""
        if not self._overlay.has_deleted:
            return np.zeros(len(item_ids), np.bool_)
        is_deleted = self._overlay.is_deleted
        return np.fromiter(map(is_deleted, item_ids.tolist()), np.bool_, len(item_ids))

    def known(self, item_ids: Ids) -> Mask:
        """`bool[n]`: the generation has it, or it was published since.

        All others were deleted before the generation was built, or are not told of here yet.
        """
        known: Mask = self._base.item_rows(item_ids) >= 0
        for row in np.flatnonzero(~known).tolist():
            known[row] = self._overlay.item(int(item_ids[row])) is not None
        return known

    def unsuitable_for_all(self, item_ids: Ids) -> Mask:
        """`bool[n]`: deleted, or changed to something that not everybody may see."""
        is_unsuitable = map(self._is_unsuitable, item_ids.tolist())
        return np.fromiter(is_unsuitable, np.bool_, len(item_ids))

    def latest_deleted(self, limit: int) -> Ids:
        return np.array(self._overlay.latest_deleted(limit), np.int64)

    def _is_unsuitable(self, item_id: int) -> bool:
        return self._overlay.is_restricted(item_id) or self._overlay.is_deleted(item_id)

    def _content_of(self, change: ItemChange) -> ItemContent:
        author_id = -1 if change.author_id is None else change.author_id
        [(name, avatar)] = self._base.authors(np.array([author_id], np.int64))
        return ItemContent(
            title=change.title,
            text=change.text,
            media_url=change.media_url,
            author_name=name,
            author_avatar_url=avatar,
            categories=change.categories,
            created_ms=change.created_ms,
            duration_ms=change.duration_ms,
        )
