from pathlib import Path

import pytest

from feedrank.main import main
from generation import layout
from generation.publish import current
from tests.generation.tiny_generation import write_tiny_generation


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    code = ended.value.code or 0
    assert isinstance(code, int)
    return code


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A generation that another one has taken the place of, which is not there any more."""
    folder = write_tiny_generation(tmp_path)
    (tmp_path / layout.CURRENT).write_text("newer\n")
    return folder


def test_another_generation_is_put_into_service(older, capsys):
    assert run("generations", "use", older.name, "--generations", older.parent) == 0
    assert current(older.parent) == older
    assert "in service" in capsys.readouterr().out


def test_a_damaged_one_is_not(older, capsys):
    (older / layout.VOCABULARY).chmod(0o644)
    (older / layout.VOCABULARY).write_text("damaged")
    assert run("generations", "use", older.name, "--generations", older.parent) == 1
    assert layout.VOCABULARY in capsys.readouterr().err
    assert (older.parent / layout.CURRENT).read_text() == "newer\n"


def test_one_that_is_not_there_is_told(older, capsys):
    assert run("generations", "use", "none", "--generations", older.parent) == 1
    assert capsys.readouterr().err.startswith("error: ")
