"""What is wrong with TLS between this command and a process that is there."""

from serving.tls_probe import ShownFiles, is_away, plain_text_problem, tls_problem

TLS_ADVICE = "see docs/security.md#tls; give --authority, and --certificate and --key where asked"


async def connection_problem(address: str, files: ShownFiles) -> str | None:
    """In one line; `None` where nothing is, or where nobody is there at all.

    Args:
        address: `host:port`.
        files: Of this command; plain text without an authority.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not port.isdigit():
        return None
    if files.authority is None:
        problem = await plain_text_problem(host, int(port))
    else:
        problem = await tls_problem(host, int(port), host, files)
    return None if problem is None or is_away(problem) else problem
