"""Certificates of a stack on one machine: the folder of `feedrank up --tls`."""

from pathlib import Path

from serving.settings_loading import SERVICES

AUTHORITY = "ca.crt"
CALLERS = "callers.json"


class TlsFolderError(ValueError):
    """The folder does not hold what it must; the message says what it lacks."""


def tls_variables(folder: Path) -> dict[str, str]:
    """Variables that give every service its own certificate, and all one authority and callers.

    Args:
        folder: `ca.crt`, `SERVICE.crt` and `SERVICE.key` for each of the five services, and
            `callers.json`: what `FEEDRANK_CALLERS` holds, the services themselves included.

    Raises:
        TlsFolderError: naming the files that are not there.
    """
    folder = folder.absolute()
    pairs = [f"{service}.{end}" for service in SERVICES for end in ("crt", "key")]
    missing = [name for name in (AUTHORITY, CALLERS, *pairs) if not (folder / name).is_file()]
    if missing:
        raise TlsFolderError(f"{folder} lacks {', '.join(missing)}: see docs/security.md")
    variables = {
        "FEEDRANK_TLS_AUTHORITY": str(folder / AUTHORITY),
        "FEEDRANK_CALLERS": (folder / CALLERS).read_text("utf-8"),
    }
    for service in SERVICES:
        own = f"FEEDRANK_{service.upper()}__TLS"
        variables[f"{own}_CERTIFICATE"] = str(folder / f"{service}.crt")
        variables[f"{own}_KEY"] = str(folder / f"{service}.key")
    return variables
