"""The ranker: checks its input, ranks, and publishes the list for feed_assembly."""

import zlib
from pathlib import Path

from features.matrix import feature_schema
from generation.manifest import Manifest
from ranker.diversity import DiversitySettings
from ranker.model_use import ModelUses
from ranker.models import Models
from ranker.ranking import Ranking, rank_candidates
from ranker.request_checks import check_request
from serving.bus.bus import Bus
from serving.bus.topics import RANKED_LISTS
from serving.contracts import ranked_list_codec
from serving.contracts.rank import LIST_SIZE, RankedList, RankReply, RankRequest
from serving.deadline import Deadline
from serving.errors import BusUnavailableError, PreconditionError
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from serving.switches.switches import EVERYTHING_ON, SwitchBoard
from serving.tracing.span import begin_part

MAX_BUS_WAIT_MS = 50.0
BUS_RESERVE_MS = 10.0
"""What must be left of the deadline to answer with the list itself when the bus is slow."""

FEATURE_SAMPLE = 100
"""One request in so many carries its feature rows, which go on to topic `served` (docs/bus.md)."""

MIN_BUDGET_MS = 3.0


def open_ranker(
    folder: Path,
    manifest: Manifest,
    bus: Bus,
    metrics: Metrics,
    diversity: DiversitySettings | None = None,
    switches: SwitchBoard = EVERYTHING_ON,
) -> "Ranker":
    """Load the models of a generation; `manifest` is its own.

    Raises:
        InvalidGenerationError, ModelError: something cannot be used; names file and cause.
    """
    models = Models.open(folder, manifest)
    return Ranker(manifest.name, models, bus, metrics, diversity or DiversitySettings(), switches)


class Ranker:
    """Implements `serving.contracts.rank.RankerClient`."""

    def __init__(
        self,
        generation: str,
        models: Models,
        bus: Bus,
        metrics: Metrics,
        diversity: DiversitySettings,
        switches: SwitchBoard = EVERYTHING_ON,
    ) -> None:
        self.generation = generation
        self._models = models
        self._bus = bus
        self._metrics = metrics
        self._fallback_log = FallbackLog(metrics)
        self._model_uses = ModelUses(metrics, self._fallback_log)
        self._diversity = diversity
        self._switches = switches
        self._feature_schema = feature_schema()

    async def rank(self, request: RankRequest, deadline: Deadline) -> RankReply:
        """See `RankerClient.rank`."""
        if request.generation != self.generation:
            raise PreconditionError(
                f"generation {request.generation} is not held here, only {self.generation}"
            )
        deadline.require(MIN_BUDGET_MS)
        check_request(request)
        receipt = request.receipt
        clock = StageClock(receipt, self._metrics, self._model_uses.costs)
        model_use = self._model_uses.of_request(request, self._switches.now, deadline)
        ranking = rank_candidates(request, self._models, self._diversity, clock, model_use)
        ranked = self._ranked_list(request, ranking)
        with clock.stage("publish", len(ranked.item_ids)):
            published = await self._publish(ranked, request.reply_partition, deadline)
        if published:
            return RankReply(receipt, None)
        receipt.degrade("bus_unacknowledged")
        return RankReply(receipt, ranked)

    async def _publish(self, ranked: RankedList, partition: int, deadline: Deadline) -> bool:
        message = ranked_list_codec.to_proto(ranked, self._feature_schema)
        span = begin_part("publish ranked-lists", "producer")
        if span is not None:
            message.traceparent = span.traceparent
        wait = deadline.earlier_by(BUS_RESERVE_MS).at_most(MAX_BUS_WAIT_MS)
        try:
            await self._bus.publish(
                RANKED_LISTS,
                message.SerializeToString(),
                partition=partition,
                timeout_s=wait.remaining_s(),
            )
        except BusUnavailableError as error:
            self._fallback_log.note("publish", error)
            return False
        finally:
            if span is not None:
                span.end()
        return True

    def _ranked_list(self, request: RankRequest, ranking: Ranking) -> RankedList:
        columns, rows = request.candidates, ranking.rows
        list_size = min(LIST_SIZE, len(rows))
        sampled = zlib.crc32(request.request_id.encode()) % FEATURE_SAMPLE == 0
        return RankedList(
            request_id=request.request_id,
            viewer_id=request.viewer_id,
            generation=request.generation,
            revocation_version=request.revocation_version,
            created_ms=request.now_ms,
            item_ids=columns["item_id"][rows],
            author_ids=columns["author_id"][rows],
            scores=ranking.scores,
            source_bits=columns["source_bits"][rows],
            list_size=list_size,
            receipt=request.receipt,
            features=ranking.features[:list_size] if sampled else None,
        )
