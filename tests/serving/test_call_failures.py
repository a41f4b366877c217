import grpc
import pytest

from serving import errors
from serving.call_failures import call_failure


def failed_with(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "details")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UNAVAILABLE", errors.DependencyError),
        ("INTERNAL", errors.DependencyError),
        ("CANCELLED", errors.DependencyError),
        ("DEADLINE_EXCEEDED", errors.DeadlineError),
        ("RESOURCE_EXHAUSTED", errors.OverloadedError),
        ("FAILED_PRECONDITION", errors.PreconditionError),
        ("NOT_FOUND", errors.NotFoundError),
    ],
)
def test_a_neighbours_status_becomes_an_error_of_the_tree(code, kind):
    failure = call_failure("ann_shards/3", failed_with(grpc.StatusCode[code]))
    assert type(failure) is kind
    assert str(failure) == f"ann_shards/3: {code}: details"


def test_a_request_that_a_neighbour_calls_invalid_is_a_bug_of_ours():
    failure = call_failure("ranker", failed_with(grpc.StatusCode.INVALID_ARGUMENT))
    assert failure.status == "INTERNAL"
