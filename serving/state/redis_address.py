"""Checks a Redis address before the library sees it: redis-py reads an unreadable database as 0."""

from urllib.parse import parse_qsl, urlsplit


def check_redis_address(address: str) -> None:
    """Accept `redis://[user:password@]HOST[:PORT][/DATABASE]` and `rediss://…?ssl_…=…`.

    Raises:
        ValueError: naming the part that is wrong, never showing a password.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("redis", "rediss"):
        raise ValueError(f"redis address: scheme is {parts.scheme!r}, need redis or rediss")
    if not parts.hostname:
        raise ValueError("redis address: host is missing, need redis://HOST:PORT/DB")
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"redis address: {str(error).lower()}") from None
    database = parts.path.strip("/")
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError(f"redis address: database is {database!r}, need a number from 0")
    for name, _value in parse_qsl(parts.query, keep_blank_values=True):
        # Timeouts and retries are ours to set: a stray option would turn them back on.
        if not name.startswith("ssl_"):
            raise ValueError(f"redis address: option {name!r}, only ssl_… options are allowed")
