"""The shape of a target: where bytes come in, and what may come of them."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import targets

CORPUS = Path(__file__).parent / "corpus"

Try = Callable[[bytes], None]
"""Gives one input to the code. Raises whatever the code must not raise, or AssertionError."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place where bytes come in.

    Attributes:
        name: Of its module, and of its folder in `corpus`.
        seeds: Real inputs, which a new corpus is made from.
        is_quick: Whether one attempt takes no more than a few milliseconds.
        opened: What has to be open to try inputs; one process opens it once.
    """

    name: str
    seeds: Callable[[], Iterable[bytes]]
    opened: Callable[[], AbstractContextManager[Try]]
    is_quick: bool = True

    @property
    def corpus(self) -> Path:
        return CORPUS / self.name


def names() -> list[str]:
    """Of all targets: their modules in `targets`."""
    return [name for _, name, _ in pkgutil.iter_modules(targets.__path__)]


def target_named(name: str) -> Target:
    """`TARGET` of one module. Others are not imported, as that takes seconds under a fuzzer."""
    target: Target = importlib.import_module(f"{targets.__name__}.{name}").TARGET
    return target


def inputs(folder: Path) -> list[Path]:
    """The files of a corpus, in an order that does not change."""
    return sorted(folder.iterdir()) if folder.is_dir() else []
