"""The Dockerfile and its scripts, as far as they can be checked without a container engine."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from serving.settings_loading import SERVICES

REPOSITORY = Path(__file__).parents[2]
DOCKER = REPOSITORY / "deploy" / "docker"
LINES = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text()).splitlines()
IGNORED = (REPOSITORY / ".dockerignore").read_text().splitlines()
SENT = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")]


def is_sent(path: str) -> bool:
    """Whether it is part of the context that an engine builds from."""
    return any(fnmatch(path, pattern) or path.startswith(f"{pattern}/") for pattern in SENT)


def test_everything_else_stays_out():
    assert next(line for line in IGNORED if not line.startswith("#")) == "*"
    assert not is_sent("tests/deploy/test_image.py")
    assert not is_sent(".git/config")


def test_all_our_packages_are_sent():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.removesuffix("*") for package in packages} <= set(SENT)
    assert is_sent(project["project"]["readme"])


@pytest.mark.parametrize("lock", ["serve", "trace"])
def test_what_is_copied_is_there_and_sent(lock):
    for copied in instructions("COPY"):
        if copied.startswith("--from"):
            continue
        *sources, _ = copied.replace("${LOCK}", lock).split()
        for source in sources:
            assert (REPOSITORY / source).exists(), source
            assert source == "." or is_sent(source), source


def test_packages_come_from_locks_with_hashes_only():
    commands = [command.strip() for line in instructions("RUN") for command in line.split("&&")]
    installs = [command for command in commands if command.startswith("pip ")]
    assert len(installs) == 4
    assert all("--require-hashes" in line or line.endswith("--no-deps .") for line in installs)


def test_stages_are_built_from_stages_that_came_before():
    known = {"${PYTHON_IMAGE}"}
    for line in instructions("FROM"):
        image, *name = line.split(" AS ")
        assert image in known
        known.update(name)
    assert instructions("FROM")[-1] == "runtime"  # what is built where no target is named


def test_nothing_runs_as_root():
    [first, root, last] = instructions("USER")
    assert (first, root, last) == ("10001:10001", "root", "10001:10001")
    chart = (REPOSITORY / "deploy/helm/feedrank/templates/_pod.tpl").read_text()
    assert "runAsUser: 10001" in chart
    assert "SERVICE_USER:-10001" in (REPOSITORY / "deploy/compose/certificates.sh").read_text()


def test_ports_are_those_of_the_compose_file():
    compose = yaml.safe_load((REPOSITORY / "deploy/compose/compose.yaml").read_text())
    ports = {compose["x-settings"][f"FEEDRANK_{name}"] for name in ("PORT", "METRICS_PORT")}
    assert set(instructions("EXPOSE")[0].split()) == ports


def test_every_compiled_loop_is_compiled_into_the_image():
    written = {
        str(path.relative_to(REPOSITORY).with_suffix("")).replace("/", ".")
        for service in SERVICES
        for path in (REPOSITORY / service).rglob("*.py")
        if re.search(r"^@compiled\(", path.read_text(), re.MULTILINE)
    }
    assert len(written) > 3
    [imports] = re.findall(
        r"^import_all='(.*)'$", (DOCKER / "compile.sh").read_text(), re.MULTILINE
    )
    found = subprocess.run(
        [sys.executable, "-c", f"{imports}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        timeout=300,
    )
    assert written <= set(found.stdout.split())


def started(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the entry point makes of a command."""
    environment = {"PATH": os.environ["PATH"], "NUMBA_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(
        [DOCKER / "entrypoint.sh", *command],
        env=environment | {"COMPILED": str(folder / "compiled")} | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_start_has_the_loops_of_the_image_and_becomes_its_command(tmp_path):
    (tmp_path / "compiled" / "ranker").mkdir(parents=True)
    (tmp_path / "compiled" / "ranker" / "greedy.nbi").write_text("loop")
    done = started(tmp_path, "sh", "-c", 'echo "$1"; exit 3', "sh", "a b")
    assert (done.returncode, done.stdout, done.stderr) == (3, "a b\n", "")
    assert (tmp_path / "cache" / "ranker" / "greedy.nbi").read_text() == "loop"


def test_a_start_keeps_what_is_there(tmp_path):
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled" / "new").touch()
    (tmp_path / "cache").mkdir()
    assert started(tmp_path, "true").returncode == 0
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_start_without_room_says_so_and_goes_on(tmp_path):
    (tmp_path / "compiled").mkdir()
    done = started(tmp_path, "echo", "on", NUMBA_CACHE_DIR="/proc/none")
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert "this start compiles them" in done.stderr


@pytest.mark.parametrize(("target", "seen"), [("", "unset unset"), ("x86-64-v3", "x86-64-v3 ")])
def test_a_start_looks_for_loops_of_the_processor_that_the_image_is_for(tmp_path, target, seen):
    show = 'echo "${NUMBA_CPU_NAME-unset} ${NUMBA_CPU_FEATURES-unset}"'
    assert started(tmp_path, "sh", "-c", show, COMPILED_FOR=target).stdout == f"{seen}\n"


@pytest.mark.parametrize(
    "script", ["docker/entrypoint.sh", "docker/compile.sh", "compose/certificates.sh"]
)
def test_scripts_are_sound_and_may_be_run(script):
    path = REPOSITORY / "deploy" / script
    assert path.stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", path], check=True, timeout=60)
