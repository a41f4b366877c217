"""Builds a generation: all jobs in order, from a data folder to a published folder.

Nothing is visible before everything is there: the jobs write under a working folder, and the last
step gives it its name. No rows come to the driver, only names of files, counts and names of codes.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from generation import layout
from generation.build_index import IndexKind
from generation.publish import publish
from spark_jobs.author_statistics import author_statistics
from spark_jobs.build_context import ROWS_PER_PARTITION, BuildContext, Facts, Workplace
from spark_jobs.content import content_authors, content_items
from spark_jobs.covered_positions import covered_positions
from spark_jobs.engine import Engine, Receipt, run_task
from spark_jobs.graph import build_graph
from spark_jobs.item_statistics import ACTION_COLUMNS, ACTION_ORDER, EVENT_ORDER, item_statistics
from spark_jobs.make_manifest import make_manifest
from spark_jobs.popular_floor import popular_floor
from spark_jobs.positives import write_positives
from spark_jobs.relations import gather_relations
from spark_jobs.served_vectors import served_vectors
from spark_jobs.shard_index import shard_index
from spark_jobs.shard_items import ITEM_ORDER, shard_items
from spark_jobs.survey import popularity_half_life_ms, survey, vocabulary_of
from spark_jobs.training.train import train_models
from spark_jobs.vector_fit import AlsSettings, VectorFit
from spark_jobs.viewer_base import join_viewer_base, viewer_base
from spark_jobs.working_folder import working_folder
from tables.dataset import Dataset

Train = Callable[[BuildContext, VectorFit, AlsSettings], list[Receipt]]
"""Trains models on what the jobs wrote, and adds them to the output."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done, 0 to 1."""

ITEM_COLUMNS = (
    "item_id", "author_id", "created_ms", "categories", "region", "language", "is_sensitive",
    "duration_ms", "title", "text", "media_url", "group_id", "visibility",
)  # fmt: skip
VIEWER_COLUMNS = ("viewer_id", "region", "language", "created_ms", "allow_sensitive")


def build_generation(
    data: Path,
    generations: Path,
    *,
    engine: Engine,
    fit: VectorFit,
    shards: int,
    seed: int,
    als: AlsSettings | None = None,
    force_index: IndexKind | None = None,
    train: Train = train_models,
    progress: Progress | None = None,
) -> Path:
    """Build and publish a generation.

    Args:
        data: A data folder, as an import makes it.
        generations: Where generations lie; it must be seen by all workers of `engine`.
        fit: The library that fits vectors.
        als: Settings of the vectors; `seed` replaces theirs.
        force_index: Build this kind of index whatever the size of a shard.
        train: What trains the models.

    Returns:
        The generation's folder. Building the same again gives the same name, and is harmless.

    Raises:
        DatasetError: `data` is no data folder.
        ValueError: `shards` is not positive, or an item occurs twice.
    """
    if shards < 1:
        raise ValueError(f"shards must be at least 1, got {shards}")
    report = progress or (lambda _what, _share: None)
    dataset = Dataset.open(data)
    with working_folder(generations) as folder:
        workplace = Workplace(folder / "generation", folder / "scratch")
        workplace.output.mkdir()
        workplace.scratch.mkdir()
        report("looking at the data", 0.0)
        facts = look_at(engine, dataset, shards, seed)
        context = BuildContext(dataset, engine, workplace, facts)
        settings = AlsSettings(seed=seed) if als is None else als
        receipts = _run(context, fit, settings, force_index, train, report)
        report("publishing", 0.97)
        manifest = make_manifest(context, settings, receipts, _now_ms())
        published = publish(workplace.output, generations, manifest)
    report("done", 1.0)
    return published


