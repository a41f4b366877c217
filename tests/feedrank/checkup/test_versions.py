import re
import tomllib
from pathlib import Path

from feedrank.checkup.versions import (
    BUILDING,
    SERVING,
    SPARK,
    check_versions,
    packages_finding,
    python_finding,
)

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def declared(requirements: list[str]) -> set[str]:
    return {re.match(r"[a-z0-9-]+", line)[0] for line in requirements}


def test_looks_at_packages_that_the_project_declares():
    project = tomllib.loads(PROJECT.read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(SERVING) <= declared(project["dependencies"])
    assert set(BUILDING) <= declared(extras["local"])
    assert set(SPARK) <= declared(extras["build"])


def test_an_old_python_is_bad():
    assert python_finding((3, 10, 12)).verdict == "bad"
    assert python_finding((3, 11, 0)).verdict == "good"


def test_names_the_missing_packages_and_the_command_that_installs_them():
    finding = packages_finding("building", ("numpy", "no-such-package"), "pip install it")
    assert (finding.verdict, finding.advice) == ("optional", "pip install it")
    assert finding.found == "missing: no-such-package"


def test_what_serving_needs_is_not_optional():
    finding = packages_finding("serving", ("no-such-package",), "pip", is_optional=False)
    assert finding.verdict == "bad"


def test_here_serving_has_what_it_needs():
    assert [finding.verdict for finding in check_versions()][:2] == ["good", "good"]
