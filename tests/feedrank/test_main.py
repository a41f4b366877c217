"""How the command is started and how mistakes of a person are told."""

import subprocess
import sys

import pytest

from feedrank.main import main

NOT_FOR_SERVING = "duckdb implicit sklearn scipy jax optax onnx pyspark pandas"


def run_without_extras(code: str) -> "subprocess.CompletedProcess[str]":
    """Run Python where the packages of all extras are missing."""
    missing = f"import sys; sys.modules.update(dict.fromkeys({NOT_FOR_SERVING.split()}))"
    return subprocess.run(
        [sys.executable, "-c", f"{missing}\n{code}"], capture_output=True, text=True, check=False
    )


def told(capsys, *arguments: str) -> tuple[int, list[str]]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err.splitlines()


def test_the_base_installation_has_every_server_and_the_command():
    services = ("ann_shards", "candidate_gen", "feed_assembly", "ranker", "social_graph")
    imports = ", ".join(["feedrank.main", "feedrank.stack", *(f"{name}.main" for name in services)])
    done = run_without_extras(f"import {imports}")
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_verb_that_needs_an_extra_names_it(tmp_path):
    words = ["import", "canonical", str(tmp_path), "--out", str(tmp_path / "data")]
    done = run_without_extras(f"from feedrank.main import main; main({words})")
    assert done.returncode == 1
    assert "duckdb is not installed here" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["feed"], "--viewer"),
        (["feed", "--viewer", "-7"], "greater than or equal to 0"),
        (["feed", "--viewer", "7", "--size", "51"], "less than or equal to 50"),
        (["feed", "--viewer", "7", "--sze", "5"], "--size"),
        (["rank"], "rank"),
        (["generations"], "Missing command"),
        (["export", "--data", "data"], "need exactly one"),
        (["act", "--viewer", "7", "--item", "1", "--action", "lick"], "need one of"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, arguments, expected):
    exit_code, lines = told(capsys, *arguments)
    assert exit_code == 2
    [line] = lines
    assert line.startswith("error: ")
    assert expected in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["generations", "verify", "--generations", "{}"],
        ["up", "--generations", "{}", "--home", "{}/home"],
    ],
)
def test_a_folder_without_a_generation_is_told_in_one_line(capsys, tmp_path, arguments):
    exit_code, lines = told(capsys, *(word.format(tmp_path) for word in arguments))
    assert exit_code == 1
    assert lines == [f"error: {tmp_path}/CURRENT is missing: build a generation first"]


def test_a_server_that_cannot_start_says_why_in_one_line(tmp_path):
    words = ["serve", "--generations", str(tmp_path), "--home", str(tmp_path / "home")]
    done = run_without_extras(f"from feedrank.main import main; main({words})")
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path}/CURRENT is missing: build a generation first\n"


def test_without_arguments_it_helps(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert "doctor" in capsys.readouterr().out
