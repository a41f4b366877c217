"""The manifest of a finished build."""

from features.matrix import feature_schema
from generation import layout
from generation.file_hashes import file_sha256
from generation.item_columns import CANDIDATE_SCHEMA
from generation.manifest import Manifest, entries_of
from spark_jobs.build_context import BuildContext
from spark_jobs.engine import Receipt
from spark_jobs.vector_fit import AlsSettings

BUILDER_VERSION = "1"
"""Raised when a build of the same data would give other artefacts."""


def make_manifest(
    context: BuildContext, settings: AlsSettings, receipts: list[Receipt], built_ms: int
) -> Manifest:
    """Describe `context.workplace.output`, which is complete but for its manifest."""
    facts, output = context.facts, context.workplace.output
    rows: dict[str, int] = {}
    for receipt in receipts:
        rows |= receipt.get("rows", {})
    vectors = file_sha256(output / layout.VECTORS_ITEMS)[:12]
    return Manifest(
        data_time_ms=facts.data_time_ms,
        clock=context.dataset.info.clock,
        authors_are_viewers=facts.authors_are_viewers,
        has_impressions=facts.has_impressions,
        shard_count=facts.shards,
        embedding_dim=settings.dim,
        embedding_version=f"als-{settings.dim}-{vectors}",
        fold_in_alpha=settings.alpha,
        fold_in_regularization=settings.regularization,
        item_schema=CANDIDATE_SCHEMA,
        feature_schema=feature_schema(),
        largest_norm=max((r["largest_norm"] for r in receipts if "largest_norm" in r), default=0.0),
        bus_offsets=facts.bus_offsets,
        bus_positions=facts.bus_positions,
        quality=_quality(receipts),
        builder_version=BUILDER_VERSION,
        built_ms=built_ms,
        files=entries_of(output, rows),
    )


def _quality(receipts: list[Receipt]) -> dict[str, float]:
    def total(name: str) -> float:
        return float(sum(receipt.get(name, 0) for receipt in receipts))

    figures: dict[str, float] = {}
    for receipt in receipts:
        figures |= receipt.get("quality", {})
    return figures | {
        "ann_recall_at_100": min((r["recall"] for r in receipts if "recall" in r), default=1.0),
        "items_with_vector": total("vectors"),
        "repeated_actions": total("repeats"),
        "actions_on_unknown_items": total("unknown_items"),
    }
