"""Reads a Kafka address: which servers, over what, and as whom.

`kafka://HOST:PORT[,HOST:PORT...]` is plain text, `kafkas://…` TLS. What follows a `?` are names of
files and of a variable, never a secret itself: addresses are seen in process lists and by `doctor`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
SCHEMES = ("kafka", "kafkas")
OPTIONS = (
    "authority",
    "certificate",
    "key",
    "user",
    "password_file",
    "password_variable",
    "mechanism",
)

SECRET_OPTIONS = ("user", "password_file", "password_variable")
"""Somebody may write the password itself there."""

BUS_FORMS = "neither log://DIRECTORY nor kafka[s]://HOST:PORT[,HOST:PORT...][?OPTION=VALUE&...]"

_SERVER = re.compile(r"[^\s/,:@]+:\d+|\[[0-9a-fA-F:]+\]:\d+")
_OPTION = re.compile(r"[a-z_]+")
_SCHEME = re.compile(r"[A-Za-z]+(?=://)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """One Kafka, and how it is spoken to.

    Attributes:
        servers: `host:port[,host:port...]`; where others are, these say.
        tls: Whether over TLS; certificates of servers must be for the host that is connected to.
        authority: PEM certificates that signed those of the servers; the system's where `None`.
        certificate, key: PEM of ours, for servers that ask who connects; both or none.
        user: Who logs in over SASL; nobody where `None`.
        password_file, password_variable: Where the password is; one of them with a user.
        mechanism: Of `MECHANISMS`.
    """

    servers: str
    tls: bool = False
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    password_variable: str | None = None
    mechanism: str = MECHANISMS[0]

    @classmethod
    def parse(cls, address: str) -> "KafkaAddress":
        """Understand `kafka://…` and `kafkas://…`.

        Raises:
            ValueError: naming the option that is wrong and its value, never showing a password.
        """
        scheme, _, rest = address.partition("://")
        servers, _, query = rest.partition("?")
        is_well_formed = all(map(_SERVER.fullmatch, servers.split(",")))
        if not is_well_formed and "@" in rest:  # a password may have any character, ? as well
            raise ValueError("user and password stand before @: need ?user=…&password_file=…")
        if scheme not in SCHEMES or not is_well_formed:
            raise ValueError(not_understood(address))
        options = _options(query)
        _check_together(options, tls=scheme == "kafkas")
        return cls(
            servers,
            scheme == "kafkas",
            _file(options, "authority"),
            _file(options, "certificate"),
            _file(options, "key"),
            options.get("user"),
            _file(options, "password_file"),
            options.get("password_variable"),
            options.get("mechanism", MECHANISMS[0]),
        )


def not_understood(address: str) -> str:
    """What is told of an address of no form: no more than its scheme, for a password may be
    anywhere in it."""
    scheme = _SCHEME.match(address)
    shown = f"with the scheme {scheme.group()}" if scheme else "without a scheme"
    return f"an address {shown} that is {BUS_FORMS}"


def is_kafka(address: str) -> bool:
    """Whether an address of a bus is of a Kafka, well formed or not."""
    return address.partition("://")[0] in SCHEMES


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name == "password":
            raise ValueError("password: never in an address, need password_file=… or …_variable=…")
        if name not in OPTIONS:
            shown = repr(name) if _OPTION.fullmatch(name) and "=" in part else "without a name"
            raise ValueError(f"option {shown}, need one of {', '.join(OPTIONS)}")
        if name in options:
            raise ValueError(f"{name} is given twice")
        if not value:
            raise ValueError(f"{name} is empty")
        options[name] = unquote(value)
    return options


def _check_together(options: dict[str, str], *, tls: bool) -> None:
    """Raises ValueError for what makes no sense, or no secret, in this combination."""
    if options and not tls:
        # Not on loopback either: servers say where to connect next, and that may be elsewhere.
        raise ValueError(
            f"{_shown(options, next(iter(options)))} and kafka:// is plain text, need kafkas://"
        )
    if ("certificate" in options) != ("key" in options):
        raise ValueError(f"{_the_one(options, 'certificate', 'key')}: need both or none")
    sources = [name for name in ("password_file", "password_variable") if name in options]
    if "user" in options and len(sources) != 1:
        found = " and ".join(sources) or "no password"
        raise ValueError(f"user with {found}, need password_file or password_variable")
    for name in (*sources, "mechanism"):
        if name in options and "user" not in options:
            raise ValueError(f"{_shown(options, name)} without user, need both or none")
    _check_values(options)


def _check_values(options: dict[str, str]) -> None:
    mechanism = options.get("mechanism", MECHANISMS[0])
    if mechanism not in MECHANISMS:
        raise ValueError(f"mechanism is {mechanism!r}, need one of {', '.join(MECHANISMS)}")
    variable = options.get("password_variable", "_")
    if not _VARIABLE.fullmatch(variable):
        raise ValueError("password_variable is no name of a variable")
    if variable.startswith("FEEDRANK_"):
        raise ValueError("password_variable: FEEDRANK_… are settings, need another variable")


def _the_one(options: dict[str, str], first: str, second: str) -> str:
    given, missing = (first, second) if first in options else (second, first)
    return f"{given} is {options[given]!r} without {missing}"


def _file(options: dict[str, str], name: str) -> Path | None:
    """Raises ValueError where the path depends on the folder that a process happens to run in."""
    if name not in options:
        return None
    path = Path(options[name])
    if not path.is_absolute():
        raise ValueError(f"{_shown(options, name)}, need an absolute path")
    return path


def _shown(options: dict[str, str], name: str) -> str:
    """An option and its value, unless that may be a password by mistake."""
    return f"{name} is given" if name in SECRET_OPTIONS else f"{name} is {options[name]!r}"
