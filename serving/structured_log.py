"""Logs as one JSON object per line, each carrying the id of the request it belongs to.

A person at a terminal gets coloured columns instead. Hot paths log failures, never successes.
"""

import logging
import sys
from typing import TextIO

import structlog

from serving.lossy_stream import LossyStream


def configure_logging(level: str, service: str, stream: TextIO | None = None) -> None:
    """Set up logging of this process; called once, in `main`.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        service: Name on every line.
        stream: Where lines go, standard error unless given.
    """
    lines: TextIO = LossyStream(stream or sys.stderr)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    readable: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer()]
    machine: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    final = readable if lines.isatty() else machine
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    # Libraries log through the standard module: their lines take the same way out.
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
