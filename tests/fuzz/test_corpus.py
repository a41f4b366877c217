"""Everything that a fuzzer once found worth keeping still ends as it should."""

import random

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.target import inputs, names, target_named

MUTANTS = 100
"""Per target; `make fuzz` is the real search."""


@pytest.mark.parametrize("name", names())
def test_inputs_of_the_corpus_end_as_they_should(name: str):
    target = target_named(name)
    kept = [path.read_bytes() for path in inputs(target.corpus)]
    assert kept
    chance = random.Random(7)
    with target.opened() as attempt:
        for data in kept:
            attempt(data)
        for _ in range(MUTANTS if target.is_quick else 0):
            attempt(mutated(chance.choice(kept), chance))
