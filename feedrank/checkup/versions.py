"""Whether Python and the packages are there that serving and building need."""

import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from feedrank.checkup.finding import Finding, Verdict

OLDEST_PYTHON = (3, 11)

SERVING = (
    "grpcio",
    "protobuf",
    "faiss-cpu",
    "onnxruntime",
    "rocksdict",
    "redis",
    "hiredis",
    "aiokafka",
    "numpy",
    "pyarrow",
    "pydantic-settings",
)
"""What the heart of serving is made of; the rest comes with these or is seen at once."""
BUILDING = ("duckdb", "implicit", "scikit-learn", "jax", "optax", "onnx")
SPARK = ("pyspark", "pandas")


def check_versions() -> list[Finding]:
    return [
        python_finding(sys.version_info[:3]),
        packages_finding(
            "packages for serving", SERVING, "pip install feedrank", is_optional=False
        ),
        packages_finding("packages for building", BUILDING, "pip install 'feedrank[local]'"),
        packages_finding("packages for Spark", SPARK, "pip install 'feedrank[build]'"),
    ]


def python_finding(running: tuple[int, int, int]) -> Finding:
    found = ".".join(map(str, running))
    if running[:2] >= OLDEST_PYTHON:
        return Finding("Python", "good", found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", "bad", found, f"use Python {oldest} or newer")


def packages_finding(
    subject: str, names: Iterable[str], install: str, *, is_optional: bool = True
) -> Finding:
    """Which of some packages are installed, with versions."""
    installed, missing = [], []
    for name in names:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if not missing:
        return Finding(subject, "good", ", ".join(installed))
    verdict: Verdict = "optional" if is_optional else "bad"
    return Finding(subject, verdict, f"missing: {', '.join(missing)}", install)
