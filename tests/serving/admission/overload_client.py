"""A client in a process of its own: so many callers in turn, or so many calls per second."""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import grpc

TIMEOUT_S = 0.15


async def main(plan: dict[str, Any]) -> None:
    seen: Counter[str] = Counter()
    async with grpc.aio.insecure_channel(plan["address"]) as channel:
        await channel.channel_ready()
        method = channel.unary_unary(plan["method"])
        begin = time.perf_counter()

        async def call(timeout_s: float) -> None:
            try:
                await method(b"", timeout=timeout_s)
                seen["OK"] += 1
            except grpc.aio.AioRpcError as error:
                seen[error.code().name] += 1

        async def caller() -> None:
            while time.perf_counter() < begin + plan["seconds"]:
                await call(5.0)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(plan.get("callers", 0)):
                tasks.create_task(caller())
            for number in range(round(plan.get("rate", 0.0) * plan["seconds"])):
                due = begin + number / plan["rate"]
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(call(TIMEOUT_S))
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
