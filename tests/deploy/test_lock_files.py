import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIREMENTS = REPOSITORY / "requirements"
LOCK_FILES = ["backend", "serve", "trace", "local", "build", "dev", "audit"]


def lock(name: str) -> str:
    return (REQUIREMENTS / f"{name}.txt").read_text()


def versions(name: str) -> set[str]:
    """Every `package==version ; marker` of a lock file."""
    return {line.rstrip(" \\") for line in lock(name).splitlines() if re.match(r"\w", line)}


def packages(name: str) -> set[str]:
    return {version.split("==")[0] for version in versions(name)}


@pytest.mark.parametrize("name", LOCK_FILES)
def test_every_package_has_one_version_and_hashes(name: str) -> None:
    for entry in re.split(r"\n(?=\w)", lock(name).strip()):
        assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("name", LOCK_FILES)
def test_no_lock_names_an_address(name: str) -> None:
    assert "://" not in lock(name)
    assert "--index" not in lock(name)


@pytest.mark.parametrize("name", ["backend", "serve", "trace", "local", "build"])
def test_all_locks_agree_on_versions(name: str) -> None:
    assert versions(name) <= versions("dev")


def test_serving_needs_neither_spark_nor_training() -> None:
    assert packages("serve").isdisjoint(
        {"pyspark", "pandas", "jax", "scikit-learn", "duckdb", "onnx"}
    )


def test_a_machine_without_java_gets_no_spark() -> None:
    assert "pyspark" not in packages("local")
    assert "pyspark==4.3.0" in versions("build")


def test_the_locks_hold_every_package_the_project_names() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for name, wanted in {
        "serve": project["dependencies"],
        "trace": extras["trace"],
        "local": extras["local"],
        "build": extras["build"],
        "dev": extras["dev"],
    }.items():
        names = {re.split(r"[\[<>=~! ]", one)[0] for one in wanted} - {"feedrank"}
        assert names <= packages(name), f"run `make lock`: {names - packages(name)}"
