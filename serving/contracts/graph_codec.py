"""Questions to the social graph and its answers on the wire."""

import numpy as np

from protos import social_graph_pb2 as pb
from serving.contracts.graph import Ids, Neighbourhood, NeighbourhoodLimits, Relations
from serving.errors import InvalidRequestError
from serving.packed_arrays import pack_floats, pack_ids, unpack_floats, unpack_ids


def neighbourhood_request_to_proto(
    generation: str, viewer_id: int, now_ms: int, limits: NeighbourhoodLimits
) -> pb.NeighbourhoodRequest:
    return pb.NeighbourhoodRequest(
        generation=generation,
        viewer_id=viewer_id,
        now_ms=now_ms,
        max_followed=limits.followed,
        max_friends=limits.friends,
        max_groups=limits.groups,
        max_friends_liked=limits.friends_liked,
    )


def limits_from_proto(message: pb.NeighbourhoodRequest) -> NeighbourhoodLimits:
    return NeighbourhoodLimits(
        followed=message.max_followed,
        friends=message.max_friends,
        groups=message.max_groups,
        friends_liked=message.max_friends_liked,
    )


def neighbourhood_to_proto(neighbourhood: Neighbourhood) -> pb.NeighbourhoodResponse:
    return pb.NeighbourhoodResponse(
        followed_ids=pack_ids(neighbourhood.followed_ids),
        followed_affinity=pack_floats(neighbourhood.followed_affinity),
        friend_ids=pack_ids(neighbourhood.friend_ids),
        group_ids=pack_ids(neighbourhood.group_ids),
        friends_liked_item_ids=pack_ids(neighbourhood.friends_liked_item_ids),
        friends_liked_counts=pack_floats(neighbourhood.friends_liked_counts),
        follow_count=neighbourhood.follow_count,
        bus_lag_messages=neighbourhood.bus_lag_messages,
    )


def neighbourhood_from_proto(message: pb.NeighbourhoodResponse) -> Neighbourhood:
    """Raises InvalidRequestError when lists do not fit together."""
    neighbourhood = Neighbourhood(
        followed_ids=unpack_ids(message.followed_ids, "followed_ids"),
        followed_affinity=unpack_floats(message.followed_affinity, "followed_affinity"),
        friend_ids=unpack_ids(message.friend_ids, "friend_ids"),
        group_ids=unpack_ids(message.group_ids, "group_ids"),
        friends_liked_item_ids=unpack_ids(message.friends_liked_item_ids, "friends_liked_item_ids"),
        friends_liked_counts=unpack_floats(message.friends_liked_counts, "friends_liked_counts"),
        follow_count=message.follow_count,
        bus_lag_messages=message.bus_lag_messages,
    )
    _require_equal(
        "followed_affinity", len(neighbourhood.followed_affinity), len(neighbourhood.followed_ids)
    )
    _require_equal(
        "friends_liked_counts",
        len(neighbourhood.friends_liked_counts),
        len(neighbourhood.friends_liked_item_ids),
    )
    return neighbourhood


def relations_request_to_proto(
    generation: str, viewer_id: int, author_ids: Ids
) -> pb.RelationsRequest:
    return pb.RelationsRequest(
        generation=generation, viewer_id=viewer_id, author_ids=pack_ids(author_ids)
    )


def relations_to_proto(relations: Relations) -> pb.RelationsResponse:
    return pb.RelationsResponse(
        flags=np.ascontiguousarray(relations.flags, np.uint8).tobytes(),
        affinity=pack_floats(relations.affinity),
    )


def relations_from_proto(message: pb.RelationsResponse) -> Relations:
    """Raises InvalidRequestError when lists do not fit together."""
    flags = np.frombuffer(message.flags, np.uint8)
    affinity = unpack_floats(message.affinity, "affinity")
    _require_equal("affinity", len(affinity), len(flags))
    return Relations(flags, affinity)


def _require_equal(field: str, length: int, expected: int) -> None:
    if length != expected:
        raise InvalidRequestError(field, f"{length} values for {expected} ids")
