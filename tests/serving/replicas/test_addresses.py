import pytest

from serving.replicas.addresses import Addresses, parse_addresses


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("host:1", ("host:1",)),
        ("host:1,other:2", ("host:1", "other:2")),
        ("host:1, other:2", ("host:1", "other:2")),
        ("ipv4:1.2.3.4:1,1.2.3.5:1", ("1.2.3.4:1", "1.2.3.5:1")),
        ("[::1]:50051", ("[::1]:50051",)),
    ],
)
def test_a_list_of_replicas(text, listed):
    assert parse_addresses(text) == Addresses(listed)


def test_a_name_whose_addresses_are_replicas():
    assert parse_addresses("dns:///shards.example:1") == Addresses(name="shards.example", port="1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no host:port"),
        ("host", "'host' is no host:port"),
        ("host:", "'host:' is no host:port"),
        (":1", "':1' is no host:port"),
        ("host:0", "'host:0' is no host:port"),
        ("host:65536", "'host:65536' is no host:port"),
        ("host:1,", "'' is no host:port"),
        ("http://host:1", "'http://host:1' is no host:port"),
        ("dns:///a:1,b:2", "'a:1,b:2' is no host:port"),
        ("host:1,host:1", "'host:1,host:1' lists a replica twice"),
    ],
)
def test_anything_else_is_refused_with_the_part_that_is_wrong(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_addresses(text)
