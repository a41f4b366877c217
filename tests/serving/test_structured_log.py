import contextvars
import json
import logging
import re
from io import StringIO

import pytest
import structlog

from serving.request_id import METADATA_KEY, bind_request_id
from serving.structured_log import configure_logging


def lines_of(stream: StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_service_and_request(stream):
    configure_logging("info", "ranker", stream)
    bind_request_id([(METADATA_KEY, "r-1")])
    structlog.get_logger().info("loaded", rows=3)
    [line] = lines_of(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "loaded",
        "level": "info",
        "rows": 3,
        "service": "ranker",
        "request_id": "r-1",
    }


def test_libraries_log_in_the_same_form(stream):
    configure_logging("info", "ranker", stream)
    logging.getLogger("aiokafka").warning("lost %s", "broker")
    [line] = lines_of(stream)
    assert (line["event"], line["level"], line["service"]) == ("lost broker", "warning", "ranker")


def test_an_error_carries_its_traceback_on_the_same_line(stream):
    configure_logging("info", "ranker", stream)
    try:
        raise OSError("disk full")
    except OSError:
        structlog.get_logger().exception("not written")
    [line] = lines_of(stream)
    assert "OSError: disk full" in line["exception"]


def test_less_than_the_level_is_not_written(stream):
    configure_logging("warning", "ranker", stream)
    structlog.get_logger().info("loaded")
    logging.getLogger("aiokafka").info("connected")
    assert lines_of(stream) == []


def test_a_request_without_an_id_gets_one_of_its_own(stream):
    configure_logging("info", "ranker", stream)
    for _ in range(2):
        bind_request_id([])
        structlog.get_logger().info("asked")
    first, second = (line["request_id"] for line in lines_of(stream))
    assert first != second
    assert len(first) == 32


@pytest.mark.parametrize("sent", ["", "x" * 65, 'a"b', "a b", "a\x7f", "ä", "<script>"])
def test_an_id_that_is_not_safe_to_write_is_replaced(stream, sent):
    configure_logging("info", "ranker", stream)
    bind_request_id([(METADATA_KEY, sent)])
    structlog.get_logger().info("asked")
    [line] = lines_of(stream)
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])


def test_ids_of_usual_forms_are_kept(stream):
    configure_logging("info", "ranker", stream)
    sent = ["x" * 64, "550e8400-e29b-41d4-a716-446655440000", "1-58406520:a006649127e371903a2de979"]
    for one in sent:
        bind_request_id([(METADATA_KEY, one)])
        structlog.get_logger().info("asked")
    assert [line["request_id"] for line in lines_of(stream)] == sent


def test_lines_of_tasks_that_belong_to_no_request_have_the_service_too(stream):
    configure_logging("info", "ranker", stream)
    bind_request_id([(METADATA_KEY, "r-1")])
    contextvars.Context().run(structlog.get_logger().info, "synced")
    [line] = lines_of(stream)
    assert line["service"] == "ranker"
    assert "request_id" not in line
