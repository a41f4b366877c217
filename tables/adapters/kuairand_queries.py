"""The SQL that turns checked KuaiRand files into canonical rows, each with its origin."""

from tables.check import ATTRIBUTE_PREFIX, ORIGIN
from tables.engine import literal, quoted

CHINA_AHEAD_MS = 8 * 3_600_000
"""The published dates are days in China."""

STEP_MS = 1_000
"""Between two made times: enough to keep the order, short enough to stay near the last time."""

FLAGS = {
    "is_click": "click",
    "is_like": "like",
    "long_view": "long_view",
    "is_comment": "comment",
    "is_forward": "share",
    "is_hate": "hide",
}
TIMED_FLAGS = ("long_view",)
"""Those whose action has the time watched as its value, as impressions have."""

HISTORY_LISTS = {
    "last50_video_ids": "impression",
    "last50_liked_video_ids": "like",
    "last50_long_viewed_video_ids": "long_view",
}

_ORIGIN = ", ".join(ORIGIN)


def actions(shown: str, history: str | None) -> str:
    """Impressions, what followed them, and what is known of the time before."""
    parts = [_shown("impression", "TRUE", "play_time_ms", shown)]
    for flag, action in FLAGS.items():
        value = "play_time_ms" if flag in TIMED_FLAGS else "NULL::DOUBLE"
        parts.append(_shown(action, flag, value, shown))
    if history is not None:
        parts += [_before(action, ids, history) for ids, action in HISTORY_LISTS.items()]
    return " UNION ALL ".join(parts)


def _shown(action: str, condition: str, value: str, shown: str) -> str:
    return (
        f"SELECT user_id AS viewer_id, video_id::VARCHAR AS item_id, {literal(action)} AS action, "
        f"time_ms AS occurred_ms, {value} AS value, 'tab_' || tab AS surface, "
        f"FALSE AS approximate_time, {_ORIGIN} FROM {shown} WHERE {condition}"
    )


def _before(action: str, ids: str, history: str) -> str:
    """A video has the time of its last place in the list of those shown."""
    if action == "impression":
        place = "generate_subscripts(ids, 1)"
    else:
        place = (
            "list_transform(ids, lambda id: len(shown) + 1 - "
            "coalesce(nullif(list_position(list_reverse(shown), id), 0), 1))"
        )
        place = f"unnest({place})"
    lists = (
        f"SELECT *, string_split({ids}, ',') AS ids, "
        f"coalesce(string_split(last50_video_ids, ','), []) AS shown FROM {history} "
        f"WHERE {ids} IS NOT NULL"
    )
    one_each = f"SELECT *, unnest(ids) AS id, {place} AS place FROM ({lists})"
    return (
        f"SELECT user_id, id, {literal(action)}, "
        f"last_time_ms - (len(shown) - place) * {STEP_MS}, NULL, NULL, TRUE, {_ORIGIN} "
        f"FROM ({one_each})"
    )


def items(shown: str, videos: str | None, attributes: tuple[str, ...]) -> str:
    """Videos; a length that the features lack is taken from the impressions."""
    lengths = (
        "SELECT video_id, max(nullif(duration_ms, 0)) AS shown_ms, min(source_file) AS "
        "source_file, min(source_number) AS source_number, min(source_row_group) AS "
        f"source_row_group, min(source_line) AS source_line FROM {shown} GROUP BY video_id"
    )
    if videos is None:
        return f"SELECT video_id AS item_id, shown_ms AS duration_ms, {_ORIGIN} FROM ({lengths})"
    extra = "".join(f", v.{quoted(name)} AS {_bare(name)}" for name in attributes)
    origin = ", ".join(f"coalesce(v.{name}, s.{name}) AS {name}" for name in ORIGIN)
    tags = "list_transform(string_split(v.tag, ','), lambda tag: 'tag_' || trim(tag))"
    return (
        "SELECT coalesce(v.video_id, s.video_id) AS item_id, v.author_id, "
        f"v.upload_dt - {CHINA_AHEAD_MS} AS created_ms, array_to_string({tags}, '|') AS category, "
        f"round(coalesce(v.video_duration, s.shown_ms)) AS duration_ms{extra}, {origin} "
        f"FROM {videos} v FULL OUTER JOIN ({lengths}) s ON v.video_id = s.video_id"
    )


def viewers(users: str, attributes: tuple[str, ...]) -> str:
    extra = "".join(f", {quoted(name)} AS {_bare(name)}" for name in attributes)
    return f"SELECT user_id AS viewer_id{extra}, {_ORIGIN} FROM {users}"


def follows(shown: str, videos: str) -> str:
    """Who followed the author of a video while it was shown, where the author is known."""
    origin = ", ".join(f"s.{name}" for name in ORIGIN)
    return (
        f"SELECT s.user_id AS viewer_id, v.author_id, s.time_ms AS created_ms, {origin} "
        f"FROM {shown} s JOIN {videos} v ON s.video_id = v.video_id "
        "WHERE s.is_follow AND v.author_id IS NOT NULL"
    )


def _bare(attribute: str) -> str:
    return quoted(attribute.removeprefix(ATTRIBUTE_PREFIX))
