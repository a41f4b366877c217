"""How long to wait before trying again."""

import random
from collections.abc import Iterator

FIRST_S = 0.05
LONGEST_S = 1.0


def backoff_delays() -> Iterator[float]:
    """Seconds to wait, doubling up to `LONGEST_S`, each cut by a random part up to a half, so that
    many waiters do not come back at the same moment. Never ends."""
    delay = FIRST_S
    while True:
        yield delay * random.uniform(0.5, 1.0)
        delay = min(2 * delay, LONGEST_S)
