"""What the graph says arrives as it was said, and broken answers are refused by field."""

import numpy as np
import pytest

from protos import social_graph_pb2 as pb
from serving.contracts import graph_codec
from serving.contracts.graph import Neighbourhood, NeighbourhoodLimits, Relations
from serving.errors import InvalidRequestError
from serving.packed_arrays import pack_floats, pack_ids

NEIGHBOURHOOD = Neighbourhood(
    followed_ids=np.array([9, 0], np.int64),
    followed_affinity=np.array([2.5, 1], np.float32),
    friend_ids=np.array([9], np.int64),
    group_ids=np.array([], np.int64),
    friends_liked_item_ids=np.array([2**62], np.int64),
    friends_liked_counts=np.array([3], np.float32),
    follow_count=1_700,
    bus_lag_messages=4,
)


def test_a_neighbourhood_comes_back_as_it_was():
    again = graph_codec.neighbourhood_from_proto(graph_codec.neighbourhood_to_proto(NEIGHBOURHOOD))
    for field in Neighbourhood.__dataclass_fields__:
        ours, theirs = getattr(NEIGHBOURHOOD, field), getattr(again, field)
        np.testing.assert_array_equal(ours, theirs, err_msg=field)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype


def test_limits_come_back_as_they_were():
    limits = NeighbourhoodLimits(followed=1, friends=2, groups=3, friends_liked=4)
    message = graph_codec.neighbourhood_request_to_proto("g", 0, 5, limits)
    assert graph_codec.limits_from_proto(message) == limits
    assert (message.generation, message.viewer_id, message.now_ms) == ("g", 0, 5)


def test_relations_come_back_as_they_were():
    relations = Relations(np.array([1, 31], np.uint8), np.array([0, 2.5], np.float32))
    again = graph_codec.relations_from_proto(graph_codec.relations_to_proto(relations))
    assert again.flags.tolist() == [1, 31]
    assert again.affinity.tolist() == [0, 2.5]


def test_lists_that_do_not_fit_together_are_refused():
    message = pb.NeighbourhoodResponse(followed_ids=pack_ids(np.array([1, 2], np.int64)))
    with pytest.raises(InvalidRequestError, match="followed_affinity: 0 values for 2 ids"):
        graph_codec.neighbourhood_from_proto(message)
    affinity = pack_floats(np.ones(3, np.float32))
    with pytest.raises(InvalidRequestError, match="affinity: 3 values for 1 ids"):
        graph_codec.relations_from_proto(pb.RelationsResponse(flags=b"\1", affinity=affinity))
