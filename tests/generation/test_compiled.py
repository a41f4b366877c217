"""Compiled loops refuse other types, and are compiled anew when what they are made of changes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from generation.compiled import own

STEP = """
from generation.compiled import step
FACTOR = {factor}
@step
def scaled(value):
    return value * FACTOR
"""
LOOP = """
import numpy as np
from generation.compiled import FLOAT32S, INT64, compiled
from {steps} import scaled
@compiled(INT64, FLOAT32S)
def total(values):
    result = 0
    for value in values:
        result += int(scaled(value))
    return result
"""


def module(folder: Path, name: str, text: str) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def loop_with(folder: Path, factor: int, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A loop whose step multiplies by `factor`; both in files that keep their names."""
    monkeypatch.setitem(
        sys.modules,
        "some_steps",
        module(folder, "some_steps", STEP.format(factor=factor)),
    )
    return module(folder, "some_loop", LOOP.format(steps="some_steps"))


def test_a_loop_changes_with_a_step_of_another_file(tmp_path, monkeypatch):
    values = np.ones(3, np.float32)
    assert loop_with(tmp_path, 2, monkeypatch).total(values) == 6
    kept = list((tmp_path / "__pycache__").glob("loops-*"))
    assert loop_with(tmp_path, 5, monkeypatch).total(values) == 15
    assert len(list((tmp_path / "__pycache__").glob("loops-*"))) == len(kept) + 1


PAIR = """
from typing import NamedTuple
class Pair(NamedTuple):
    {first}: int
    {second}: int
"""
LOOP_OF_A_PAIR = """
from generation.compiled import INT64, compiled, fields
from some_pair import Pair
@compiled(INT64, fields(Pair, INT64, INT64))
def less(pair):
    return pair.one - pair.other
"""


def test_a_loop_changes_with_the_order_of_the_fields_it_reads(tmp_path, monkeypatch):
    for names in (("one", "other"), ("other", "one")):
        pair = module(tmp_path, "some_pair", PAIR.format(first=names[0], second=names[1]))
        monkeypatch.setitem(sys.modules, "some_pair", pair)
        loop = module(tmp_path, "some_loop", LOOP_OF_A_PAIR)
        assert loop.less(pair.Pair(one=5, other=3)) == 2


def test_what_was_compiled_before_is_used_again(tmp_path, monkeypatch):
    loop_with(tmp_path, 2, monkeypatch)
    again = loop_with(tmp_path, 2, monkeypatch)
    assert sum(again.total.stats.cache_hits.values()) == 1


def test_arguments_of_another_type_are_refused_and_not_compiled_for(tmp_path, monkeypatch):
    loop = loop_with(tmp_path, 2, monkeypatch)
    with pytest.raises(TypeError, match="No matching definition"):
        loop.total(np.ones(3, np.float64))


def test_own_copies_only_what_cannot_be_written_to():
    mine, theirs = np.arange(3), np.frombuffer(b"\x01" * 8, np.int64)
    assert own(mine) is mine
    assert own(theirs).flags.writeable
