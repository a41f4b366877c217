"""Takes out of log lines what must not leave the machine: its folders, and what proves who calls.

Nobody logs a secret on purpose. This is for what comes with an error: texts of libraries, stacks
and tracebacks carry paths, and an address may carry a password.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

SECRETS = re.compile(
    r"(?<=Bearer )[^\s\"'\\]+"
    r"|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?<=://)[^/@\s\"':]*:[^@\s\"']*(?=@)"  # user and password in an address
    # and among its options, one written in place of a path or name included
    r"|(?:(?<=password=)|(?<=passwd=)|(?<=\bpass=)|(?<=\bpwd=)"
    r"|(?<=password_file=)(?!/)"
    r"|(?<=password_variable=)(?![A-Z_][A-Z0-9_]*(?:[&\s\"'\\]|$)))[^&\s\"'\\]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
MARKS = ("Bearer ", "eyJ", "@", "password=", "passwd=", "pass=", "pwd=", "password_", "-----BEGIN")
"""No secret is without one of these, and to search for them is ten times quicker."""

REMOVED = "(secret)"
HERE = Path(__file__).parents[1]


def without_secrets(text: str) -> str:
    """The text without tokens, private keys, and passwords in addresses."""
    if any(mark in text for mark in MARKS):
        return SECRETS.sub(REMOVED, text)
    return text


class LogScrubber:
    """Last processor of a line: folders become their names, and secrets nothing."""

    def __init__(self, folders: Mapping[Path, str]) -> None:
        """`folders`: what is shown in their place, for example `home`."""
        named = {str(path): name for path, name in folders.items()}
        named |= {str(path.resolve()): name for path, name in folders.items()}
        named |= {sys.prefix: "python", sys.base_prefix: "python", str(HERE): "."}
        # As they are within JSON; the innermost first.
        escaped = {json.dumps(path)[1:-1]: name for path, name in named.items() if len(path) > 1}
        self._named = sorted({**escaped, **named}.items(), key=lambda entry: -len(entry[0]))

    def __call__(self, _logger: object, _method: str, line: str) -> str:
        for path, name in self._named:
            if path in line:
                line = line.replace(path, name)
        return without_secrets(line)


def folders_of(settings: BaseModel) -> dict[Path, str]:
    """Every path that is configured, by the name of its setting."""
    return {path: name for name, path in settings if isinstance(path, Path)}
