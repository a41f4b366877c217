import pytest
from pydantic import ValidationError

from candidate_gen.settings import CandidateGenSettings


def settings(tmp_path, **fields):
    given = {
        "generations": tmp_path,
        "home": tmp_path,
        "shard_addresses": ["localhost:1", "localhost:2"],
        "graph_address": "localhost:3",
        "ranker_address": "localhost:4",
    }
    return CandidateGenSettings(**(given | fields))


def test_addresses_are_enough(tmp_path):
    assert settings(tmp_path).shard_addresses == ("localhost:1", "localhost:2")
    assert settings(tmp_path).max_item_age_days == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shard_addresses", []),
        ("graph_address", ""),
        ("replica", -1),
        ("replica", 1),
        ("max_item_age_days", {"home": 0}),
        ("shard_adresses", ["typo"]),
    ],
)
def test_refuses_what_cannot_work(tmp_path, field, value):
    with pytest.raises(ValidationError, match=field):
        settings(tmp_path, **{field: value})


def test_the_last_replica_is_one_below_their_number(tmp_path):
    assert settings(tmp_path, replicas=3, replica=2).replica == 2
    with pytest.raises(ValidationError, match="3 is not below replicas, 3"):
        settings(tmp_path, replicas=3, replica=3)
