"""The gate that keeps a server from taking on more than it can finish in time."""

import math
import time
from collections.abc import Awaitable, Callable

from serving.admission.concurrency_limit import ConcurrencyLimit
from serving.admission.kinds import BATCH, INNER, kind_of
from serving.admission.lane import Lane
from serving.admission.refusals import Refusals
from serving.admission.settings import AdmissionSettings
from serving.admission.turn import Turn
from serving.ending import Ending
from serving.gate import Call
from serving.metrics import ADMISSION_LIMIT, ADMISSION_WAIT
from serving.metrics_recorder import Metrics


class AdmissionGate:
    """One lane per kind of call, so that quick ones do not wait behind dear ones."""

    def __init__(
        self,
        settings: AdmissionSettings,
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._monotonic = monotonic
        self._lanes: dict[str, Lane] = {}

    def enter(self, call: Call) -> Awaitable[None] | None:
        kind = kind_of(call)
        lane = self._lanes.get(kind) or self._open_lane(kind)
        if kind in BATCH and any(other.waiting for other in self._lanes.values()):
            raise lane.refusals.error("yield")
        turn = lane.enter(call.caller, call.deadline)
        call.turn = turn
        return None if turn.granted is None else self._wait(kind, lane, turn)

    def leave(self, call: Call, ending: Ending) -> None:
        self._lanes[kind_of(call)].leave(call.turn, ending)

    async def _wait(self, kind: str, lane: Lane, turn: Turn) -> None:
        entered_s = self._monotonic()
        await lane.wait(turn)
        waited_ms = (self._monotonic() - entered_s) * 1_000
        self._metrics.histogram(ADMISSION_WAIT, kind).observe(waited_ms)

    def _open_lane(self, kind: str) -> Lane:
        settings = self._settings
        limit = ConcurrencyLimit(settings.admission_min_running, settings.admission_max_running)
        wait_factor = math.inf if kind in INNER else settings.admission_wait_factor
        refusals, wait_share = Refusals(kind, self._metrics), settings.admission_wait_share
        lane = Lane(limit, refusals, wait_factor, wait_share, self._monotonic)
        self._lanes[kind] = lane
        self._metrics.gauge(ADMISSION_LIMIT, kind).set_function(lambda: limit.value)
        return lane
