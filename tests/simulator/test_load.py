from collections import Counter
from itertools import islice

import pytest
from google.protobuf.json_format import ParseDict

from protos import feed_pb2
from simulator.load import requests


def first(count, viewer_ids=range(100), **options):
    return list(islice(requests(viewer_ids, seed=3, **options), count))


def test_every_request_is_a_get_feed_request():
    for request in first(50, page_size=30):
        message = ParseDict(request, feed_pb2.GetFeedRequest())
        assert message.HasField("viewer_id")
        assert message.page_size == 30
        assert message.surface in {"home", "explore"}


def test_the_busiest_viewer_asks_ten_times_as_often_as_the_tenth():
    counts = [count for _, count in Counter(r["viewer_id"] for r in first(30_000)).most_common()]
    assert counts[0] / counts[9] == pytest.approx(10, rel=0.2)


def test_request_ids_never_repeat():
    assert len({request["request_id"] for request in first(3_000)}) == 3_000


def test_the_same_seed_gives_the_same_requests():
    assert first(10) == first(10)


def test_only_the_given_viewers_ask():
    assert {request["viewer_id"] for request in first(100, viewer_ids=[7, 0])} == {"7", "0"}


@pytest.mark.parametrize(("viewer_ids", "page_size"), [([], 20), ([1], 0), ([1], 51)])
def test_bad_arguments_are_refused_at_once(viewer_ids, page_size):
    with pytest.raises(ValueError, match="must"):
        requests(viewer_ids, seed=1, page_size=page_size)
