"""Fuzzes one target in this process, which ends with it; started by `python -m tests.fuzz`."""

import logging
import os
import sys
from pathlib import Path

import atheris
import structlog

OURS = (
    "tables", "generation", "features", "serving", "candidate_gen", "social_graph", "ann_shards",
    "ranker", "feed_assembly", "feedrank",
)  # fmt: skip


def compiled_modules() -> list[str]:
    """Modules with compiled loops, which cannot be instrumented."""
    root = Path(__file__).parents[2]
    paths = [path for package in OURS for path in (root / package).rglob("*.py")]
    return [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in paths
        if "numba" in path.read_text() or "generation.compiled import" in path.read_text()
    ]


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    name, seeded, found, *options = sys.argv[1:]
    with atheris.instrument_imports(include=list(OURS), exclude=compiled_modules()):
        from tests.fuzz.target import target_named

        target = target_named(name)
        if seeded:
            for number, seed in enumerate(target.seeds()):
                (Path(found) / f"seed-{number}").write_bytes(seed)
        with target.opened() as attempt:
            atheris.Setup([sys.argv[0], found, *options], attempt)
            atheris.Fuzz()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
