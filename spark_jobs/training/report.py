"""The report on the models: how well they predict rows that nothing they use was fitted on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.table import Table

from features.matrix import FEATURES, GROUPS, group_columns
from spark_jobs.training.evaluate import auc, judge
from spark_jobs.training.negatives import PER_POSITIVE, POPULARITY_POWER
from spark_jobs.training.network import Network
from spark_jobs.training.plan import TrainingPlan
from spark_jobs.training.pre_ranker import HEAD, train_pre_ranker
from spark_jobs.training.row_table import RowTable
from spark_jobs.training.samples import LABELS

ABLATION_ROWS = 200_000

KNOWN = [feature.name for feature in FEATURES].index("item_has_vector")


def report_models(
    plan: TrainingPlan, training: RowTable, holdout: RowTable, judged: dict[str, Network]
) -> dict[str, Any]:
    """Figures by model and head, by known and new items, without each feature group, and counts.

    Args:
        judged: Model -> network fitted on `training` only.
    """
    models = {
        model: {
            head: _by_item(training, holdout, head, network.predict(holdout.matrix)[:, at], plan)
            for at, head in enumerate(network.heads)
        }
        for model, network in judged.items()
    }
    return {
        "rows": {"training": len(training), "holdout": len(holdout)},
        "positives": {
            head: {
                "training": int(training.labels[head].sum()),
                "holdout": int(holdout.labels[head].sum()),
            }
            for head in LABELS
        },
        "cuts_ms": list(plan.cuts_ms),
        "models": models,
        "constant_features": constant_features(training.matrix, holdout.matrix),
        "negatives": _how_negatives(plan),
    }


def ablation(training: RowTable, holdout: RowTable) -> dict[str, Any]:
    """AUC of the pre-ranker trained on the latest rows, whole and without each feature group."""
    happened = holdout.labels[HEAD]
    training = training.take(np.arange(max(0, len(training) - ABLATION_ROWS), len(training)))
    whole = train_pre_ranker(training.matrix, training.labels[HEAD])
    figures: dict[str, Any] = {
        "method": f"pre-ranker trained again on the latest {len(training)} rows without the group, "
        "AUC on held-out rows",
        "all": auc(whole.predict(holdout.matrix)[:, 0], happened),
    }
    for group in GROUPS:
        columns = group_columns(group)
        network = train_pre_ranker(_without(training.matrix, columns), training.labels[HEAD])
        predicted = network.predict(_without(holdout.matrix, columns))[:, 0]
        figures[f"without {group}"] = auc(predicted, happened)
    return figures


def constant_features(*matrices: npt.NDArray[np.float32]) -> list[str]:
    """Names of the features that never change in this data."""
    low = np.min([m.min(axis=0, initial=np.inf) for m in matrices], axis=0)
    high = np.max([m.max(axis=0, initial=-np.inf) for m in matrices], axis=0)
    return [f.name for f, constant in zip(FEATURES, low >= high, strict=True) if constant]


def tables(report: dict[str, Any]) -> Iterator[Table]:
    """The report for people: empty tables where there was nothing to judge on."""
    figures = Table(
        "model", "head", "items", "rows", "positives", "AUC", "95 %", "log loss", "base"
    )
    for model, heads in report.get("models", {}).items():
        for head, kinds in heads.items():
            for kind, values in kinds.items():
                interval = values.get("auc_interval") or ["", ""]
                cells = [values.get(name, "") for name in ("auc", "log_loss", "base_log_loss")]
                figures.add_row(
                    model, head, kind, str(values["rows"]), str(values["positives"]),
                    str(cells[0]), f"{interval[0]} {interval[1]}", str(cells[1]), str(cells[2]),
                )  # fmt: skip
    yield figures
    without = Table("features", "AUC of the pre-ranker")
    for name, value in report.get("ablation", {}).items():
        if name != "method":
            without.add_row(name, str(value))
    yield without


def _by_item(
    training: RowTable,
    holdout: RowTable,
    head: str,
    probabilities: npt.NDArray[np.float32],
    plan: TrainingPlan,
) -> dict[str, Any]:
    happened, known = holdout.labels[head], holdout.matrix[:, KNOWN] > 0
    base_rate = float(training.labels[head].mean())
    every = np.ones(len(happened), bool)
    return {
        name: judge(probabilities[rows], happened[rows], base_rate, plan.facts.seed)
        for name, rows in (("all", every), ("known", known), ("new", ~known))
    }


def _without(matrix: npt.NDArray[np.float32], columns: slice) -> npt.NDArray[np.float32]:
    blanked = matrix.copy()
    blanked[:, columns] = 0
    return blanked


def _how_negatives(plan: TrainingPlan) -> str:
    if plan.facts.has_impressions:
        return "impressions that no such action followed within 24 h and before the next impression"
    return (
        f"{PER_POSITIVE} per positive, items existing at its time, drawn in proportion to "
        f"(1 + positives before the row's block) ** {POPULARITY_POWER}, never items the viewer had "
        "acted on by 24 h after"
    )
