"""Both ways to wait for two reads give both answers; only one has them under way at once."""

import asyncio

import pytest

from candidate_gen.together import at_once, in_turn


@pytest.mark.parametrize("together", [at_once, in_turn])
async def test_both_answers_come_in_their_order(together):
    async def one() -> int:
        return 1

    async def other() -> str:
        return "b"

    assert tuple(await together(one, other)) == (1, "b")


async def test_at_once_the_first_may_wait_for_the_second():
    come = asyncio.Event()

    async def tell() -> None:
        come.set()

    assert list(await at_once(come.wait, tell)) == [True, None]


async def test_in_turn_the_second_begins_when_the_first_is_done():
    begun = []

    async def first() -> None:
        await asyncio.sleep(0)
        begun.append("first")

    async def second() -> None:
        begun.append("second")

    await in_turn(first, second)
    assert begun == ["first", "second"]
