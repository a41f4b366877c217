"""No line shows folders of this machine, tokens, keys or passwords, wherever they come from."""

import json
import sys

import pytest
import structlog

from serving.log_scrubber import REMOVED, folders_of
from serving.structured_log import configure_logging
from tests.serving.echo_service import local_settings
from tests.serving.test_structured_log import lines_of

KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIM\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def log(stream, tmp_path):
    settings = local_settings(tmp_path / "generations", home=tmp_path / 'an "odd" höme')
    configure_logging("info", "ranker", stream, folders_of(settings))
    return structlog.get_logger()


def test_configured_folders_are_called_by_the_names_of_their_settings(log, stream, tmp_path):
    inside = tmp_path / "generations" / "20260101" / "items.arrow"
    log.error("cannot start", cause=f"{inside} is missing", at=[f'{tmp_path}/an "odd" höme/bus'])
    [line] = lines_of(stream)
    assert line["cause"] == "generations/20260101/items.arrow is missing"
    assert line["at"] == ["home/bus"]


def test_a_traceback_shows_files_from_here_on_and_no_values(log, stream):
    def fail(token: str) -> None:
        raise RuntimeError(f"out of luck, with {len(token)} characters")

    try:
        fail("hunter2" * 2)
    except RuntimeError:
        log.exception("unexpected error")
    text = stream.getvalue()
    assert 'File \\"./tests/serving/test_log_scrubber.py\\"' in text
    assert "out of luck, with 14 characters" in text
    assert "hunter2hunter2" not in text
    assert sys.prefix not in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("authorization: Bearer abc.def-123 then", f"authorization: Bearer {REMOVED} then"),
        ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln end", f"token {REMOVED} end"),
        ("redis://feed:pa55@host:6379/0 is away", f"redis://{REMOVED}@host:6379/0 is away"),
        ("kafkas://h:1?password=pa55&user=feed", f"kafkas://h:1?password={REMOVED}&user=feed"),
        ("kafkas://h:1?passwd=pa55&pwd=pa56", f"kafkas://h:1?passwd={REMOVED}&pwd={REMOVED}"),
        ("kafkas://feed:pa/5?5@h:1", f"kafkas://{REMOVED}@h:1"),
        ("kafkas://h:1?password_variable=HUNTER-2", f"kafkas://h:1?password_variable={REMOVED}"),
        ("kafkas://h:1?password_variable=PASSWORD_2", "kafkas://h:1?password_variable=PASSWORD_2"),
        ("bypass=3 of 4", "bypass=3 of 4"),
        ("kafkas://h:1?password_file=/p", "kafkas://h:1?password_file=/p"),
        ("redis://:pa55@host:6379/0", f"redis://{REMOVED}@host:6379/0"),
        ("redis://host:6379/0 and kafka://host:9092", "redis://host:6379/0 and kafka://host:9092"),
        (f"a key: {KEY}end", f"a key: {REMOVED}\nend"),
    ],
)
def test_what_proves_who_calls_is_removed(log, stream, text, left):
    log.warning("odd", cause=text)
    [line] = lines_of(stream)
    assert line["cause"] == left
    assert json.dumps(line)