def look_at(engine: Engine, dataset: Dataset, shards: int, seed: int) -> Facts:
    """Survey the data and settle all that jobs need to know beforehand."""
    files = [path for table in ("items", "viewers", "actions") for path in dataset.files(table)]
    receipts = survey(engine, files)
    info = dataset.info
    data_time_ms = max(info.data_time_ms, *(receipt["latest_ms"] for receipt in receipts))
    actions = sum(sum(receipt["days"].values()) for receipt in receipts)
    unnamed, positions = covered_positions(dataset, receipts)
    return Facts(
        shards=shards,
        viewer_partitions=max(2, -(-actions // ROWS_PER_PARTITION)),
        seed=seed,
        authors_are_viewers=info.authors_are_viewers,
        has_impressions=info.has_impressions,
        data_time_ms=data_time_ms,
        popularity_half_life_ms=popularity_half_life_ms(receipts, data_time_ms),
        bus_offsets=unnamed,
        bus_positions=positions,
        vocabulary=vocabulary_of(receipts),
    )


def _run(
    context: BuildContext,
    fit: VectorFit,
    settings: AlsSettings,
    force_index: IndexKind | None,
    train: Train,
    report: Progress,
) -> list[Receipt]:
    engine, workplace, facts = context.engine, context.workplace, context.facts
    facts.vocabulary.write(workplace.output / layout.VOCABULARY)
    report("items and actions", 0.05)
    receipts = gather(context)
    report("vectors", 0.3)
    fit_vectors(context, fit, settings)
    report("viewers and graph", 0.5)
    per_viewer = partial(viewer_base, workplace, facts)
    engine.map(facts.viewer_partitions, per_viewer, describe="viewers")
    receipts += build_graph(context)
    report("shards", 0.55)
    receipts += engine.map(facts.shards, partial(shard_items, workplace, facts), describe="shards")
    indexes = partial(shard_index, workplace, facts, force_index)
    receipts += engine.map(facts.shards, indexes, describe="indexes")
    receipts += _join(context)
    report("training rows and models", 0.6)
    return receipts + train(context, fit, settings)


def gather(context: BuildContext) -> list[Receipt]:
    """Everything by item and by viewer."""
    engine, dataset = context.engine, context.dataset
    workplace, facts = context.workplace, context.facts
    engine.shuffle(
        dataset.table_folder("items"), workplace.items, key="item_id", partitions=facts.shards,
        order_by=ITEM_ORDER, columns=ITEM_COLUMNS,
    )  # fmt: skip
    engine.shuffle(
        dataset.table_folder("viewers"), workplace.viewers, key="viewer_id",
        partitions=facts.viewer_partitions, order_by=("viewer_id",), columns=VIEWER_COLUMNS,
    )  # fmt: skip
    engine.shuffle(
        dataset.table_folder("actions"), workplace.actions, key="item_id",
        partitions=facts.shards, order_by=ACTION_ORDER, columns=ACTION_COLUMNS,
    )  # fmt: skip
    gather_relations(engine, dataset, workplace, facts)
    receipts = engine.map(
        facts.shards, partial(item_statistics, workplace, facts), describe="item statistics"
    )
    engine.shuffle(
        workplace.events, workplace.histories, key="viewer_id",
        partitions=facts.viewer_partitions, order_by=EVENT_ORDER,
    )  # fmt: skip
    follows = partial(author_statistics, workplace, facts, dataset.files("follows"))
    return receipts + engine.map(1, follows, describe="author statistics")


def _join(context: BuildContext) -> list[Receipt]:
    """The artefacts that are one file over all shards or viewers, side by side."""
    workplace, facts, dataset = context.workplace, context.facts, context.dataset
    engine = context.engine
    viewers = engine.map(1, partial(join_viewer_base, workplace, facts), describe="viewers")
    tasks = [
        partial(served_vectors, workplace, facts),
        partial(popular_floor, workplace, facts),
        partial(content_items, workplace, facts),
        partial(content_authors, workplace, dataset.files("authors")),
    ]
    return viewers + engine.map(len(tasks), partial(run_task, tasks), describe="joint files")


def fit_vectors(context: BuildContext, fit: VectorFit, settings: AlsSettings) -> None:
    """Write the served vectors, fitted on everything there is, under `Workplace.vectors`."""
    positives = context.workplace.scratch / "positives"
    write_positives(context, positives)
    context.workplace.vectors.mkdir()
    fit.fit(positives, context.workplace.vectors, settings)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
