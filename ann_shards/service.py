"""Opens the shards that a process serves."""

from collections.abc import Sequence
from pathlib import Path

from ann_shards.shard import open_shard
from ann_shards.shard_streams import ShardStreams
from ann_shards.shards import Shards
from generation import layout
from generation.item_columns import CANDIDATE_SCHEMA
from generation.manifest import InvalidGenerationError, Manifest, verify_files
from generation.vocabulary import Vocabulary
from serving.bus.bus import Bus
from serving.clock import Clock
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor


def open_shards(
    generation_folder: Path,
    manifest: Manifest,
    shard_numbers: Sequence[int],
    bus: Bus,
    clock: Clock,
    metrics: Metrics,
    executor: NativeExecutor | None = None,
) -> Shards:
    """Verify and map some shards of a generation; `start` makes them follow the bus.

    Reads every byte of their files once, so call it from a thread where a loop is running.

    Raises:
        InvalidGenerationError: a file is missing, damaged or of another version; names it.
        ValueError: no shard, or one that the generation does not have.
    """
    wrong = [number for number in shard_numbers if not 0 <= number < manifest.shard_count]
    if wrong or not shard_numbers:
        raise ValueError(f"shards {wrong or 'none'}, the generation has {manifest.shard_count}")
    if manifest.item_schema != CANDIDATE_SCHEMA:
        raise InvalidGenerationError(
            f"{generation_folder} has items of schema {manifest.item_schema}, "
            f"this code reads {CANDIDATE_SCHEMA}"
        )
    folders = {number: layout.SHARD.format(shard=number) for number in shard_numbers}
    files = [f"{folder}/{name}" for folder in folders.values() for name in layout.SHARD_FILES]
    verify_files(generation_folder, manifest, [layout.VOCABULARY, *files])
    vocabulary = Vocabulary.read(generation_folder / layout.VOCABULARY)
    shards = [
        open_shard(generation_folder / folder, number, manifest, vocabulary)
        for number, folder in folders.items()
    ]
    streams = ShardStreams(bus, {shard.number: shard for shard in shards}, manifest, clock, metrics)
    return Shards(manifest.name, shards, streams, executor)
