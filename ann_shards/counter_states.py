"""What the counter aggregator keeps of each item, and of the items it has yet to tell about."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.counters import COUNTED, COUNTED_ACTIONS, COUNTER_COLUMNS, HORIZONS

Floats = npt.NDArray[np.float64]

_STATE_TYPE = np.dtype([("as_of_ms", "<i8"), ("counters", "<f8", (len(COUNTER_COLUMNS),))])
_HALF_LIVES_MS = np.array([h.half_life_ms or np.inf for h in HORIZONS]).repeat(len(COUNTED))
_COLUMNS_OF = {
    action: np.array([COUNTED.index(name) + len(COUNTED) * h for h in range(len(HORIZONS))])
    for action, name in COUNTED_ACTIONS.items()
}
"""Action -> the columns it adds to. Actions that are not here (`unlike` among them) count nothing:
the batch counts likes given, not likes kept, and both must mean the same."""


@dataclass(frozen=True, slots=True)
class CounterState:
    """Decayed counters of an item as of its latest event: `float64[15]`, so that sums are exact."""

    as_of_ms: int
    counters: Floats

    @staticmethod
    def empty(as_of_ms: int) -> "CounterState":
        return CounterState(as_of_ms, np.zeros(len(COUNTER_COLUMNS)))

    @staticmethod
    def unpack(value: bytes) -> "CounterState":
        record = np.frombuffer(value, _STATE_TYPE)[0]
        return CounterState(int(record["as_of_ms"]), record["counters"])

    def pack(self) -> bytes:
        return np.array([(self.as_of_ms, self.counters)], _STATE_TYPE).tobytes()

    def add(self, action: str, occurred_ms: int) -> "CounterState":
        """With one more action; what came late counts as aged as it is."""
        as_of_ms = max(self.as_of_ms, occurred_ms)
        counters = self.counters * _aged(as_of_ms - self.as_of_ms)
        columns = _COLUMNS_OF[action]
        counters[columns] += _aged(as_of_ms - occurred_ms)[columns]
        return CounterState(as_of_ms, counters)


def _aged(elapsed_ms: int) -> Floats:
    return np.asarray(np.exp2(-elapsed_ms / _HALF_LIVES_MS))
