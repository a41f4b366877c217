import grpc
import pytest

from serving import errors
from serving.call_failures import call_failure
from serving.rich_status import DETAILS_KEY, trailing_details


def failed_with(code: grpc.StatusCode, *trailing: tuple[str, bytes | str]) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), "details")


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


def test_the_reason_of_an_error_survives_the_way():
    trailing = trailing_details(errors.CoverageError("1 of 4 shards answered"))
    failure = call_failure("candidate_gen", failed_with(grpc.StatusCode.UNAVAILABLE, *trailing))
    assert type(failure) is errors.CoverageError


@pytest.mark.parametrize("value", [b"", b"\xff\xff", b"no status at all"])
def test_details_of_somebody_else_say_nothing(value):
    failure = call_failure("a", failed_with(grpc.StatusCode.UNAVAILABLE, (DETAILS_KEY, value)))
    assert type(failure) is errors.DependencyError
