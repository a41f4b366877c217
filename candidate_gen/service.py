"""Opens the candidate pipeline for the generation in service."""

from collections.abc import Mapping
from pathlib import Path

from candidate_gen.neighbours import Neighbours
from candidate_gen.pipeline import CandidatePipeline
from candidate_gen.query_building import QueryRules
from generation import layout
from generation.item_columns import CANDIDATE_SCHEMA
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.vocabulary import Vocabulary
from serving.metrics_recorder import Metrics

NO_AGE_LIMIT: Mapping[str, int] = {}


def open_candidate_gen(
    folder: Path,
    manifest: Manifest,
    neighbours: Neighbours,
    metrics: Metrics,
    max_age_ms: Mapping[str, int] = NO_AGE_LIMIT,
) -> CandidatePipeline:
    """Check and read what of a generation the pipeline itself needs: its vocabulary.

    Args:
        folder: The generation's folder; `manifest` is its own.
        neighbours: Clients, local or remote, for the same generation.
        max_age_ms: Oldest item per surface name; surfaces without an entry have no limit.

    Raises:
        InvalidGenerationError: the vocabulary is missing or damaged, or items have other columns.
    """
    verify(folder, manifest, lambda name: name == layout.VOCABULARY)
    if manifest.item_schema != CANDIDATE_SCHEMA:
        raise InvalidGenerationError(
            f"{folder} has item columns {manifest.item_schema}, this code reads {CANDIDATE_SCHEMA}"
        )
    rules = QueryRules(
        vocabulary=Vocabulary.read(folder / layout.VOCABULARY),
        authors_are_viewers=manifest.authors_are_viewers,
        max_age_ms=max_age_ms,
    )
    return CandidatePipeline(manifest.name, manifest.shard_count, neighbours, rules, metrics)
