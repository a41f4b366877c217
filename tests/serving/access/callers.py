"""Callers as gRPC shows them to a gate."""

from dataclasses import dataclass

from serving.gate import Call

GET_FEED = "/feedrank.v1.FeedService/GetFeed"
RANK = "/feedrank.v1.RankerService/Rank"


@dataclass(frozen=True)
class Shown:
    """What a call shows: names in its certificate and metadata."""

    names: tuple[bytes, ...] | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    def peer_identities(self) -> tuple[bytes, ...] | None:
        return self.names

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self.metadata


def a_call(
    method: str = GET_FEED, names: tuple[bytes, ...] | None = None, token: str | None = None
) -> Call:
    metadata = () if token is None else (("authorization", f"Bearer {token}"),)
    return Call(method, Shown(names, metadata))
