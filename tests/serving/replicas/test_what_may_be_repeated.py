"""The protos say which calls are hedged and retried: a new method is neither until it says so."""

from protos import ann_shard_pb2, candidates_pb2, feed_pb2, ranker_pb2, social_graph_pb2
from serving.replicas.replicated_method import Repeatable

FILES = (ann_shard_pb2, candidates_pb2, feed_pb2, ranker_pb2, social_graph_pb2)


def methods(repeatable):
    return {
        method.name
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if Repeatable(method.GetOptions().idempotency_level) is repeatable
    }


def test_what_only_reads_is_hedged():
    assert methods(Repeatable.AT_ANY_TIME) == {"Search", "Lookup", "Neighbourhood", "Relations"}


def test_what_publishes_under_the_id_of_the_request_is_only_retried():
    assert methods(Repeatable.AFTER_FAILURE) == {"Rank", "Generate"}


def test_nothing_else_is_made_twice():
    assert methods(Repeatable.NEVER) == {"GetFeed", "LogActions", "PublishItems"}
