"""Trains the models of a generation and reports how good they are.

The models that are judged are fitted on the rows before the last cut and judged on those after it.
The models that are served are fitted again on all rows, so that the latest behaviour counts too.
"""

import json
from functools import partial
from typing import Any

import numpy as np

from generation import layout
from spark_jobs.build_context import BuildContext
from spark_jobs.engine import Receipt, run_task
from spark_jobs.training.evaluate import Figures
from spark_jobs.training.make_rows import make_rows, plan_training
from spark_jobs.training.network import Network
from spark_jobs.training.onnx_export import write_model, write_value_model
from spark_jobs.training.plan import HOLDOUT_BLOCK, TrainingPlan
from spark_jobs.training.pre_ranker import HEAD, train_pre_ranker
from spark_jobs.training.report import ablation, report_models
from spark_jobs.training.retrieval import retrieval_recall
from spark_jobs.training.row_table import RowTable, read_rows, write_row_file
from spark_jobs.vector_fit import AlsSettings, VectorFit


def train_models(context: BuildContext, fit: VectorFit, settings: AlsSettings) -> list[Receipt]:
    """Write models/, training/rows.parquet and report.json under `context.workplace.output`.

    Args:
        fit: Fits the vectors of the blocks; like `settings`, the one of the served vectors.

    Returns:
        One receipt: `{"rows": {file: rows}, "quality": {figure: value}}`.

    Raises:
        ValueError: the data gives no training rows.
    """
    plan = plan_training(context, settings)
    follows = make_rows(context, plan, fit, settings)
    parts = [partial(part, plan) for part in (judge_models, judge_groups, serve_models, join_rows)]
    judged, groups, served, joined = context.engine.map(
        len(parts), partial(run_task, parts), describe="models"
    )
    report = {**judged, **groups, "follows": follows, "served": served}
    text = json.dumps(report, indent=1, sort_keys=True) + "\n"
    (context.workplace.output / layout.REPORT).write_text(text)
    return [{"rows": {layout.TRAINING_ROWS: joined["rows"]}, "quality": _quality(report)}]


def judge_models(plan: TrainingPlan, _task: int) -> Receipt:
    """Fit on the rows before the last cut; figures on those after it. One task holds all rows."""
    training, holdout = _split(plan)
    retrieval = retrieval_recall(plan, holdout)
    if not len(training) or not len(holdout):
        rows = {"training": len(training), "holdout": len(holdout)}
        return {"rows": rows, "retrieval": retrieval}
    judged, epochs = fit_all(training, plan.facts.seed)
    report = report_models(plan, training, holdout, judged)
    return {**report, "epochs": epochs, "retrieval": retrieval}


def judge_groups(plan: TrainingPlan, _task: int) -> Receipt:
    """What each group of features is worth."""
    training, holdout = _split(plan)
    if not len(training) or not len(holdout):
        return {}
    return {"ablation": ablation(training, holdout)}


def serve_models(plan: TrainingPlan, _task: int) -> Receipt:
    """Fit on all rows and write models/."""
    rows = read_rows(plan.rows)
    output = plan.workplace.output
    networks, epochs = fit_all(rows, plan.facts.seed)
    paths = {"pre_ranker": layout.PRE_RANKER, "ranker": layout.RANKER}
    for kind, network in networks.items():
        write_model(output / paths[kind], network, kind=kind, trained_rows=len(rows))
    write_value_model(output / layout.VALUE_MODEL)
    return {
        "trained_rows": len(rows),
        "last_row_ms": int(np.max(rows.occurred_ms)),
        "heads": list(networks["ranker"].heads),
        "epochs": epochs,
    }


def join_rows(plan: TrainingPlan, _task: int) -> Receipt:
    """Write training/rows.parquet."""
    return {"rows": write_row_file(plan.rows, plan.workplace.output / layout.TRAINING_ROWS)}


def fit_all(rows: RowTable, seed: int) -> tuple[dict[str, Network], int]:
    """Both models on some rows, and the epochs of the main ranker.

    Data too poor for any head of the main ranker gets one with the head `click` all the same, if
    only to say how frequent clicks are.
    """
    # Not above: JAX forbids the forks by which Spark starts, so the driver must not load it.
    from spark_jobs.training.main_ranker import heads_with_enough, train_main_ranker

    pre_ranker = train_pre_ranker(rows.matrix, rows.labels[HEAD])
    heads = heads_with_enough(rows.labels) or ("click",)
    ranker, epochs = train_main_ranker(rows.matrix, rows.labels, heads, seed)
    return {"pre_ranker": pre_ranker, "ranker": ranker}, epochs


def _split(plan: TrainingPlan) -> tuple[RowTable, RowTable]:
    rows = read_rows(plan.rows)
    is_holdout = rows.block == HOLDOUT_BLOCK
    return rows.take(~is_holdout), rows.take(is_holdout)


def _quality(report: dict[str, Any]) -> dict[str, float]:
    """The figures people look at first."""
    quality = {}
    for model, heads in report.get("models", {}).items():
        for head, kinds in heads.items():
            figures: Figures = kinds["all"]
            if isinstance(auc := figures.get("auc"), float):
                quality[f"{model}_{head}_auc"] = auc
    for name in ("recall_vectors", "recall_popularity"):
        if name in report["retrieval"]:
            quality[name] = report["retrieval"][name]
    return quality
