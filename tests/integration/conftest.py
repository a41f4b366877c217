"""One small world for all tests of this folder, and the two ways to serve it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.caller import Caller, open_caller
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.secured import Secured, run_secured
from tests.integration.small_world import SmallWorld, make_small_world

BEFORE_ALL_OTHERS = "test_same_feed.py"
"""It compares two servers, on which the others act and publish."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    places = [place for place, item in enumerate(items) if item.path.parent == here]
    ordered = sorted(
        (items[place] for place in places), key=lambda item: item.path.name != BEFORE_ALL_OTHERS
    )
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """Built once; never changed by a test."""
    return make_small_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def embedded(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller of an embedded server shared by the session: use viewers of your own."""
    home = tmp_path_factory.mktemp("embedded") / "home"
    server = EmbeddedProcess(world.generations, home, allow_as_of="true")
    with server, open_caller(server.address) as caller:
        yield caller


@pytest.fixture
def own_embedded(world: SmallWorld, tmp_path: Path) -> Iterator[EmbeddedProcess]:
    """An embedded server of this test alone, to be killed and started again at will."""
    with EmbeddedProcess(world.generations, tmp_path / "home") as server:
        yield server


@pytest.fixture(scope="session")
def distributed(
    world: SmallWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Distributed]:
    """All services over real Kafka and Redis, shared by the session: use viewers of your own."""
    home = tmp_path_factory.mktemp("distributed")
    variables = {
        "FEEDRANK_FEED_ASSEMBLY__ALLOW_AS_OF": "true",
        "FEEDRANK_FEED_ASSEMBLY__ALLOW_RUNG": "true",
    }
    with run_distributed(world.generations, home, **variables) as running:
        yield running


@pytest.fixture(scope="session")
def secured(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """All services under mutual TLS, shared by the session: leave it whole."""
    with run_secured(world.generations, tmp_path_factory.mktemp("secured")) as ring:
        yield ring


@pytest.fixture(scope="session")
def distributed_caller(distributed: Distributed) -> Iterator[Caller]:
    with open_caller(distributed.address) as caller:
        yield caller
