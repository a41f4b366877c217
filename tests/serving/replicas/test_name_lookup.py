import asyncio

from serving.replicas.name_lookup import follow_name, look_up


class Names:
    """Gives one answer after another; the follower ends with the last."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def look_up(self, name, port):
        if not self.answers:
            raise asyncio.CancelledError
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {f"{name}{answer}:{port}"} if isinstance(answer, str) else answer


async def told(*answers):
    updates = []
    following = follow_name("n", "1", updates.append, Names(*answers).look_up, interval_s=0)
    await asyncio.gather(following, return_exceptions=True)
    return updates


async def test_tells_what_has_changed_only():
    assert await told("a", "a", "b") == [{"na:1"}, {"nb:1"}]


async def test_a_failure_or_an_empty_answer_changes_nothing():
    assert await told("a", OSError("no such name"), set(), "a") == [{"na:1"}]


async def test_asks_the_resolver_of_the_machine():
    assert "127.0.0.1:50051" in await look_up("localhost", "50051")
