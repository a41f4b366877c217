import pytest

from feedrank.ignored_variables import warn_of_ignored_variables


def test_names_what_has_no_effect_and_what_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEEDRANK_LOG_LEVEL", "debug")
    monkeypatch.setenv("FEEDRANK_KAFKA_HOME", "/somewhere")
    warn_of_ignored_variables("feedrank up", "settings go into a file")
    said = capsys.readouterr().err
    assert "feedrank up does not read FEEDRANK_LOG_LEVEL; settings go into a file" in said
    assert "KAFKA_HOME" not in said


def test_says_nothing_where_there_is_nothing_to_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FEEDRANK_LOG_LEVEL", raising=False)
    warn_of_ignored_variables("feedrank up", "settings go into a file")
    assert "LOG_LEVEL" not in capsys.readouterr().err
