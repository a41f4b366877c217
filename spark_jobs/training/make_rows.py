"""All jobs that make training rows, in order: which, then facts of item, author and viewer.

Each step adds columns to the same rows and passes them on by another key, so no step holds more
than one partition: by viewer, by item, by author, and by viewer again.
"""

from functools import partial

from spark_jobs.build_context import BuildContext
from spark_jobs.positives import write_positives
from spark_jobs.training.author_facts import author_facts
from spark_jobs.training.block_vectors import block_vectors
from spark_jobs.training.item_facts import item_facts
from spark_jobs.training.negatives import PER_POSITIVE, write_catalogue
from spark_jobs.training.people import write_people
from spark_jobs.training.plan import CUT_SHARES, HOLDOUT_BLOCK, MAX_ROWS, TrainingPlan, cuts_of
from spark_jobs.training.rows import write_rows
from spark_jobs.training.samples import BUCKET_MS, SAMPLE_ORDER, count_rows, write_samples
from spark_jobs.vector_fit import AlsSettings, VectorFit


def plan_training(context: BuildContext, settings: AlsSettings) -> TrainingPlan:
    """Settle the cuts in time, and how many of the rows are kept."""
    facts = context.facts
    unsettled = TrainingPlan(
        context.workplace, facts, (), 1.0, settings.alpha, settings.regularization
    )
    receipts = context.engine.map(
        facts.viewer_partitions, partial(count_rows, unsettled), describe="rows by time"
    )
    hours: dict[int, int] = {}
    for receipt in receipts:
        for hour, rows in receipt["hours"].items():
            hours[hour] = hours.get(hour, 0) + rows
    per_row = 1 if facts.has_impressions else 1 + PER_POSITIVE
    expected = sum(hours.values()) * per_row * (1 - CUT_SHARES[0])
    kept_share = min(1.0, MAX_ROWS / expected) if expected else 1.0
    return TrainingPlan(
        context.workplace,
        facts,
        cuts_of(hours, BUCKET_MS),
        kept_share,
        settings.alpha,
        settings.regularization,
    )


def make_rows(
    context: BuildContext, plan: TrainingPlan, fit: VectorFit, settings: AlsSettings
) -> dict[str, int]:
    """Write `plan.rows`.

    Returns:
        Figures for the report: follows, and how many of them have no time.

    Raises:
        ValueError: there are no rows.
    """
    engine, facts = context.engine, context.facts
    for block in range(1, HOLDOUT_BLOCK + 1):
        write_positives(context, plan.positives(block), plan.cuts_ms[block - 1])
        plan.vectors(block).mkdir(parents=True)
        fit.fit(plan.positives(block), plan.vectors(block), settings)
    engine.map(HOLDOUT_BLOCK, partial(block_vectors, plan), describe="vectors of blocks")
    engine.map(1, partial(write_catalogue, plan), describe="catalogue")
    [people] = engine.map(1, partial(write_people, plan), describe="people")
    engine.map(facts.viewer_partitions, partial(write_samples, plan), describe="samples")
    _pass_on(context, plan, "samples", "samples_by_item", "item_id", facts.shards)
    engine.map(facts.shards, partial(item_facts, plan), describe="facts of items")
    _by_author(context, plan)
    _pass_on(context, plan, "item_facts", "item_facts_by_author", "author_id", facts.shards)
    engine.map(facts.shards, partial(author_facts, plan), describe="facts of authors")
    _pass_on(
        context, plan, "author_facts", "samples_with_facts", "viewer_id", facts.viewer_partitions
    )
    written = engine.map(
        facts.viewer_partitions, partial(write_rows, plan), describe="training rows"
    )
    if not any(receipt["training_rows"] for receipt in written):
        raise ValueError(
            "no training rows: the data has no impression or positive at a known time after the "
            "first 30 % of its rows"
        )
    return {name: int(value) for name, value in people.items()}


def _pass_on(
    context: BuildContext, plan: TrainingPlan, source: str, out: str, key: str, partitions: int
) -> None:
    context.engine.shuffle(
        plan.folder / source,
        plan.folder / out,
        key=key,
        partitions=partitions,
        order_by=SAMPLE_ORDER,
    )


def _by_author(context: BuildContext, plan: TrainingPlan) -> None:
    """What is said of authors, by author."""
    tables = {
        "items": (context.dataset.table_folder("items"), ("item_id", "author_id", "created_ms")),
        "follows": (
            context.dataset.table_folder("follows"),
            ("viewer_id", "author_id", "created_ms"),
        ),
        "events": (
            context.workplace.events,
            ("viewer_id", "author_id", "occurred_ms", "action", "is_approximate"),
        ),
    }
    for name, (source, columns) in tables.items():
        context.engine.shuffle(
            source,
            plan.folder / f"{name}_by_author",
            key="author_id",
            partitions=context.facts.shards,
            order_by=columns,
            columns=columns,
        )
