"""deploy/real/install.sh on machines that lack things, each played by a PATH of a few commands."""

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "deploy" / "real" / "install.sh"
PLAIN_COMMANDS = ["bash", "dirname", "sed", "head", "sha256sum", "mktemp", "mkdir", "rm", "mv"]


class Machine:
    """A machine whose PATH holds plain commands, and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self._commands = folder / "bin"
        self._commands.mkdir()
        self.kafka_home = folder / "kafka"
        for name in PLAIN_COMMANDS:
            found = shutil.which(name)
            assert found, f"this test needs {name}"
            (self._commands / name).symlink_to(found)

    def has(self, name: str, script: str) -> None:
        command = self._commands / name
        # What is there may be a link to this machine's own command: never write through it.
        command.unlink(missing_ok=True)
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)

    def install(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script as whatever user `id` says."""
        return subprocess.run(
            [SCRIPT],
            env={
                "PATH": str(self._commands),
                "HOME": str(self.kafka_home.parent),
                "VENV": str(self.kafka_home.parent / "no-venv"),
                "FEEDRANK_KAFKA_HOME": str(self.kafka_home),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    bare = Machine(tmp_path)
    bare.has("id", "echo 1000")
    return bare


def give_it_java(machine: Machine, version: str) -> None:
    machine.has("java", f"echo 'openjdk version \"{version}\" 2025-01-01' >&2")


def test_names_everything_a_bare_machine_lacks_and_lets_the_rest_go_on(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 0
    assert "missing: a JDK, 17 or newer: apt-get install openjdk-17-jdk-headless" in done.stderr
    assert "missing: redis-server: apt-get install redis-server" in done.stderr
    assert "missing: prometheus and promtool" in done.stderr
    assert "missing: Kafka's jars" in done.stderr
    assert "optional, not there: ghz" in done.stdout


def test_what_is_missing_fails_in_ci(machine: Machine) -> None:
    assert machine.install(CI="true").returncode == 1


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [("1.8.0_402", False), ("11.0.2", False), ("17.0.1", True), ("21", True)],
)
def test_takes_java_from_17_on(machine: Machine, version: str, is_enough: bool) -> None:
    give_it_java(machine, version)
    assert ("a JDK, 17 or newer" not in machine.install().stderr) == is_enough


def test_never_installs_packages_as_another_user_than_root(machine: Machine) -> None:
    machine.has("apt-get", "echo apt-get was called; exit 1")
    done = machine.install()
    assert done.returncode == 0
    assert "apt-get was called" not in done.stdout + done.stderr


def test_prints_each_command_before_root_runs_it(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("env", 'exec /usr/bin/env "$@"')
    machine.has("apt-get", 'echo "apt-get got: $*" >&2')
    lines = machine.install().stderr.splitlines()
    assert lines[:2] == ["+ apt-get update -qq", "apt-get got: update -qq"]
    assert lines[2].startswith("+ env ")
    assert lines[2].endswith("openjdk-17-jdk-headless redis-server prometheus")
    assert lines[3].startswith("apt-get got: install -y")


def test_throws_jars_away_that_are_not_the_ones_listed(machine: Machine) -> None:
    give_it_java(machine, "17.0.1")
    # `-DoutputDirectory=FOLDER` is the last argument.
    machine.has(
        "mvn",
        """for last; do :; done
        folder=${last#-DoutputDirectory=}
        mkdir -p "$folder"
        echo forged > "$folder/kafka_2.13-4.1.0.jar" """,
    )
    done = machine.install()
    assert "does not match kafka-jars.sha256 and was thrown away" in done.stderr
    assert list(machine.kafka_home.iterdir()) == []


def test_leaves_a_changed_kafka_alone_and_says_so(machine: Machine) -> None:
    give_it_java(machine, "17.0.1")
    jar = machine.kafka_home / "libs" / "kafka_2.13-4.1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_text("changed")
    done = machine.install()
    assert f"{jar.parent} does not match kafka-jars.sha256" in done.stderr
    assert jar.read_text() == "changed"


def test_needs_nothing_where_everything_is_there(machine: Machine) -> None:
    give_it_java(machine, "17.0.1")
    for name in ("redis-server", "prometheus", "promtool", "ghz"):
        machine.has(name, "exit 0")
    machine.has("sha256sum", "exit 0")
    (machine.kafka_home / "libs").mkdir(parents=True)
    done = machine.install(CI="true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
