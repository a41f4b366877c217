"""What is written straight from the mapped file is what protobuf itself would write."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_assembly import written_items
from feed_assembly.content.content import Content
from feed_assembly.content.content_base import ContentBase
from feed_assembly.content.content_overlay import ContentOverlay
from generation import layout
from protos import feed_pb2
from serving.contracts.sources import SOURCE_BIT
from tests.feed_assembly.shown import a_page, shown

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=200)
ITEM = st.fixed_dictionaries(
    {
        "author_id": st.integers(-1, 5),
        "created_ms": INT64,
        "duration_ms": INT64,
        "title": TEXT,
        "text": TEXT,
        "media_url": TEXT,
        "categories": st.lists(TEXT, max_size=3),
    }
)
AUTHOR = st.tuples(TEXT, TEXT)


def content_of(folder, items, authors) -> Content:
    """Items 10, 11, … and authors 0, 1, …"""
    columns = {name: [item[name] for item in items] for name in (items[0] if items else {})}
    strings = pa.list_(pa.string())
    types = dict.fromkeys(("author_id", "created_ms", "duration_ms"), pa.int64())
    types |= dict.fromkeys(("title", "text", "media_url"), pa.string()) | {"categories": strings}
    table = {name: pa.array(columns.get(name, []), kind) for name, kind in types.items()}
    table["item_id"] = pa.array(range(10, 10 + len(items)), pa.int64())
    table["group_id"] = pa.array([-1] * len(items), pa.int64())
    names = {
        "author_id": pa.array(range(len(authors)), pa.int64()),
        "display_name": pa.array([name for name, _ in authors], pa.string()),
        "avatar_url": pa.array([avatar for _, avatar in authors], pa.string()),
    }
    for path, columns_of in ((layout.CONTENT_ITEMS, table), (layout.CONTENT_AUTHORS, names)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        batch = pa.record_batch(list(columns_of.values()), names=list(columns_of))
        with pa.OSFile(str(folder / path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as f:
            f.write_batch(batch)
    return Content(ContentBase(folder), ContentOverlay(), "tiny")


def expected(items, authors, item_id: int) -> feed_pb2.Content:
    row = item_id - 10
    if not 0 <= row < len(items):
        return feed_pb2.Content()
    facts = dict(items[row])
    author = facts.pop("author_id")
    name, avatar = authors[author] if 0 <= author < len(authors) else ("", "")
    return feed_pb2.Content(author_name=name, author_avatar_url=avatar, **facts)


@given(
    st.lists(ITEM, max_size=5),
    st.lists(AUTHOR, max_size=4),
    st.lists(st.integers(8, 17), max_size=8),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_items_are_written_as_protobuf_reads_them(tmp_path_factory, items, authors, asked, data):
    content = content_of(tmp_path_factory.mktemp("content"), items, authors)
    count = len(asked)
    author_ids = data.draw(st.lists(INT64, min_size=count, max_size=count))
    scores = data.draw(st.lists(st.floats(width=32), min_size=count, max_size=count))
    bits = data.draw(st.lists(st.integers(0, 255), min_size=count, max_size=count))
    page = a_page(
        asked,
        author_ids=np.array(author_ids, np.int64),
        scores=np.array(scores, np.float32),
        source_bits=np.array(bits, np.uint32),
    )
    for place, item in enumerate(shown(content, page)):
        assert item.item_id == asked[place]
        assert item.author_id == author_ids[place]
        assert item.position == place
        assert np.float32(item.score).tobytes() == np.float32(scores[place]).tobytes()
        assert list(item.sources) == [n for n, bit in SOURCE_BIT.items() if bits[place] & bit]
        assert item.content == expected(items, authors, asked[place])


@pytest.mark.parametrize("place", [2**31 - 1, 128, 127])
def test_places_of_long_feeds_are_written_whole(ring, place):
    page = a_page([100])
    page.positions[0] = place
    [item] = shown(ring.content, page)
    assert item.position == place


@pytest.mark.parametrize(
    ("message", "field", "tag"),
    [
        (feed_pb2.GetFeedResponse, "items", written_items.ITEM),
        (feed_pb2.FeedItem, "item_id", written_items.ITEM_ID),
        (feed_pb2.FeedItem, "author_id", written_items.AUTHOR_ID),
        (feed_pb2.FeedItem, "position", written_items.POSITION),
        (feed_pb2.FeedItem, "score", written_items.SCORE),
        (feed_pb2.FeedItem, "content", written_items.CONTENT),
        (feed_pb2.Content, "title", written_items.TITLE),
        (feed_pb2.Content, "text", written_items.TEXT),
        (feed_pb2.Content, "media_url", written_items.MEDIA_URL),
        (feed_pb2.Content, "author_name", written_items.AUTHOR_NAME),
        (feed_pb2.Content, "author_avatar_url", written_items.AUTHOR_AVATAR_URL),
        (feed_pb2.Content, "categories", written_items.CATEGORY),
        (feed_pb2.Content, "created_ms", written_items.CREATED_MS),
        (feed_pb2.Content, "duration_ms", written_items.DURATION_MS),
    ],
)
def test_tags_are_those_of_the_protos(message, field, tag):
    found = message.DESCRIPTOR.fields_by_name[field]
    kinds = {found.TYPE_FLOAT: 5, found.TYPE_STRING: 2, found.TYPE_MESSAGE: 2}
    assert tag == found.number << 3 | kinds.get(found.type, 0)
    assert tag < 128


def test_every_field_is_written():
    assert len(feed_pb2.Content.DESCRIPTOR.fields) == 8
    assert len(feed_pb2.FeedItem.DESCRIPTOR.fields) == 7
