"""Rungs forced by a header, and switches that flip in running servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from protos import feed_pb2
from serving.effort.rung import Rung
from serving.switches.switch_file import Entry, SwitchFile
from tests.integration.caller import TIMEOUT_S, Caller, open_caller, until
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld

VIEWERS = iter(range(200, 300))
"""Each test takes viewers nobody has served: so there is no stored feed."""

Feed = Callable[..., feed_pb2.GetFeedResponse]


def asker(caller: Caller) -> Feed:
    def feed(rung: str = "full", viewer: int | None = None) -> feed_pb2.GetFeedResponse:
        request = feed_pb2.GetFeedRequest(viewer_id=next(VIEWERS) if viewer is None else viewer)
        metadata = (("x-feedrank-rung", rung),)
        return caller.stub.GetFeed(request, timeout=TIMEOUT_S, metadata=metadata)

    return feed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("switched") / "home"


@pytest.fixture(scope="module")
def alone(world: SmallWorld, home: Path) -> Iterator[Feed]:
    """Asks an embedded server of this file alone, since switches are for all its callers."""
    server = EmbeddedProcess(world.generations, home, allow_rung="true")
    with server, open_caller(server.address) as caller:
        yield asker(caller)


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("distributed", marks=[pytest.mark.kafka, pytest.mark.redis]),
    ]
)
def feed(request: pytest.FixtureRequest) -> Feed:
    if request.param == "embedded":
        alone: Feed = request.getfixturevalue("alone")
        return alone
    return asker(request.getfixturevalue("distributed_caller"))


@pytest.mark.parametrize(
    ("rung", "origin"),
    [
        ("fewer_probes", "ranked"),
        ("smaller_ranker", "ranked"),
        ("stored", "floor"),
        ("floor", "floor"),
    ],
)
def test_a_forced_rung_says_so_and_does_no_more(feed: Feed, rung: str, origin: str) -> None:
    page = feed(rung)
    assert page.receipt.origin == origin
    assert f"rung_forced:{rung}" in page.receipt.degraded_reasons
    assert ("main_ranker" in page.receipt.narrowed) == (rung == "smaller_ranker")
    assert len(page.items) == 20


def test_an_unknown_rung_is_refused_with_those_there_are(feed: Feed) -> None:
    with pytest.raises(grpc.RpcError, match="need one of full, fewer_probes") as refused:
        feed("attic")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_who_may_not_force_a_rung_is_told(embedded: Caller) -> None:
    with pytest.raises(grpc.RpcError, match="is not allowed by this server"):
        asker(embedded)("floor")


def test_switches_flip_while_the_server_runs(alone: Feed, home: Path) -> None:
    off = {"source:popular": Entry(), "rule:likeness": Entry()}
    SwitchFile(off).write(home / "switches.toml")
    page = until(alone, lambda page: any("switched_off" in r for r in reasons(page)))
    assert {"switched_off:source:popular", "switched_off:rule:likeness"} <= reasons(page)
    assert "popular" not in {source.name for source in page.receipt.sources}
    (home / "switches.toml").unlink()
    page = until(alone, lambda page: not any("switched_off" in r for r in reasons(page)))
    assert "popular" in {source.name for source in page.receipt.sources}


def test_a_rung_of_the_switches_holds_everybody(alone: Feed, home: Path) -> None:
    SwitchFile(rung=Rung.FLOOR).write(home / "switches.toml")
    page = until(alone, lambda page: "rung_forced:floor" in reasons(page))
    assert page.receipt.origin == "floor"
    (home / "switches.toml").unlink()
    assert until(alone, lambda page: not reasons(page)).receipt.origin == "ranked"


def reasons(page: feed_pb2.GetFeedResponse) -> set[str]:
    return set(page.receipt.degraded_reasons)
