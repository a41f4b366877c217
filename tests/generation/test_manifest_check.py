"""Whatever is in a manifest, it is refused by its own error or safe to compute with."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = write_tiny_generation(tmp_path_factory.mktemp("generations"))
    return asdict(Manifest.read(folder))


WRONG: list[tuple[str, object]] = [
    ("shard_count", 0),
    ("shard_count", 1e3),
    ("shard_count", True),
    ("shard_count", 10**9),
    ("embedding_dim", "64"),
    ("data_time_ms", 2**63),
    ("largest_norm", float("nan")),
    ("fold_in_alpha", -1),
    ("clock", "sun"),
    ("authors_are_viewers", 1),
    ("bus_offsets", {"actions": [1, 2]}),
    ("bus_offsets", {"actions": {"-1": 2}}),
    ("bus_positions", {"bus": {"actions": {"0": None}}}),
    ("files", []),
    ("files", {"a": {"sha256": "", "bytes": 1}}),
    ("files", {"a": {"sha256": "", "bytes": -1, "rows": 0}}),
    ("files", {"a\0b": {"sha256": "", "bytes": 1, "rows": 0}}),
    ("files", {"\ud800": {"sha256": "", "bytes": 1, "rows": 0}}),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_field_that_is_wrong_is_named(contents, name, value):
    raw = json.dumps({**contents, name: value}).encode()
    with pytest.raises(InvalidGenerationError, match=f"{name} is "):
        Manifest.parse(raw, Path(layout.MANIFEST))


@pytest.mark.parametrize("raw", [b"", b"7", b"[]", b"[" * 100_000, b'{"files": {}}', b"\xff"])
def test_what_is_no_manifest_is_refused(raw):
    with pytest.raises(InvalidGenerationError, match="is not a manifest"):
        Manifest.parse(raw, Path(layout.MANIFEST))
