"""Rankers over the tiny models, buses that fail, and what comes out on a bus that works."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from protos import ranker_pb2
from ranker.models import Models
from ranker.onnx_model import OnnxModel
from ranker.value_model import ValueModel
from serving.bus.bus import Bus
from serving.bus.topics import RANKED_LISTS
from serving.contracts import ranked_list_codec
from serving.contracts.rank import RankedList, RankerClient
from serving.deadline import Deadline
from serving.errors import BusUnavailableError
from tests.generation.tiny_models import write_linear_model, write_tiny_models
from tests.ranker.requests import a_request, candidates

Open = Callable[..., Awaitable[RankerClient]]
PATIENT = 5_000.0


class SlowBus:
    """A bus that answers nothing; it keeps to the time it is given."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    async def publish(self, *_args: object, timeout_s: float, **_fields: object) -> None:
        self.waits_s.append(timeout_s)
        raise BusUnavailableError(f"no acknowledgement in {timeout_s:.3f} s")


class DeafBus:
    """A bus that acknowledges nothing."""

    async def publish(self, *_args: object, **_fields: object) -> tuple[int, int]:
        raise BusUnavailableError("nobody there")


def models(folder: Path, **click: float) -> Models:
    """The tiny models; `click` replaces the weights of the main ranker by those of one head."""
    write_tiny_models(folder)
    if click:
        write_linear_model(folder / "ranker.onnx", {"click": click})
    ranker = OnnxModel(folder / "ranker.onnx")
    worth = ValueModel.read(folder / "value_model.json").for_heads(ranker.heads)
    return Models(OnnxModel(folder / "pre_ranker.onnx"), ranker, worth, "1")


async def published_list(bus: Bus, ranker: RankerClient, **columns: object) -> RankedList:
    """Rank the columns and take the list from the bus."""
    reader = await bus.subscribe(RANKED_LISTS, {3: None}, reader="test")
    item_ids = columns.pop("item_ids")
    reply = await ranker.rank(
        a_request(candidates(item_ids, **columns)),  # type: ignore[arg-type]
        Deadline.after_ms(PATIENT),
    )
    assert reply.ranked_list is None
    (message,) = await reader.poll(1, 5.0)
    return ranked_list_codec.from_proto(ranker_pb2.RankedList.FromString(message.value))
