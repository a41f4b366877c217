import pytest

from feedrank.main import main
from serving.effort.rung import Rung
from serving.switches.switch_file import SwitchFile


@pytest.fixture
def switch(tmp_path, capsys):
    """Runs the verb on a home of its own: exit code, what it printed, and the file after it."""

    def run(*words):
        with pytest.raises(SystemExit) as exit_:
            main(["switch", *words, "--home", str(tmp_path)])
        printed = capsys.readouterr()
        text = " ".join((printed.out + printed.err).split())
        return exit_.value.code or 0, text, SwitchFile.read(tmp_path / "switches.toml")

    return run


def test_switches_off_for_a_while_and_on_again(switch):
    code, printed, file = switch("off", "source:popular", "--for", "30m")
    assert code == 0
    assert "source:popular is off until" in printed
    assert file.off["source:popular"].until is not None
    assert switch("on", "source:popular")[2].off == {}


def test_holds_everybody_to_a_rung_and_lets_them_go(switch):
    assert switch("rung", "stored")[2].rung is Rung.STORED
    assert switch("rung", "full")[2].rung is Rung.FULL


def test_one_switch_leaves_the_others_as_they_are(switch):
    switch("off", "source:popular")
    switch("rung", "smaller_ranker")
    assert switch("off", "rule:likeness")[2].off.keys() == {"source:popular", "rule:likeness"}


def test_lists_what_there_is_and_what_is_off(switch):
    switch("off", "model:main_ranker")
    _, printed, _ = switch("list")
    assert "model:main_ranker OFF" in printed
    assert "filter:blocked on yes" in printed


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("off", "source:populr"), "source:popular"),
        (("on", "source:populr"), "source:popular"),
        (("off", "filter:blocked"), "needs `unsafe = true`"),
        (("rung", "attic"), "need one of full, fewer_probes"),
        (("off", "source:popular", "--for", "soon"), "need for example 90s, 30m or 2h"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(switch, words, problem):
    code, printed, file = switch(*words)
    assert (code, file) == (1, SwitchFile())
    assert problem in printed


def test_safety_is_switched_off_by_who_means_it(switch):
    assert switch("off", "filter:blocked", "--unsafe")[2].off["filter:blocked"].unsafe
