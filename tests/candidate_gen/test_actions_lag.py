from candidate_gen.actions_lag import ActionsLag
from candidate_gen.viewer_state.keys import READER
from serving.bus.topics import ACTIONS, partition_of
from serving.errors import BusUnavailableError
from serving.metrics import BUS_HALTED, BUS_LAG, BUS_STALENESS
from serving.metrics_recorder import Metrics


class Updater:
    def __init__(self) -> None:
        self.behind: dict[int, int] | None = {3: 2, 5: 4}

    async def lag(self):
        if self.behind is None:
            raise BusUnavailableError("away")
        return self.behind

    def staleness_ms(self):
        return 250

    @property
    def is_halted(self):
        return True


HERS, HIS, ANOTHERS = (
    next(v for v in range(1_000) if partition_of(v, ACTIONS.partitions) == p) for p in (3, 5, 4)
)


async def test_tells_each_viewers_partition_and_publishes_all():
    metrics = Metrics()
    lag = ActionsLag(Updater(), metrics)
    await lag.refresh()
    assert [lag.of_viewer(viewer) for viewer in (HERS, HIS, ANOTHERS)] == [2, 4, 0]
    assert metrics.gauge(BUS_LAG, READER, "5")._value.get() == 4
    assert metrics.gauge(BUS_STALENESS, READER)._value.get() == 250
    assert metrics.gauge(BUS_HALTED, READER)._value.get() == 1


async def test_the_last_answer_stands_while_the_bus_is_away():
    updater = Updater()
    lag = ActionsLag(updater, Metrics())
    await lag.refresh()
    updater.behind = None
    await lag.refresh()
    assert lag.of_viewer(HIS) == 4
