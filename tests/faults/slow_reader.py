"""A caller that asks and never reads: HTTP/2 by hand, as no gRPC library lets one be that rude."""

import socket
import struct
from contextlib import ExitStack, suppress

from protos import feed_pb2

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 0x1, 0x4
FRAME_HEADER_BYTES = 9
INITIAL_WINDOW_SIZE = 4
METHOD = "/feedrank.v1.FeedService/GetFeed"
CONNECT_S = 30.0


def ask_without_reading(
    stack: ExitStack, host: str, port: int, viewers: list[int]
) -> socket.socket:
    """Open one connection, ask for a feed of each viewer, and allow no byte of any answer.

    Args:
        stack: Closes the connection.
    """
    connection = stack.enter_context(socket.create_connection((host, port), CONNECT_S))
    no_window = struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)
    connection.sendall(PREFACE + _frame(SETTINGS, 0, 0, no_window))
    for number, viewer in enumerate(viewers):
        stream = 2 * number + 1
        asked = feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=50).SerializeToString()
        message = struct.pack(">BI", 0, len(asked)) + asked
        connection.sendall(
            _frame(HEADERS, END_HEADERS, stream, _headers(f"{host}:{port}"))
            + _frame(DATA, END_STREAM, stream, message)
        )
    return connection


def begun_answers(connection: socket.socket) -> tuple[int, int]:
    """How many calls the server has begun to answer, and how many bytes of answers it has sent."""
    connection.setblocking(False)
    received = b""
    with suppress(BlockingIOError):
        while more := connection.recv(1 << 20):
            received += more
    streams: set[int] = set()
    at = sent_bytes = 0
    while at + FRAME_HEADER_BYTES <= len(received):
        size = int.from_bytes(received[at : at + 3], "big")
        kind, _, stream = struct.unpack_from(">BBI", received, at + 3)
        if kind == HEADERS:
            streams.add(stream)
        if kind == DATA:
            sent_bytes += size
        at += FRAME_HEADER_BYTES + size
    return len(streams), sent_bytes


def _headers(authority: str) -> bytes:
    """Every header as a literal without index, the plainest form there is."""
    pairs = {
        ":method": "POST",
        ":scheme": "http",
        ":path": METHOD,
        ":authority": authority,
        "content-type": "application/grpc",
        "te": "trailers",
        "grpc-timeout": "60S",
    }
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in pairs.items()
    )


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload
