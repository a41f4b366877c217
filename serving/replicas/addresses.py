"""Where the replicas of a neighbour are, as settings name them.

`host:1,host:2` lists replicas, `dns:///name:port` is a name whose every address is a replica, as a
headless service of Kubernetes has it; `ipv4:1.2.3.4:1,1.2.3.5:1` is gRPC's own way to write a list.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

DNS = "dns:///"
IPV4 = "ipv4:"
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Addresses:
    """Either `listed` replicas, or a `name` and `port` to look up again and again."""

    listed: tuple[str, ...] = ()
    name: str = ""
    port: str = ""


def parse_addresses(text: str) -> Addresses:
    """Read one setting.

    Raises:
        ValueError: says which part is no `host:port`, or is listed twice.
    """
    if text.startswith(DNS):
        name, port = _host_and_port(text.removeprefix(DNS))
        return Addresses(name=name, port=port)
    listed = tuple(part.strip() for part in text.removeprefix(IPV4).split(","))
    for part in listed:
        _host_and_port(part)
    if len(set(listed)) < len(listed):
        raise ValueError(f"{text!r} lists a replica twice")
    return Addresses(listed)


def _host_and_port(text: str) -> tuple[str, str]:
    host, separator, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port[:6]) <= MAX_PORT
    if not host or not separator or not is_port or set(host) & set("/,"):
        raise ValueError(f"{text!r} is no host:port")
    return host, port


def _checked(text: str) -> str:
    parse_addresses(text)
    return text


ReplicaAddresses = Annotated[str, Field(min_length=1), AfterValidator(_checked)]
"""A setting that `parse_addresses` understands."""
