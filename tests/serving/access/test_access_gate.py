"""Who gets in, and where: every method, every role, and what is said of those who do not."""

import pytest
from structlog.testing import capture_logs

from generation.trusted_keys import SigningKey, TrustedKeys
from serving.access import caller
from serving.access.access_gate import AccessGate
from serving.access.caller_tokens import CallerTokens, issue_token
from serving.access.roles import METHOD_ROLES, Role
from serving.errors import PermissionDeniedError, UnauthenticatedError
from serving.gate import Call
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles
from tests.serving.access.callers import GET_FEED, RANK, Shown, a_call

GATEWAY = b"spiffe://shop/gateway"
RANKER = b"ranker.shop"
ROLES = {
    GATEWAY.decode(): frozenset({Role.VIEWER_FACING}),
    RANKER.decode(): frozenset({Role.INTERNAL}),
}


@pytest.fixture
def key(tmp_path) -> SigningKey:
    return SigningKey.make(tmp_path / "private.pem")


@pytest.fixture
def gate(tmp_path, key) -> AccessGate:
    path = tmp_path / "trusted"
    path.write_text(key.trusted_line)
    files = WatchedFiles("caller_keys", [path], lambda: TrustedKeys.read(path), Metrics())
    return AccessGate(ROLES, CallerTokens(files, lambda: 1_000.0), Metrics())


def entered(gate: AccessGate, call: Call) -> str:
    gate.enter(call)
    return call.caller


def test_a_certificate_names_its_caller(gate):
    assert entered(gate, a_call(names=(GATEWAY,))) == "spiffe://shop/gateway"


def test_any_of_its_names_may_be_the_known_one(gate):
    assert entered(gate, a_call(RANK, names=(b"10.0.0.3", RANKER))) == "ranker.shop"


def test_a_token_names_its_caller(gate, key):
    token = issue_token(key, "ads", [Role.VIEWER_FACING], 2_000)
    assert entered(gate, a_call(token=token)) == "ads"


def test_a_token_goes_before_the_certificate_that_carries_it(gate, key):
    token = issue_token(key, "ads", [Role.INTERNAL], 2_000)
    assert entered(gate, a_call(RANK, names=(GATEWAY,), token=token)) == "ads"


def test_a_wrong_token_is_not_made_good_by_a_certificate(gate):
    with pytest.raises(UnauthenticatedError):
        gate.enter(a_call(names=(GATEWAY,), token="made-up"))


def test_who_shows_nothing_is_not_let_in(gate):
    with pytest.raises(UnauthenticatedError):
        gate.enter(a_call())


def test_a_token_of_another_scheme_is_refused(gate):
    with pytest.raises(UnauthenticatedError):
        gate.enter(Call(GET_FEED, Shown(metadata=(("authorization", "Basic eDp5"),))))


@pytest.mark.parametrize("method", METHOD_ROLES)
@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_the_table_says_and_nothing_else(gate, key, method, role):
    call = a_call(method, token=issue_token(key, "somebody", [role], 2_000))
    if role in METHOD_ROLES[method]:
        assert entered(gate, call) == "somebody"
    else:
        with pytest.raises(PermissionDeniedError):
            gate.enter(call)


def test_viewers_reach_none_of_the_inner_services():
    open_to_viewers = {m for m, roles in METHOD_ROLES.items() if Role.VIEWER_FACING in roles}
    assert {method.split("/")[1] for method in open_to_viewers} == {"feedrank.v1.FeedService"}


def test_a_certificate_that_nobody_named_opens_nothing(gate):
    with pytest.raises(PermissionDeniedError, match="stranger"):
        gate.enter(a_call(names=(b"stranger",)))


def test_a_method_that_is_not_in_the_table_is_closed(gate):
    with pytest.raises(PermissionDeniedError):
        gate.enter(a_call("/feedrank.v1.FeedService/Forgotten", names=(GATEWAY,)))


def test_anonymous_callers_get_in_where_that_is_set_but_force_nothing():
    gate = AccessGate({}, None, Metrics(), allow_anonymous=True)
    assert entered(gate, a_call()) == "anonymous"
    assert not caller.is_operator()


def test_only_an_operator_is_one(gate, key):
    gate.enter(a_call(names=(GATEWAY,)))
    assert not caller.is_operator()
    gate.enter(a_call(token=issue_token(key, "ann", [Role.OPERATOR], 2_000)))
    assert caller.is_operator()


def test_the_log_tells_caller_and_method_and_nothing_that_was_shown(gate, key):
    token = issue_token(key, "ads", [Role.VIEWER_FACING], 2_000)
    with capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(PermissionDeniedError):
                gate.enter(a_call(RANK, token=token))
    assert lines == [
        {
            "event": "access refused",
            "log_level": "warning",
            "cause": "no_role",
            "caller": "ads",
            "method": RANK,
        }
    ]
