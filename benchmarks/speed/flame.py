"""Where the time of a request goes: samples of the stack by CPU time, drawn as a flame graph.

    python -m benchmarks.speed.flame [--out docs/speed-profile.svg]

Samples the main thread of an embedded server in this process while ghz asks for cold feeds. Time
in compiled code counts for the line of Python that called it.
"""

import argparse
import asyncio
import functools
import signal
from collections import Counter
from html import escape
from pathlib import Path
from types import FrameType

from benchmarks.speed.deployments import SHARDS, WIDE_GATE
from benchmarks.speed.ghz import closed_loop
from benchmarks.speed.questions import Questions
from benchmarks.speed.servers import home_of
from benchmarks.speed.world.build import world
from benchmarks.speed.world.size import WorldSize
from feedrank.embedded import open_embedded
from feedrank.embedded_settings import EmbeddedSettings
from generation.publish import current
from serving.serving_loop import ServingLoop

SAMPLE_S = 0.001
WIDTH, ROW, LEAST = 1_400, 17, 0.5
OURS = (
    "feedrank", "feed_assembly", "candidate_gen", "ann_shards", "social_graph", "ranker",
    "serving", "features", "generation",
)  # fmt: skip
COLOURS = {True: "#e8a06a", False: "#b9c4cf"}

Stack = tuple[str, ...]


class Samples:
    """Stacks seen, outermost first."""

    def __init__(self) -> None:
        self.seen: Counter[Stack] = Counter()

    def take(self, _signal: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            module = frame.f_globals.get("__name__", "?")
            if module.partition(".")[0] not in ("asyncio", "runpy", "__main__", "benchmarks"):
                stack.append(f"{module}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        self.seen[tuple(reversed(stack))] += 1


async def profile(generations: Path, viewers: int, seconds: float) -> Samples:
    """Samples of the server while it makes new feeds."""
    home = home_of(f"profile-{current(generations).name}")
    settings = EmbeddedSettings(
        generations=generations,
        home=home,
        port=0,
        log_level="warning",
        admission_min_running=int(WIDE_GATE["FEEDRANK_ADMISSION_MIN_RUNNING"]),
    )
    server = await open_embedded(settings)
    questions, samples = Questions(viewers, seed=3), Samples()
    load = functools.partial(closed_loop, server.port, concurrency=4)
    await asyncio.to_thread(load, questions.cold(1_000), seconds=2.0)
    signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
    await asyncio.to_thread(load, questions.cold(round(1_000 * seconds)), seconds=seconds)
    signal.setitimer(signal.ITIMER_PROF, 0)
    await server.drain()
    return samples


def draw(samples: Samples, path: Path) -> None:
    """Write the graph: width is time, callers below those they call."""
    total = sum(samples.seen.values())
    depth = 1 + max(map(len, samples.seen), default=0)
    boxes: list[str] = []

    def add(stacks: list[tuple[Stack, int]], level: int, left: float) -> None:
        groups: dict[str, list[tuple[Stack, int]]] = {}
        for stack, count in stacks:
            if len(stack) > level:
                groups.setdefault(stack[level], []).append((stack, count))
        for name, members in sorted(groups.items()):
            count = sum(each for _, each in members)
            width = WIDTH * count / total
            if width >= LEAST:
                boxes.append(_box(name, left, level, depth, width, count / total))
                add(members, level + 1, left)
            left += width

    add(list(samples.seen.items()), 0, 0.0)
    height = ROW * depth
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="monospace" font-size="10">\n' + "\n".join(boxes) + "\n</svg>\n"
    )


def _box(name: str, left: float, level: int, depth: int, width: float, share: float) -> str:
    top = ROW * (depth - 1 - level)
    colour = COLOURS[name.partition(".")[0] in OURS]
    room = int(width / 6.2)
    short = name if len(name) <= room else name.rpartition(".")[2][:room]
    label = f'<text x="{left + 2:.1f}" y="{top + 12}">{escape(short)}</text>' if room > 3 else ""
    return (
        f'<g><title>{escape(name)} {share:.1%}</title><rect x="{left:.1f}" y="{top}" '
        f'width="{width:.1f}" height="{ROW - 1}" fill="{colour}"/>{label}</g>'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Profile an embedded server")
    parser.add_argument("--items", type=int, default=WorldSize().items)
    parser.add_argument("--viewers", type=int, default=WorldSize().viewers)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=Path("docs/speed-profile.svg"))
    args = parser.parse_args()
    size = WorldSize(items=args.items, viewers=args.viewers, shards=SHARDS["embedded"])
    with asyncio.Runner(loop_factory=ServingLoop) as runner:
        samples = runner.run(profile(world(size), size.viewers, args.seconds))
    draw(samples, args.out)
    print(f"{sum(samples.seen.values())} samples in {args.out}")


if __name__ == "__main__":
    main()
