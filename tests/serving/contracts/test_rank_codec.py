from dataclasses import fields, replace

import numpy as np
import pytest

from serving.contracts import rank_codec, ranked_list_codec
from serving.contracts.rank import RankedList, RankReply
from serving.contracts.receipt import Receipt, SourceCount, StageCount
from serving.errors import InvalidRequestError
from tests.ranker.requests import NOON_MS, a_request, candidates, pointing

RECEIPT = Receipt(
    generation="tiny",
    shards_total=2,
    shards_answered=1,
    sources=[SourceCount("nearest", 300, 200)],
    stages=[StageCount("features", 500, 500, 0.25)],
    defaulted_columns=["follow_distance"],
    models={"ranker": "0123456789ab"},
    degraded_reasons=["shards_missing"],
    bus_lag_messages=4,
)


def a_list(**changes):
    made = RankedList(
        request_id="r1",
        viewer_id=-1,
        generation="tiny",
        revocation_version=7,
        created_ms=NOON_MS,
        item_ids=np.array([5, 6, 7], np.int64),
        author_ids=np.array([50, -1, 70], np.int64),
        scores=np.array([0.5, 0.25, -1], np.float32),
        source_bits=np.array([1, 6, 1 << 31], np.uint32),
        list_size=2,
        receipt=RECEIPT,
    )
    return replace(made, **changes)


def through_the_wire(message):
    return type(message).FromString(message.SerializeToString())


def assert_same(left, right):
    """Compare dataclasses whose fields may be arrays."""
    for field in fields(left):
        np.testing.assert_array_equal(getattr(left, field.name), getattr(right, field.name))


def test_a_request_comes_back_as_it_was():
    columns = candidates([0, 2**62], vector=pointing([10, 20]), facts=0.1, source_score=[0.5, 1.5])
    request = a_request(columns, receipt=RECEIPT)
    back = rank_codec.request_from_proto(through_the_wire(rank_codec.request_to_proto(request)))
    for part in ("viewer", "context"):
        left, right = getattr(back, part)._asdict(), getattr(request, part)._asdict()
        assert left.keys() == right.keys()
        for name, values in left.items():
            np.testing.assert_array_equal(values, right[name])
    for name, values in columns.items():
        assert back.candidates[name].dtype == values.dtype
        np.testing.assert_array_equal(back.candidates[name], values)
    assert back.receipt == RECEIPT
    assert (back.request_id, back.reply_partition, back.now_ms) == ("r1", 3, NOON_MS)


def test_a_request_about_two_viewers_is_refused():
    message = rank_codec.request_to_proto(a_request(candidates([1])))
    two = message.viewer
    two.row_count = 2
    for index, values in enumerate(two.values):
        two.values[index] = values * 2
    with pytest.raises(InvalidRequestError, match=r"viewer\.row_count.*2, must be 1"):
        rank_codec.request_from_proto(message)


def test_columns_of_another_schema_are_refused():
    message = rank_codec.request_to_proto(a_request(candidates([1])))
    message.candidates.schema = "0123456789ab"
    with pytest.raises(InvalidRequestError, match=r"candidates\.schema"):
        rank_codec.request_from_proto(message)


def test_a_column_cut_short_is_refused_by_name():
    message = rank_codec.request_to_proto(a_request(candidates([1, 2])))
    message.candidates.values[0] = message.candidates.values[0][:-8]
    with pytest.raises(InvalidRequestError, match=r"item_id.*8 bytes, 16 expected"):
        rank_codec.request_from_proto(message)


def test_a_reply_comes_back_with_and_without_its_list():
    for ranked in (None, a_list()):
        message = through_the_wire(rank_codec.reply_to_proto(RankReply(RECEIPT, ranked)))
        back = rank_codec.reply_from_proto(message)
        assert back.receipt == RECEIPT
        assert (back.ranked_list is None) == (ranked is None)


@pytest.mark.parametrize("features", [None, np.arange(8, dtype=np.float32).reshape(2, 4)])
def test_a_list_comes_back_as_it_was(features):
    ranked = a_list(features=features)
    message = through_the_wire(ranked_list_codec.to_proto(ranked, "0123456789ab"))
    assert_same(ranked_list_codec.from_proto(message), ranked)
    assert message.feature_schema == ("" if features is None else "0123456789ab")


def test_a_list_of_an_unknown_schema_version_is_refused():
    message = ranked_list_codec.to_proto(a_list())
    message.schema_version += 1
    with pytest.raises(InvalidRequestError, match=r"schema_version.*2 is unknown"):
        ranked_list_codec.from_proto(message)


@pytest.mark.parametrize("list_size", [-1, 4])
def test_a_list_longer_than_its_items_is_refused(list_size):
    message = ranked_list_codec.to_proto(a_list())
    message.list_size = list_size
    with pytest.raises(InvalidRequestError, match="ranked_list"):
        ranked_list_codec.from_proto(message)


def test_a_list_whose_arrays_differ_in_length_is_refused():
    message = ranked_list_codec.to_proto(a_list(scores=np.zeros(2, np.float32)))
    with pytest.raises(InvalidRequestError, match="do not fit together"):
        ranked_list_codec.from_proto(message)


def test_features_that_do_not_fill_their_rows_are_refused():
    message = ranked_list_codec.to_proto(a_list(features=np.zeros((2, 4), np.float32)))
    message.features = message.features[:-4]
    with pytest.raises(InvalidRequestError, match="7 values do not form 2 rows"):
        ranked_list_codec.from_proto(message)
