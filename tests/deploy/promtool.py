"""Where promtool and Prometheus are; a test that misses one is skipped, and fails with CI set."""

import shutil

from tests.real.fixtures import require


def promtool() -> str:
    return _found("promtool")


def prometheus() -> str:
    return _found("prometheus")


def _found(name: str) -> str:
    path = shutil.which(name)
    require(None if path else f"{name} is not installed: run deploy/real/install.sh")
    assert path is not None
    return path
