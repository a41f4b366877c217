import io

import structlog

from serving.lossy_stream import LossyStream
from serving.structured_log import configure_logging


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_text_is_passed_on():
    stream = io.StringIO()
    LossyStream(stream).write("line\n")
    assert stream.getvalue() == "line\n"


def test_a_log_that_cannot_be_written_fails_nobody():
    configure_logging("info", "test", FullDisk())
    try:
        structlog.get_logger().error("lost")
    finally:
        structlog.reset_defaults()
