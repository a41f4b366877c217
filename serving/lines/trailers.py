"""Trailing metadata of an answer on a line."""

from collections.abc import Iterable, Sequence

import grpc

from protos import line_pb2 as pb

BINARY = "-bin"

Trailing = Sequence[tuple[str, str | bytes]]


def trailers_of(metadata: Trailing) -> list[pb.LineTrailer]:
    return [
        pb.LineTrailer(key=key, value=value if isinstance(value, bytes) else value.encode())
        for key, value in metadata
    ]


def metadata_of(trailers: Iterable[pb.LineTrailer]) -> grpc.aio.Metadata:
    return grpc.aio.Metadata(
        *(
            (each.key, each.value if each.key.endswith(BINARY) else each.value.decode("utf-8"))
            for each in trailers
        )
    )
