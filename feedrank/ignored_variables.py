"""Names the FEEDRANK_… variables that a command does not read, so that nobody believes it did."""

import os

from feedrank.console import err

READ_HERE = frozenset({"FEEDRANK_KAFKA_HOME"})
"""Where Kafka's jars lie; says nothing of how a service behaves."""


def warn_of_ignored_variables(command: str, instead: str) -> None:
    """Say which variables of this shell have no effect on `command`, and what has."""
    ignored = sorted(
        name for name in os.environ if name.startswith("FEEDRANK_") and name not in READ_HERE
    )
    if ignored:
        err.print(f"{command} does not read {', '.join(ignored)}; {instead}", markup=False)
