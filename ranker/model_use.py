"""Whether a request may use a model, and what becomes of it when the scores cannot be used."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranker.model_guard import ModelGuard
from ranker.onnx_model import OnnxModel
from ranker.scoring import model_scores
from serving.contracts.rank import RankRequest
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.effort.stage_costs import StageCosts
from serving.effort.width import FULL_WIDTH, MAIN_RANKER, width_for
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.switches.switches import Switched

Floats = npt.NDArray[np.float32]

MODELS = ("pre_ranker", "main_ranker")

FIRST_COSTS_MS = {"main_ranker": 3.0, "diversity": 1.0, "publish": 3.0}
"""Until they are measured; all that is left to do when the main ranker's turn comes."""


class ModelUses:
    """What this process knows of its models. One per ranker."""

    def __init__(self, metrics: Metrics, fallback_log: FallbackLog) -> None:
        self.costs = StageCosts(FIRST_COSTS_MS)
        self._fallback_log = fallback_log
        self._guards = {model: ModelGuard(model, metrics) for model in MODELS}

    def of_request(
        self, request: RankRequest, switched: Switched, deadline: Deadline
    ) -> "ModelUse":
        return ModelUse(request, switched, deadline, self.costs, self._guards, self._fallback_log)


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The models of one request."""

    request: RankRequest
    switched: Switched
    deadline: Deadline
    costs: StageCosts
    guards: Mapping[str, ModelGuard]
    fallback_log: FallbackLog

    def main_ranker_fits(self) -> bool:
        """Whether it is wanted, and leaves time for what comes after; the receipt says if not."""
        width = MAIN_RANKER[-1]
        if not self.request.without_main_ranker:
            rest_ms = self.costs.sum_ms(FIRST_COSTS_MS)
            width = width_for(MAIN_RANKER, self.deadline.remaining_ms(), rest_ms)
        if width is FULL_WIDTH:
            return True
        self.request.receipt.narrow(width.name)
        return False

    def scores(self, name: str, model: OnnxModel, matrix: Floats, weights: Floats) -> Floats | None:
        """What a model says, see `model_scores`; `None`, with a reason, where it is left out."""
        receipt, guard = self.request.receipt, self.guards[name]
        if self._is_off(name, guard, receipt):
            return None
        try:
            scores = model_scores(model, matrix, weights)
        except Exception as error:  # whatever it was: the next rung is the plan
            self.fallback_log.note(name, error)
            receipt.degrade(f"{name}_failed")
            guard.note(usable=False)
            return None
        guard.note(usable=True)
        return scores

    def _is_off(self, name: str, guard: ModelGuard, receipt: Receipt) -> bool:
        if f"model:{name}" in self.switched.off:
            return True  # the receipt says so already
        if not guard.admits():
            receipt.degrade(f"model_suspended:{name}")
            return True
        return False
