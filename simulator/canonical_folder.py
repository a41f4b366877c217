"""Writes a world as a canonical data folder, one Parquet file per table; the truth stays out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.arrays import NOTHING, Ints
from simulator.posts import Posts
from simulator.reactions import ACTIONS
from simulator.timed_pairs import TimedPairs
from simulator.vocabulary import (
    CATEGORIES,
    DEVICES,
    KINDS,
    LANGUAGES,
    REGIONS,
    SURFACES,
    VISIBILITIES,
)
from simulator.wording import word
from simulator.world import FIRST_GROUP_ID, FIRST_ITEM_ID, FIRST_VIEWER_ID, World

MEDIA_HOST = "https://cdn.example"
WORDING_STREAM = 100
"""Stream of chance for titles and texts, apart from the streams of `world.simulate`."""


def write_world(world: World, folder: Path | str) -> None:
    """Write `actions.parquet`, `items.parquet`, ... into `folder`, made if it is not there.

    Equal worlds give equal bytes. Beside the canonical columns, actions have `device`.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    relations = world.history.relations
    tables = {
        "actions": _actions(world),
        "items": _items(world),
        "viewers": _viewers(world),
        "authors": _authors(world),
        "memberships": _pairs(relations.memberships, "group_id", FIRST_GROUP_ID),
        "follows": _pairs(relations.follows, "author_id", FIRST_VIEWER_ID),
        "blocks": _pairs(relations.blocks, "author_id", FIRST_VIEWER_ID),
        "mutes": _pairs(relations.mutes, "author_id", FIRST_VIEWER_ID),
    }
    for name, table in tables.items():
        pq.write_table(table, target / f"{name}.parquet", compression="zstd")


def _actions(world: World) -> pa.Table:
    actions = world.history.actions
    visits = range(int(actions.visit.max(initial=0)) + 1)
    feed_ids = [f"w{world.settings.seed}-{visit}" for visit in visits]
    return pa.table(
        {
            "viewer_id": pa.array(actions.viewer + FIRST_VIEWER_ID),
            "item_id": pa.array(actions.item + FIRST_ITEM_ID),
            "action": _named(ACTIONS, actions.action),
            "occurred_ms": pa.array(actions.occurred_ms),
            "value": pa.array(actions.value, mask=np.isnan(actions.value)),
            "surface": _named(SURFACES, actions.surface),
            "feed_id": _named(feed_ids, actions.visit),
            "position": pa.array(actions.position, pa.int32()),
            "device": _named(DEVICES, actions.device),
        }
    )


def _items(world: World) -> pa.Table:
    posts = world.posts
    wording = word(np.random.default_rng([world.settings.seed, WORDING_STREAM]), posts)
    kinds = np.array(KINDS)[posts.kind].tolist()
    item_ids = world.item_ids.tolist()
    media = [f"{MEDIA_HOST}/{kind}/{item}" for kind, item in zip(kinds, item_ids, strict=True)]
    return pa.table(
        {
            "item_id": pa.array(world.item_ids),
            "author_id": pa.array(posts.author + FIRST_VIEWER_ID),
            "created_ms": pa.array(posts.created_ms),
            "category": _categories(posts),
            "region": _named(REGIONS, posts.region),
            "language": _named(LANGUAGES, posts.language),
            "is_sensitive": pa.array(posts.is_sensitive),
            "duration_ms": pa.array(posts.duration_ms, mask=posts.duration_ms == 0),
            "title": wording.titles,
            "text": wording.texts,
            "media_url": media,
            "group_id": pa.array(posts.group + FIRST_GROUP_ID, mask=posts.group == NOTHING),
            "visibility": _named(VISIBILITIES, posts.visibility),
        }
    )


def _categories(posts: Posts) -> list[str]:
    """`Cooking`, or `Cooking|Travel` where there is a second."""
    names = [category.name for category in CATEGORIES]
    pairs = zip(posts.category.tolist(), posts.second_category.tolist(), strict=True)
    return [
        names[first] if second == NOTHING else f"{names[first]}|{names[second]}"
        for first, second in pairs
    ]


def _viewers(world: World) -> pa.Table:
    people = world.people
    return pa.table(
        {
            "viewer_id": pa.array(world.viewer_ids),
            "region": _named(REGIONS, people.region),
            "language": _named(LANGUAGES, people.language),
            "created_ms": pa.array(people.created_ms),
            "allow_sensitive": pa.array(people.allow_sensitive),
        }
    )


def _authors(world: World) -> pa.Table:
    """Everybody: those who never posted can be followed too."""
    return pa.table(
        {
            "author_id": pa.array(world.viewer_ids),
            "display_name": world.people.display_name,
            "avatar_url": [f"{MEDIA_HOST}/avatar/{i}" for i in world.viewer_ids.tolist()],
        }
    )


def _pairs(pairs: TimedPairs, right_name: str, first_right_id: int) -> pa.Table:
    return pa.table(
        {
            "viewer_id": pa.array(pairs.left + FIRST_VIEWER_ID),
            right_name: pa.array(pairs.right + first_right_id),
            "created_ms": pa.array(pairs.since_ms),
        }
    )


def _named(names: Sequence[str], codes: Ints) -> pa.StringArray:
    """Strings for codes; null for `NOTHING`."""
    choices = pa.array([*names, None], pa.string())
    return choices.take(np.where(codes == NOTHING, len(names), codes))
