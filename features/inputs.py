"""What features are computed from: plain columns, the same when training and when serving.

`n` is the number of candidates. Viewer and context columns have `m` rows, where `m` is 1 when
serving (one viewer asks) and `n` when training (every row has its own viewer). No array may hold
NaN.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class ViewerInputs(NamedTuple):
    """What is known of the viewer at the time of the request.

    Attributes:
        totals: `float32[m, 7]`, `generation.viewer_columns.VIEWER_TOTALS`.
        clicks_5m, views_5m, categories_5m: `float32[m]`, clicks, impressions and distinct main
            categories clicked in the five minutes before the request.
        items_seen: `float32[m]`, distinct items with any action of the viewer, at most `MAX_SEEN`.
        recent_seen, recent_positives: `float32[m]`: how many of the `RECENT_ITEMS` distinct items
            seen last there are, and how many of them the viewer liked.
        follow_count: `float32[m]`.
        created_ms, last_action_ms: `int64[m]`, Unix ms; 0 unknown.
        region, language: `int64[m]`, vocabulary codes; 0 unknown.
        vector: `float32[m, dim]`, folded in from recent positives; zeros when there is none.
    """

    totals: Floats
    clicks_5m: Floats
    views_5m: Floats
    categories_5m: Floats
    items_seen: Floats
    recent_seen: Floats
    recent_positives: Floats
    follow_count: Floats
    created_ms: Ints
    last_action_ms: Ints
    region: Ints
    language: Ints
    vector: Floats


class ContextInputs(NamedTuple):
    """The circumstances of the request.

    Attributes:
        now_ms: `int64[m]`.
        utc_offset_minutes: `int64[m]`; 0 where the client does not say.
        surface, device: `int64[m]`, vocabulary codes; 0 unknown.
    """

    now_ms: Ints
    utc_offset_minutes: Ints
    surface: Ints
    device: Ints


class ItemInputs(NamedTuple):
    """The candidates, as `generation.item_columns.CANDIDATE_COLUMNS` (`n` rows each)."""

    created_ms: Ints
    categories: npt.NDArray[np.int32]
    region: npt.NDArray[np.int32]
    language: npt.NDArray[np.int32]
    is_sensitive: npt.NDArray[np.uint8]
    has_vector: npt.NDArray[np.uint8]
    facts: npt.NDArray[np.float16]
    vector: npt.NDArray[np.float16]


class CrossInputs(NamedTuple):
    """What the viewer has to do with each candidate.

    Attributes:
        category_impressions, category_positives: `float32[n, 4]`, the viewer's counts in each of
            the candidate's categories (0 where there is none).
        author_impressions, author_positives: `float32[n]`, the viewer's counts on its author.
        follows_author, is_friend, same_group: `uint8[n]`, 0 or 1.
        follow_distance: `float32[n]`: 1 followed, 2 followed by somebody followed, 3 further.
        friends_liked: `float32[n]`, how many friends had a recent positive on the item.
    """

    category_impressions: Floats
    category_positives: Floats
    author_impressions: Floats
    author_positives: Floats
    follows_author: npt.NDArray[np.uint8]
    is_friend: npt.NDArray[np.uint8]
    same_group: npt.NDArray[np.uint8]
    follow_distance: Floats
    friends_liked: Floats


class Inputs(NamedTuple):
    """Everything together."""

    viewer: ViewerInputs
    context: ContextInputs
    items: ItemInputs
    cross: CrossInputs
