"""Logs as one JSON object per line, each carrying the id of the request it belongs to.

A person at a terminal gets coloured columns instead. Hot paths log failures, never successes.
"""

import logging
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import structlog

from serving.log_scrubber import LogScrubber
from serving.lossy_stream import LossyStream


def configure_logging(
    level: str,
    service: str,
    stream: TextIO | None = None,
    folders: Mapping[Path, str] | None = None,
) -> None:
    """Set up logging of this process; called once, in `main`.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        service: Name on every line.
        stream: Where lines go, standard error unless given.
        folders: Paths that no line shows, and the names shown instead.
    """
    lines: TextIO = LossyStream(stream or sys.stderr)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        partial(_named, service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Other formatters of exceptions show the values of variables, too.
    readable: list[structlog.typing.Processor] = [
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    ]
    machine: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    scrub: Any = LogScrubber(folders or {})
    final = [*(readable if lines.isatty() else machine), scrub]
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    # Libraries log through the standard module: their lines take the same way out.
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _named(
    service: str, _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """In no context variable: tasks that belong to no request have none."""
    line["service"] = service
    return line
