"""The commands of docs/deploying.md are understood, and what it names is there."""

import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from feedrank.main import app
from tests.deploy import helm
from tests.deploy.command_lines import check_command

REPOSITORY = Path(__file__).parents[2]
GUIDE = (REPOSITORY / "docs" / "deploying.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
SPANS = re.findall(r"`((?:feedrank|docker|DATA=)[^`]+)`", GUIDE)
LINES = [
    shlex.split(line, comments=True)
    for text in [*BLOCKS, *SPANS]
    for line in text.replace("\\\n", " ").splitlines()
]
VERBS = set(typer.main.get_command(app).commands)
COMPOSE = yaml.safe_load((REPOSITORY / "deploy" / "compose" / "compose.yaml").read_text())


def beginning(*words: str) -> list[list[str]]:
    """What follows these words, wherever a line has them."""
    return [
        line[at + len(words) :]
        for line in LINES
        for at in range(len(line))
        if tuple(line[at : at + len(words)]) == words
    ]


def test_commands_of_ours_are_understood(tmp_path):
    certificate = tmp_path / "tls.crt"
    certificate.touch()
    told = [words for words in beginning("feedrank") if len(words) > 1 and words[0] in VERBS]
    run = beginning("run", "--rm", "operator")
    assert (len(told), len(run)) == (2, 2)
    for words in [*told, *run]:
        # Files of the container are not here, and these must exist.
        check_command([str(certificate) if word.startswith("/tls/") else word for word in words])


def test_services_that_are_run_by_name_are_in_the_compose_file():
    names = {words[0] for words in beginning("run", "--rm")}
    assert names == {"operator", "build"}
    assert names <= set(COMPOSE["services"])


def test_variables_for_compose_are_read_by_it():
    compose = (REPOSITORY / "deploy" / "compose" / "compose.yaml").read_text()
    for name in re.findall(r"\b(GENERATIONS|DATA|BUILD_USER|IMAGE)=", GUIDE):
        assert f"${{{name}:-" in compose


def test_arguments_and_targets_of_the_image_are_in_its_file():
    dockerfile = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text()
    for name in re.findall(r"--build-arg ([A-Z_]+)=", GUIDE):
        assert re.search(rf"^ARG {name}\b", dockerfile, re.MULTILINE), name
    for name in re.findall(r"--target (\w+)", GUIDE):
        assert re.search(rf" AS {name}$", dockerfile, re.MULTILINE), name


def test_paths_that_are_named_are_there():
    linked = re.findall(r"\]\(([^)#]+)\)", GUIDE)
    named = re.findall(r"\b((?:deploy|tests|requirements)/[\w./-]*\w)", GUIDE)
    assert len(named) > 5
    for path in [*(f"docs/{each}" for each in linked), *named]:
        assert (REPOSITORY / path).exists(), path


def values() -> dict[str, Any]:
    return dict(yaml.safe_load((helm.CHART / "values.yaml").read_text()))


def test_the_example_of_values_is_one_that_the_chart_takes():
    [example] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    schema = yaml.safe_load((helm.CHART / "values.schema.json").read_text())
    jsonschema.validate(merged(values(), yaml.safe_load(example)), schema)


def merged(over: Any, own: Any) -> Any:
    """As helm puts values over defaults."""
    if not (isinstance(over, dict) and isinstance(own, dict)):
        return own
    return over | {name: merged(over.get(name), value) for name, value in own.items()}


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`([a-z][A-Za-z]+\.[A-Za-z.]+)[:`]", GUIDE)))
)
def test_values_that_are_named_are_values(path):
    at: Any = values()
    if re.search(r"\.(keys|yaml|crt|key|isr)$", path):
        return  # a file, or a setting of Kafka
    for name in path.split("."):
        assert name in at, path
        at = at[name]
