"""Base and overlay of one viewer made one, as of the time of a request."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.membership import is_among
from candidate_gen.viewer_state.record import RECENT_CLICK, RECENT_IMPRESSION, ViewerRecord
from candidate_gen.viewer_state.viewer import Profile
from generation.viewer_columns import (
    MAX_POSITIVES,
    MAX_SEEN,
    MAX_VALUE_MS,
    RECENT_ITEMS,
    VIEWER_TOTALS,
)
from generation.viewers import BaseViewer

WINDOW_MS = 300_000
SEEN_DAYS = 14
DAY_MS = 86_400_000
MS_PER_S = 1_000
DWELL_S, DWELLS = VIEWER_TOTALS.index("dwell_s"), VIEWER_TOTALS.index("dwells")

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """`n` distinct keys in any order, with `float32[n]` impressions and positives of each."""

    keys: Array
    impressions: Array
    positives: Array


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in the five minutes before the request."""

    clicks: float
    views: float
    categories: float


NOTHING_LATELY = Window(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Habit:
    """How much was seen, of the last of that how much there is, and how much was liked."""

    items_seen: float
    recent_seen: float
    recent_positives: float


def profile_of(base: BaseViewer | None) -> Profile:
    """The generation's profile; all unknown for a viewer only the bus knows."""
    if base is None:
        return Profile()
    return Profile(base.region, base.language, base.created_ms, base.allow_sensitive)


def totals(base: BaseViewer | None, overlay: ViewerRecord) -> Array:
    """`float32[7]`: VIEWER_TOTALS of both.

    Records and generations from before values had a limit may hold any dwell, even infinity.
    """
    summed = overlay.totals + base.totals if base else overlay.totals.copy()
    summed[DWELL_S] = min(summed[DWELL_S], summed[DWELLS] * MAX_VALUE_MS / MS_PER_S)
    return summed.astype(np.float32)


def positives(base: BaseViewer | None, overlay: ViewerRecord) -> tuple[Array, Array]:
    """Ids and times of the 50 latest positives that stand, distinct, newest first."""
    ids, times = overlay.positive_item_ids, overlay.positive_ms
    if base is not None and len(base.positive_item_ids):
        if not (len(ids) or len(overlay.unliked_item_ids) or len(overlay.negative_item_ids)):
            return base.positive_item_ids[:MAX_POSITIVES], base.positive_ms[:MAX_POSITIVES]
        gone = np.concatenate([ids, overlay.unliked_item_ids, overlay.negative_item_ids])
        stands = ~_are_among(base.positive_item_ids, gone)
        ids = np.concatenate([ids, base.positive_item_ids[stands]])
        times = np.concatenate([times, base.positive_ms[stands]])
        newest = np.argsort(-times, kind="stable")
        ids, times = ids[newest], times[newest]
    return ids[:MAX_POSITIVES], times[:MAX_POSITIVES]


def seen_item_ids(base: BaseViewer | None, overlay: ViewerRecord, now_ms: int) -> Array:
    """The latest 2,000 distinct items seen within 14 days of `now_ms`, boundary included."""
    oldest_ms = now_ms - SEEN_DAYS * DAY_MS
    ids = overlay.seen_item_ids[overlay.seen_s >= oldest_ms // MS_PER_S]
    if base is None:
        return ids
    older = base.seen_item_ids[base.seen_ms >= oldest_ms]
    if not len(ids):
        return older
    older = older[~_are_among(older, ids)]
    return np.concatenate([ids, older[: MAX_SEEN - len(ids)]])


def habit(base: BaseViewer | None, overlay: ViewerRecord, positive_item_ids: Array) -> Habit:
    """As in training rows: over everything seen, however long ago.

    Args:
        positive_item_ids: What `positives` gave.
    """
    ids = overlay.seen_item_ids
    if base is not None and len(base.seen_item_ids):
        older = base.seen_item_ids
        ids = np.concatenate([ids, older[~_are_among(older, ids)]]) if len(ids) else older
    recent = ids[:RECENT_ITEMS]
    liked = np.count_nonzero(_are_among(recent, positive_item_ids))
    return Habit(float(min(len(ids), MAX_SEEN)), float(len(recent)), float(liked))


def categories(base: BaseViewer | None, overlay: ViewerRecord) -> Counts:
    """Counts by category code."""
    added = Counts(overlay.category_codes, overlay.category_impressions, overlay.category_positives)
    if base is None:
        return added
    known = Counts(base.category_codes, base.category_impressions, base.category_positives)
    return _summed(known, added)


def authors(base: BaseViewer | None, overlay: ViewerRecord) -> Counts:
    """Counts by author."""
    added = Counts(overlay.author_ids, overlay.author_impressions, overlay.author_positives)
    if base is None:
        return added
    known = Counts(base.author_ids, base.author_impressions, base.author_positives)
    return _summed(known, added)


def window(overlay: ViewerRecord, now_ms: int) -> Window:
    """Counts of the five minutes before `now_ms`, which is not in them, as in training rows."""
    if not len(overlay.recent_ms):
        return NOTHING_LATELY
    inside = (overlay.recent_ms >= now_ms - WINDOW_MS) & (overlay.recent_ms < now_ms)
    if not inside.any():
        return NOTHING_LATELY
    kinds = overlay.recent_kinds[inside]
    clicked = overlay.recent_categories[inside][kinds == RECENT_CLICK]
    return Window(
        clicks=float(np.count_nonzero(kinds == RECENT_CLICK)),
        views=float(np.count_nonzero(kinds == RECENT_IMPRESSION)),
        categories=float(len(set(clicked.tolist()) - {0})),
    )


def _summed(base: Counts, overlay: Counts) -> Counts:
    if not len(overlay.keys):
        return base
    if not len(base.keys):
        return overlay
    keys, place = np.unique(np.concatenate([base.keys, overlay.keys]), return_inverse=True)
    return Counts(
        keys,
        _sums(place, base.impressions, overlay.impressions),
        _sums(place, base.positives, overlay.positives),
    )


def _sums(place: Array, base: Array, overlay: Array) -> Array:
    return np.bincount(place, np.concatenate([base, overlay])).astype(np.float32)


def _are_among(values: Array, others: Array) -> Array:
    """`bool[n]`: which of `values` occur in `others`."""
    return is_among(values, np.sort(others))
