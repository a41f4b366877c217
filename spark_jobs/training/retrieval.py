"""How much of what viewers liked after the last cut the vectors find, against popularity."""

import numpy as np
import numpy.typing as npt

from generation.arrow_file import MappedTable, find_rows
from generation.exact_search import exact_top
from spark_jobs.training.plan import HOLDOUT_BLOCK, TrainingPlan
from spark_jobs.training.row_table import RowTable

DEPTH = 200
MAX_VIEWERS = 2_000
QUERIES_AT_ONCE = 128


def retrieval_recall(plan: TrainingPlan, holdout: RowTable) -> dict[str, float | int]:
    """Recall@200 of each viewer's held-out positives, averaged over viewers.

    Both sides choose among the items known before the cut that have a vector, and do not know which
    of them the viewer has seen; positives on other items count as not found by either.
    """
    served = MappedTable(plan.vectors(HOLDOUT_BLOCK) / "served.arrow")
    fitted = MappedTable(plan.vectors(HOLDOUT_BLOCK) / "viewers.arrow")
    liked = np.flatnonzero(holdout.labels["positive"])
    viewers = np.unique(holdout.viewer_id[liked])
    at = find_rows(fitted.array("viewer_id"), viewers)
    viewers, at = viewers[at >= 0], at[at >= 0]
    if len(viewers) > MAX_VIEWERS:
        chosen = np.random.default_rng(plan.facts.seed).permutation(len(viewers))[:MAX_VIEWERS]
        viewers, at = viewers[np.sort(chosen)], at[np.sort(chosen)]
    if not len(viewers) or not len(served):
        return {"viewers": 0}
    vectors = served.array("vector").astype(np.float32)
    popular = _most_positive(plan, served.array("item_id"))
    found, found_popular = [], []
    for start in range(0, len(viewers), QUERIES_AT_ONCE):
        rows = slice(start, start + QUERIES_AT_ONCE)
        nearest, _ = exact_top(vectors, fitted.array("vector")[at[rows]], DEPTH)
        for viewer, best in zip(viewers[rows].tolist(), nearest, strict=True):
            wanted = np.unique(holdout.item_id[liked][holdout.viewer_id[liked] == viewer])
            wanted_rows = find_rows(served.array("item_id"), wanted)
            found.append(np.isin(wanted_rows, best[best >= 0]).mean())
            found_popular.append(np.isin(wanted_rows, popular).mean())
    return {
        "depth": DEPTH,
        "viewers": len(viewers),
        "items": len(served),
        "recall_vectors": round(float(np.mean(found)), 5),
        "recall_popularity": round(float(np.mean(found_popular)), 5),
    }


def _most_positive(plan: TrainingPlan, item_id: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows of the items that most viewers had been positive about before the cut."""
    known = MappedTable(plan.vectors(HOLDOUT_BLOCK) / "positive_viewers.arrow")
    counts = known.array("viewers")[find_rows(known.array("item_id"), item_id)]
    return np.lexsort((item_id, -counts))[:DEPTH]
