"""How one action changes a viewer's record: a pure function, in the order of the bus."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from candidate_gen.viewer_state.action import (
    CLICK,
    IMPRESSION,
    NEGATIVE_KINDS,
    POSITIVE_KINDS,
    UNLIKE,
    ViewerAction,
)
from candidate_gen.viewer_state.record import (
    MAX_AUTHORS_KEPT,
    MAX_CATEGORIES_KEPT,
    MAX_RECENT,
    MAX_WITHDRAWN,
    RECENT_CLICK,
    RECENT_IMPRESSION,
    ViewerRecord,
)
from generation.counters import COUNTED_ACTIONS
from generation.item_columns import NO_ID
from generation.viewer_columns import MAX_POSITIVES, MAX_SEEN, VIEWER_TOTALS

RECENT_KEPT_MS = 600_000
"""Twice the window that is read, so that actions may arrive a little late."""

RECENT_KINDS = {IMPRESSION: RECENT_IMPRESSION, CLICK: RECENT_CLICK}
LAST_UNIX_S = 2**32 - 1
MS_PER_S = 1_000

Array = npt.NDArray[Any]
Changes = dict[str, Any]


def apply(record: ViewerRecord, action: ViewerAction) -> ViewerRecord:
    """The record after `action`; the same one for actions on authors and groups.

    An `unlike` withdraws the item as a positive, whatever made it one; counts of what was done
    stay, as they would in the tables of the next build.
    """
    if action.item_id == NO_ID:
        return record
    changes: Changes = {"last_action_ms": max(record.last_action_ms, action.occurred_ms)}
    changes |= _seen(record, action)
    if action.kind in COUNTED_ACTIONS:
        changes["totals"] = _totals(record, action)
    if action.kind in RECENT_KINDS:
        changes |= _recent(record, action)
    if action.kind == IMPRESSION or action.kind in POSITIVE_KINDS:
        changes |= _category_counts(record, action) | _author_counts(record, action)
    if action.kind in POSITIVE_KINDS:
        changes |= _positive(record, action)
    elif action.kind in NEGATIVE_KINDS:
        changes |= _withdrawn(record, action, "negative_item_ids")
    elif action.kind == UNLIKE:
        changes |= _withdrawn(record, action, "unliked_item_ids")
    return replace(record, **changes)


def _totals(record: ViewerRecord, action: ViewerAction) -> Array:
    totals = record.totals.copy()
    totals[VIEWER_TOTALS.index(COUNTED_ACTIONS[action.kind])] += 1
    if action.kind == IMPRESSION and action.value > 0:
        totals[VIEWER_TOTALS.index("dwell_s")] += action.value / MS_PER_S
        totals[VIEWER_TOTALS.index("dwells")] += 1
    return totals


def _seen(record: ViewerRecord, action: ViewerAction) -> Changes:
    others = record.seen_item_ids != action.item_id
    before = record.seen_s[~others]
    second = min(action.occurred_ms // MS_PER_S, LAST_UNIX_S)
    latest = max(second, int(before[0])) if len(before) else second
    return {
        "seen_item_ids": _in_front(action.item_id, record.seen_item_ids[others], MAX_SEEN),
        "seen_s": _in_front(latest, record.seen_s[others], MAX_SEEN),
    }


def _recent(record: ViewerRecord, action: ViewerAction) -> Changes:
    kept = record.recent_ms > action.occurred_ms - RECENT_KEPT_MS
    main_category = action.category_codes[0] if action.category_codes else 0
    added = {
        "recent_ms": action.occurred_ms,
        "recent_kinds": RECENT_KINDS[action.kind],
        "recent_categories": main_category,
    }
    return {
        name: _in_front(value, getattr(record, name)[kept], MAX_RECENT)
        for name, value in added.items()
    }


def _positive(record: ViewerRecord, action: ViewerAction) -> Changes:
    if (record.negative_item_ids == action.item_id).any():
        return {}
    others = record.positive_item_ids != action.item_id
    before = record.positive_ms[~others]
    latest = max(action.occurred_ms, int(before[0])) if len(before) else action.occurred_ms
    ids, times = record.positive_item_ids[others], record.positive_ms[others]
    place = int(np.searchsorted(-times, -latest))  # times run backwards; equal ones: latest first
    return {
        "positive_item_ids": _inserted(action.item_id, ids, place, MAX_POSITIVES),
        "positive_ms": _inserted(latest, times, place, MAX_POSITIVES),
    }


def _withdrawn(record: ViewerRecord, action: ViewerAction, name: str) -> Changes:
    withdrawn = getattr(record, name)
    kept = record.positive_item_ids != action.item_id
    return {
        name: _in_front(action.item_id, withdrawn[withdrawn != action.item_id], MAX_WITHDRAWN),
        "positive_item_ids": record.positive_item_ids[kept],
        "positive_ms": record.positive_ms[kept],
    }


def _category_counts(record: ViewerRecord, action: ViewerAction) -> Changes:
    columns = (record.category_codes, record.category_impressions, record.category_positives)
    for code in dict.fromkeys(action.category_codes):
        if code > 0:
            columns = _counted(columns, code, action, MAX_CATEGORIES_KEPT)
    names = ("category_codes", "category_impressions", "category_positives")
    return dict(zip(names, columns, strict=True))


def _author_counts(record: ViewerRecord, action: ViewerAction) -> Changes:
    if action.author_id == NO_ID:
        return {}
    columns = (record.author_ids, record.author_impressions, record.author_positives)
    columns = _counted(columns, action.author_id, action, MAX_AUTHORS_KEPT)
    names = ("author_ids", "author_impressions", "author_positives")
    return dict(zip(names, columns, strict=True))


def _counted(
    columns: tuple[Array, Array, Array], key: int, action: ViewerAction, limit: int
) -> tuple[Array, Array, Array]:
    """Keys, impressions and positives with one more; a new key takes the smallest one's place."""
    keys, impressions, positives = columns
    places = np.flatnonzero(keys == key)
    if len(places):
        place = int(places[0])
        impressions, positives = impressions.copy(), positives.copy()
    elif len(keys) < limit:
        place = len(keys)
        keys = _inserted(key, keys, place, limit)
        impressions, positives = (_inserted(0, c, place, limit) for c in (impressions, positives))
    else:
        place = int(np.argmin(impressions + positives))
        keys, impressions, positives = keys.copy(), impressions.copy(), positives.copy()
        keys[place], impressions[place], positives[place] = key, 0, 0
    (impressions if action.kind == IMPRESSION else positives)[place] += 1
    return keys, impressions, positives


def _in_front(value: int, values: Array, limit: int) -> Array:
    """`value`, then the first of `values`; at most `limit` together."""
    return _inserted(value, values, 0, limit)


def _inserted(value: int, values: Array, place: int, limit: int) -> Array:
    """`values` with `value` at `place`, cut to `limit`; a fifth of the cost of `np.insert`."""
    if place >= limit:
        return values
    joined = np.empty(min(len(values) + 1, limit), values.dtype)
    joined[:place] = values[:place]
    joined[place] = value
    joined[place + 1 :] = values[place : len(joined) - 1]
    return joined
