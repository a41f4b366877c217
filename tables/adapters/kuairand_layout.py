"""The files of the KuaiRand layout: the columns that the adapter reads, with their rules."""

from tables.columns import Column, Kind, Table


def _flag(name: str, doc: str) -> Column:
    return Column(name, Kind.FLAG, doc, required=True)


IMPRESSIONS = Table(
    "impressions",
    "Videos shown to users.",
    (
        Column("user_id", Kind.ID, "who", required=True),
        Column("video_id", Kind.ID, "saw what", required=True),
        Column("time_ms", Kind.TIME, "Unix ms", required=True),
        _flag("is_click", "opened it"),
        _flag("is_like", "liked it"),
        _flag("is_follow", "followed its author"),
        _flag("is_comment", "commented"),
        _flag("is_forward", "shared it"),
        _flag("is_hate", "asked for less of it"),
        _flag("long_view", "watched for long"),
        Column("play_time_ms", Kind.NUMBER, "ms watched", required=True),
        Column("duration_ms", Kind.COUNT, "ms of video; 0 where unknown"),
        Column("tab", Kind.TEXT, "scenario"),
    ),
    keeps_attributes=True,
)

HISTORY = Table(
    "pre_period_history",
    "The last videos of each user before the period, in time order.",
    (
        Column("user_id", Kind.ID, "who", required=True),
        Column("last_time_ms", Kind.TIME, "Unix ms of the last of them"),
        Column("last50_video_ids", Kind.TEXT, "shown, joined by commas, oldest first"),
        Column("last50_liked_video_ids", Kind.TEXT, "those of them liked"),
        Column("last50_long_viewed_video_ids", Kind.TEXT, "those of them watched for long"),
    ),
    key=("user_id",),
)

VIDEO_FEATURES = Table(
    "video_features_basic",
    "Videos.",
    (
        Column("video_id", Kind.ID, "which", required=True),
        Column("author_id", Kind.ID, "who made it"),
        Column("upload_dt", Kind.DAY, "day of upload, China time"),
        Column("video_duration", Kind.NUMBER, "ms"),
        Column("tag", Kind.TEXT, "category ids joined by commas"),
    ),
    key=("video_id",),
    keeps_attributes=True,
)

USER_FEATURES = Table(
    "user_features",
    "Users.",
    (Column("user_id", Kind.ID, "who", required=True),),
    key=("user_id",),
    keeps_attributes=True,
)
