"""Publishes numbers one by one and prints each once acknowledged, until the test kills it."""

import asyncio
import itertools
import sys
from pathlib import Path

from serving.bus.log_bus import LogBus
from serving.bus.topics import DAY_MS, Topic


async def main() -> None:
    bus = LogBus(Path(sys.argv[1]))
    await bus.start()
    topic = Topic("killed", 1, "all", DAY_MS)
    for number in itertools.count():
        await bus.publish(topic, b"%d" % number, partition=0, timeout_s=10.0)
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
