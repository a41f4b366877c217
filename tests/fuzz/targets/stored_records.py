"""What state stores give back: sessions, stored feeds, pages, overlays of viewers, the graph's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from candidate_gen.viewer_state import record
from feed_assembly.packed_record import unpack_record
from feed_assembly.remembered_page import find_page
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.session_codec import SessionFormatError, pack_session, unpack_session
from feed_assembly.stored_feed_codec import pack_feed, unpack_feed
from generation import graph_records
from serving.errors import StateUnavailableError
from tests.fuzz.target import Target, Try
from tests.serving.fixed_clock import NOON_MS

SAMPLES = Path(__file__).parents[2] / "feed_assembly" / "samples"
KINDS = list(graph_records.Kind)


def _session(data: bytes) -> None:
    try:
        session = unpack_session(data)
    except SessionFormatError:
        return
    again = unpack_session(pack_session(session))
    assert pack_session(again) == pack_session(session)


def _stored_feed(data: bytes) -> None:
    try:
        feed = unpack_feed(data)
    except StateUnavailableError:
        return
    if feed is None:
        return
    packed = pack_feed(feed)
    again = unpack_feed(packed)
    assert again is not None
    assert pack_feed(again) == packed
    usable = [True] * len(feed.item_ids)
    cut = feed.slice(feed.cursor, usable, 50)
    assert len(set(cut.rows.tolist())) == len(cut.rows) <= len(usable)


def _page(data: bytes) -> None:
    find_page([data], "r1", NOON_MS)


def _viewer(data: bytes) -> None:
    try:
        viewer = record.unpack(data)
    except record.RecordError:
        return
    again = record.pack(viewer)
    assert record.pack(record.unpack(again)) == again


def _packed(data: bytes) -> None:
    try:
        facts, arrays = unpack_record(data)
    except StateUnavailableError:
        return
    facts.says({})
    assert all(array.ndim == 1 for array in arrays.values())


def _graph(data: bytes) -> None:
    kind = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    try:
        arrays = graph_records.unpack(kind, data[1:])
    except ValueError:
        return
    assert graph_records.pack(kind, *arrays) == data[1:]


KINDS_OF_RECORD: tuple[Callable[[bytes], None], ...] = (
    _session, _stored_feed, _page, _viewer, _packed, _graph,
)  # fmt: skip
"""Chosen by the first byte of an input."""


def seeds() -> Iterator[bytes]:
    page = (SAMPLES / "remembered_page_1.bin").read_bytes()
    feed = (SAMPLES / "stored_feed_1.bin").read_bytes()
    viewer = record.pack(record.empty_record())
    likes = graph_records.pack(KINDS[-1], np.arange(3), np.arange(3))
    for kind, sample in (
        (0, pack_session(SessionRecord())),
        (1, feed),
        (1, (SAMPLES / "stored_feed_2.bin").read_bytes()),
        (2, page),
        (3, viewer),
        (4, page),
        (5, bytes([len(KINDS) - 1]) + likes),
    ):
        yield bytes([kind]) + sample


@contextmanager
def opened() -> Iterator[Try]:
    def attempt(data: bytes) -> None:
        if data:
            KINDS_OF_RECORD[data[0] % len(KINDS_OF_RECORD)](data[1:])

    yield attempt


TARGET = Target("stored_records", seeds, opened)
