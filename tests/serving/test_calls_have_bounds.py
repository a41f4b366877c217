"""No call leaves a process without saying how long it may take: found by reading the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SERVED = ("feed_assembly", "candidate_gen", "ranker", "ann_shards", "social_graph", "serving")
FILES = sorted(path for name in SERVED for path in (REPOSITORY / name).rglob("*.py"))


def problems_of(source: str) -> Iterator[str]:
    """Calls of stubs and of the bus that give no limit, and limits that are none."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, method = ast.unparse(node.func.value), node.func.attr
        named = {keyword.arg for keyword in node.keywords}
        if owner.endswith("stub") and method[:1].isupper() and "timeout" not in named:
            yield f"line {node.lineno}: {owner}.{method} without timeout="
        if owner.endswith("bus") and method == "publish" and "timeout_s" not in named:
            yield f"line {node.lineno}: {owner}.{method} without timeout_s="
        if (owner, method) == ("asyncio", "timeout") and ast.unparse(node.args[0]) == "None":
            yield f"line {node.lineno}: asyncio.timeout(None)"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_call_that_leaves_the_process_has_a_bound(path: Path) -> None:
    assert list(problems_of(path.read_text())) == []


@pytest.mark.parametrize(
    "call",
    [
        "self._stub.Search(message)",
        "await self._bus.publish(TOPIC, b'value', key=1)",
        "asyncio.timeout(None)",
    ],
)
def test_a_call_without_a_bound_is_found(call: str) -> None:
    assert len(list(problems_of(f"async def work():\n    {call}"))) == 1


def test_stubs_and_publishing_are_where_they_are_looked_for() -> None:
    text = "\n".join(path.read_text() for path in FILES)
    assert text.count("self._stub.") >= 6
    assert text.count("bus.publish(") >= 4
