import pytest

from serving.bus.kafka_bus import KafkaBus
from serving.bus.log_bus import LogBus
from serving.bus.open_bus import open_bus
from serving.errors import InvalidRequestError


async def test_opens_the_bus_that_the_address_names(tmp_path):
    assert isinstance(open_bus(f"log://{tmp_path}"), LogBus)
    assert isinstance(open_bus("kafka://one:9092,two:9092"), KafkaBus)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["", "log://", "kafka://", "kafka://host", "kafka://a:1,", "redis://a:1", "/tmp"]
)
async def test_refuses_any_other_address_naming_it(address):
    with pytest.raises(InvalidRequestError, match=r"bus: .* that is neither log://DIRECTORY nor"):
        open_bus(address)
