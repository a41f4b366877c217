"""The chart as helm renders it, kept in `rendered/` so that tests need no helm.

After a change of the chart: `python -m tests.deploy.helm` (needs helm 3). A hash of the chart is
kept with what was rendered from it: a chart that was changed and not rendered again fails.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "deploy" / "helm" / "feedrank"
HERE = Path(__file__).parent
RENDERED = HERE / "rendered"
VALUES = {"plain": None, "everything": HERE / "values" / "everything.yaml"}
KUBERNETES = "1.32"
RELEASE, NAMESPACE = "feedrank", "feeds"
HASH_LINE = "# of the chart with the hash "

Manifest = dict[str, Any]


def helm() -> str | None:
    """Where helm is, `None` if nowhere."""
    return shutil.which("helm")


def chart_hash() -> str:
    """Of everything that rendering depends on."""
    digest = hashlib.sha256()
    values = [path for path in VALUES.values() if path]
    # Rules and dashboard are links; neither set of values renders them.
    own = [path for path in CHART.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in sorted([*own, *values]):
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def render(name: str, *more: str) -> str:
    """What helm makes of one of `VALUES`."""
    path = VALUES[name]
    chosen = ["--values", str(path)] if path else []
    return run("template", RELEASE, str(CHART), *chosen, *more)


def run(*arguments: str) -> str:
    """Output of helm, which must succeed.

    Raises:
        ValueError: with helm's own words.
    """
    found = helm()
    assert found is not None
    more = ["--namespace", NAMESPACE, "--kube-version", f"{KUBERNETES}.0"]
    done = subprocess.run([found, *arguments, *more], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout


def rendered(name: str) -> str:
    """What was kept, without the line of its hash."""
    return (RENDERED / f"{name}.yaml").read_text().partition("\n")[2]


def kept_hash(name: str) -> str:
    """Hash of the chart that it was rendered from."""
    return (RENDERED / f"{name}.yaml").read_text().partition("\n")[0].removeprefix(HASH_LINE)


def manifests(text: str) -> list[Manifest]:
    """Every object in rendered text."""
    return [found for found in yaml.safe_load_all(text) if found]


if __name__ == "__main__":
    for each in VALUES:
        (RENDERED / f"{each}.yaml").write_text(f"{HASH_LINE}{chart_hash()}\n{render(each)}")
