"""Whatever fails: a receipt without a reason is of a whole answer, and one of less has a reason."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_gen.pipeline import SWITCHES
from serving.contracts.receipt import Receipt
from serving.deadline import Deadline
from serving.effort.rung import Rung
from serving.errors import (
    DeadlineError,
    DependencyError,
    NotReadyError,
    OverloadedError,
    StateUnavailableError,
)
from serving.switches.switches import Switched
from tests.generation.tiny_generation import write_tiny_generation
from tests.integration.whole_ring import SEAMS, WholeRing
from tests.virtual_time import run_virtually

SHARDS = 4
BUDGET_MS = 150.0
LATE_MS = 10.0
FAILURES: tuple[type[Exception], ...] = (
    DependencyError,
    DeadlineError,
    NotReadyError,
    OverloadedError,
    ZeroDivisionError,
)
STORES = ("read session", "write session", "read viewer state")

bad_seams = st.dictionaries(
    st.sampled_from(SEAMS), st.sampled_from([None, *FAILURES]), max_size=len(SEAMS)
)
"""Seam -> the error it fails with; `None`: it hangs."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generation(tmp_path_factory.mktemp("generations"))


def behaviour(seam: str, error: type[Exception] | None) -> Any:
    async def behave(*_: Any, **__: Any) -> Any:
        if error is None:
            await asyncio.get_running_loop().create_future()
            return
        # What stores fail with is part of their contract.
        raise StateUnavailableError("away") if seam in STORES else error("failed")

    return behave


def is_whole(receipt: Receipt) -> bool:
    """Ranked just now from all shards, by all stages, with all columns, as wide as can be."""
    return (
        receipt.origin == "ranked"
        and receipt.shards_answered == receipt.shards_total == SHARDS
        and not receipt.defaulted_columns
        and not receipt.narrowed
    )


@given(
    bad=bad_seams,
    off=st.frozensets(st.sampled_from([switch.key for switch in SWITCHES]), max_size=2),
    rung=st.sampled_from([Rung.FULL, Rung.FULL, *Rung]),
)
@settings(max_examples=120, deadline=None)
def test_no_reason_means_a_whole_answer_and_a_whole_answer_has_none(
    folder: Path, bad: dict[str, type[Exception] | None], off: frozenset[str], rung: Rung
) -> None:
    async def work() -> tuple[Receipt, int, float]:
        ring = WholeRing(folder, SHARDS)
        ring.candidates.switches.now = Switched(off)
        ring.feed.switches.now = Switched(rung=rung)
        for seam, error in bad.items():
            ring.replace(seam, behaviour(seam, error))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        answer = await ring.answer(Deadline.after_ms(BUDGET_MS, loop.time))
        took_ms = (loop.time() - began_s) * 1_000
        return answer.page.receipt, len(answer.page), took_ms

    receipt, item_count, took_ms = run_virtually(work())
    is_nothing_wrong = not bad and not off and rung == Rung.FULL
    assert bool(receipt.degraded_reasons) != is_nothing_wrong
    assert receipt.degraded_reasons or is_whole(receipt)
    assert item_count > 0
    assert took_ms <= BUDGET_MS + LATE_MS
