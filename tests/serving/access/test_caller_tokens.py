"""A token is worth what its signature says, for as long as it says."""

import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.trusted_keys import SigningKey, TrustedKeys
from serving.access.caller_tokens import LEEWAY_S, CallerTokens, TokenError, issue_token
from serving.access.roles import Role
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles

NOW_S = 1_000_000
ROLES = [Role.INTERNAL]


class Clock:
    """Seconds that tests set; wall and monotonic alike."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key(tmp_path) -> SigningKey:
    return SigningKey.make(tmp_path / "private.pem")


@pytest.fixture
def trusted(tmp_path, key):
    path = tmp_path / "trusted"
    path.write_text(key.trusted_line)
    return path


@pytest.fixture
def tokens(trusted, clock) -> CallerTokens:
    read = WatchedFiles("keys", [trusted], lambda: TrustedKeys.read(trusted), Metrics(), clock)
    return CallerTokens(read, clock)


def refused(tokens: CallerTokens, token: str) -> bool:
    with pytest.raises(TokenError) as raised:
        tokens.caller_of(token)
    return str(raised.value) == ""


def test_it_says_who_and_what_for(tokens, key):
    for _first_and_remembered in range(2):
        caller = tokens.caller_of(issue_token(key, "ads", ROLES, NOW_S + 60))
        assert (caller.name, caller.roles) == ("ads", {Role.INTERNAL})


def test_it_expires_when_no_clock_can_be_so_wrong(tokens, key, clock):
    token = issue_token(key, "ads", ROLES, NOW_S)
    clock.now_s = NOW_S + LEEWAY_S
    assert tokens.caller_of(token).name == "ads"
    clock.now_s += 1
    assert refused(tokens, token)


def test_a_key_that_is_no_longer_trusted_ends_its_tokens(tokens, key, clock, trusted, tmp_path):
    token = issue_token(key, "ads", ROLES, NOW_S + 600)
    assert tokens.caller_of(token).name == "ads"
    other = SigningKey.make(tmp_path / "other.pem")
    trusted.write_text(f"# the old key is gone\n{other.trusted_line}\n")
    clock.now_s += 1
    assert refused(tokens, token)
    assert tokens.caller_of(issue_token(other, "ads", ROLES, NOW_S + 600)).name == "ads"


def test_while_keys_are_rotated_both_count(tokens, key, clock, trusted, tmp_path):
    other = SigningKey.make(tmp_path / "other.pem")
    trusted.write_text(f"{key.trusted_line}\n{other.trusted_line}\n")
    clock.now_s += 1
    for signer in (key, other):
        assert tokens.caller_of(issue_token(signer, "ads", ROLES, NOW_S + 600)).name == "ads"


def test_another_key_is_refused_even_if_it_claims_a_trusted_id(tokens, key, tmp_path):
    other = SigningKey.make(tmp_path / "other.pem")
    assert refused(tokens, issue_token(other, "ads", ROLES, NOW_S + 60))
    other.key_id = key.key_id
    assert refused(tokens, issue_token(other, "ads", ROLES, NOW_S + 60))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"sub": ""},
        {"sub": "two\nlines"},
        {"sub": "x" * 129},
        {"roles": ["king"]},
        {"roles": 7},
    ],
    ids=str,
)
def test_wrong_claims_are_refused_though_signed(tokens, key, wrong):
    claims = {"sub": "ads", "roles": ["internal"], "aud": "feedrank", "exp": NOW_S + 60} | wrong
    claims = {name: value for name, value in claims.items() if value is not None}
    assert refused(tokens, jwt.encode(claims, key.private, "EdDSA", headers={"kid": key.key_id}))


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_weaker_algorithm_is_refused(tokens, key, algorithm):
    secret = "" if algorithm == "none" else key.trusted_line
    claims = {"sub": "ads", "roles": ["internal"], "aud": "feedrank", "exp": NOW_S + 60}
    assert refused(tokens, jwt.encode(claims, secret, algorithm, headers={"kid": key.key_id}))


def test_a_role_cannot_be_written_in(tokens, key):
    header, body, signature = issue_token(key, "ads", ROLES, NOW_S + 60).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["roles"] = ["operator"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert refused(tokens, f"{header}.{forged}.{signature}")


def test_what_is_remembered_is_bounded(tokens, key, monkeypatch):
    monkeypatch.setattr("serving.access.caller_tokens.MAX_REMEMBERED", 3)
    for number in range(10):
        tokens.caller_of(issue_token(key, f"caller {number}", ROLES, NOW_S + 60))
    assert len(tokens._known) == 3


@given(text=st.text(max_size=300))
def test_no_other_text_is_a_token(text):
    files = type("Files", (), {"value": TrustedKeys({})})()
    assert refused(CallerTokens(files), text)


def test_a_very_long_one_is_not_even_read(tokens):
    assert refused(tokens, "a" * 100_000)
