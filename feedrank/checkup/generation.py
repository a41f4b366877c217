"""Whether the generation in service is whole, and one that this release can serve."""

from pathlib import Path

from features.matrix import feature_schema
from feedrank.checkup.finding import Finding
from generation.item_columns import CANDIDATE_SCHEMA
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.publish import current

REBUILD = "run `feedrank build`"


def check_generation(generations: Path) -> list[Finding]:
    """Reads every file of the generation in service: seconds per gigabyte."""
    subject = "generation"
    if not generations.is_dir():
        found = f"{generations} is not a folder"
        return [Finding(subject, "bad", found, f"{REBUILD} or name another with --generations")]
    try:
        folder = current(generations)
        manifest = Manifest.read(folder)
        verify(folder, manifest)
    except InvalidGenerationError as error:
        return [Finding(subject, "bad", str(error), f"{REBUILD}: the damaged one is set aside")]
    size_bytes = sum(entry.bytes for entry in manifest.files.values())
    found = (
        f"{folder.name} is whole: {len(manifest.files)} files, {size_bytes / 2**20:,.1f} MiB, "
        f"{manifest.shard_count} shards"
    )
    return [Finding(subject, "good", found), schema_finding(manifest)]


def schema_finding(manifest: Manifest) -> Finding:
    """Whether item columns and features are those of this release."""
    wanted = {"items": CANDIDATE_SCHEMA, "features": feature_schema()}
    built = {"items": manifest.item_schema, "features": manifest.feature_schema}
    others = [name for name in wanted if built[name] != wanted[name]]
    if not others:
        return Finding("generation's schema", "good", "the one of this release")
    found = f"{' and '.join(others)} of another release ({manifest.builder_version})"
    return Finding("generation's schema", "bad", found, REBUILD)
