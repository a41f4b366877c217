"""Where compiled loops are kept, by what they were compiled from.

numba looks at the file of a loop only. A loop is made of steps, numbers and the order of fields of
other files as well, and would go on as it was when one of those changed: so the folder's name is a
hash of all.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from numbers import Number
from pathlib import Path
from typing import Any

from numba import config
from numba.core.dispatcher import Dispatcher
from numba.core.types import BaseNamedTuple, BaseTuple
from numba.core.typing import Signature

FOLDER = "__pycache__"
GIVEN_FOLDER = config.CACHE_DIR
"""Of the variable NUMBA_CACHE_DIR: where to keep them instead of beside their sources."""


def keep_by_sources(function: Callable[..., Any], signature: Signature) -> None:
    """Let numba keep what it compiles next, of `function`, in the folder of its sources."""
    sources = {*_sources(function), *_fields((signature.return_type, *signature.args))}
    stamp = hashlib.sha256("\n".join(sorted(sources)).encode()).hexdigest()[:12]
    beside = Path(inspect.getfile(function)).parent / FOLDER
    config.CACHE_DIR = str((Path(GIVEN_FOLDER) if GIVEN_FOLDER else beside) / f"loops-{stamp}")


def _sources(function: Callable[..., Any]) -> Iterator[str]:
    """Contents of the function's file, the numbers it names, and the same of its steps."""
    yield Path(inspect.getfile(function)).read_text()
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Dispatcher):
            yield from _sources(value.py_func)
        elif isinstance(value, Number | tuple):
            yield f"{name} = {value!r}"


def _fields(kinds: Iterable[Any]) -> Iterator[str]:
    """Names and types of the fields of every named tuple: numba keeps them as their places."""
    for kind in kinds:
        if isinstance(kind, BaseNamedTuple):
            yield f"{kind.instance_class.__qualname__} {kind.fields} {kind.types}"
        if isinstance(kind, BaseTuple):
            yield from _fields(kind.types)
