"""Loops that numpy has no words for, compiled to machine code before the first call.

Signatures are given, so nothing is compiled while a request waits: arguments of another type are
refused with a `TypeError`. What is compiled is kept beside the source, so only the first start of
an installation takes seconds for it; where that folder cannot be written, every start does.

A compiled loop takes and returns arrays and numbers. It checks nothing: rows outside an array read
foreign memory, so its callers pass rows that they have looked up.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy.typing as npt

from generation.lean_numba import njit, types
from generation.loop_cache import keep_by_sources

Function = TypeVar("Function", bound=Callable[..., Any])


def _mapped(kind: Any, axes: int = 1) -> Any:
    return types.Array(kind, axes, "C", readonly=True)


NOTHING = types.void
BOOL = types.boolean
INT64 = types.int64
FLOAT64 = types.float64

BOOLS = types.boolean[::1]
UINT8S = types.uint8[::1]
UINT16S = types.uint16[::1]
UINT32S = types.uint32[::1]
INT32S = types.int32[::1]
INT64S = types.int64[::1]
FLOAT32S = types.float32[::1]
FLOAT64S = types.float64[::1]
UINT8_ROWS = types.uint8[:, ::1]
UINT16_ROWS = types.uint16[:, ::1]
INT32_ROWS = types.int32[:, ::1]
INT64_ROWS = types.int64[:, ::1]
FLOAT32_ROWS = types.float32[:, ::1]
FLOAT64_ROWS = types.float64[:, ::1]

MAPPED_UINT8S = _mapped(types.uint8)
MAPPED_INT32S = _mapped(types.int32)
MAPPED_INT64S = _mapped(types.int64)
MAPPED_FLOAT32S = _mapped(types.float32)
MAPPED_UINT16_ROWS = _mapped(types.uint16, 2)
MAPPED_INT32_ROWS = _mapped(types.int32, 2)
MAPPED_FLOAT32_ROWS = _mapped(types.float32, 2)
"""Arrays that cannot be written to, as those of mapped files are. Take the type that is passed: an
array that can be written to passes for one that cannot, but numba then looks for a way to convert
it at every call, which takes 100 us."""


Array = TypeVar("Array", bound=npt.NDArray[Any])


def own(values: Array) -> Array:
    """The same array, or a plain copy of one that cannot be written to or has gaps."""
    return values if values.flags.carray else values.copy()


def several(*kinds: Any) -> Any:
    """The type of a function that returns several things of different types."""
    return types.Tuple(kinds)


def fields(of: type[tuple[Any, ...]], *kinds: Any) -> Any:
    """The type of a `NamedTuple`, by the types of its fields in their order."""
    return types.BaseTuple.from_types(kinds, of)


def same(kind: Any, count: int) -> Any:
    """The type of a tuple of `count` things of one type."""
    return types.UniTuple(kind, count)


def compiled(returns: Any, *takes: Any) -> Callable[[Function], Function]:
    """Compile a function for exactly these types."""

    def compile_now(function: Function) -> Function:
        options = {"error_model": "numpy"}
        signature = returns(*takes)
        keep_by_sources(function, signature)
        try:
            loop: Function = njit(signature, cache=True, **options)(function)
        except RuntimeError:  # no folder to keep it in can be written
            loop = njit(signature, **options)(function)
        return loop

    return compile_now


def step(function: Function) -> Function:
    """A part of compiled loops, compiled with each of them."""
    part: Function = njit(function, error_model="numpy")
    return part


def summing_step(function: Function) -> Function:
    """A step that adds up a vector: in whatever order is fastest, several numbers at a time."""
    part: Function = njit(function, error_model="numpy", fastmath={"reassoc", "contract"})
    return part


def inlined(function: Function) -> Function:
    """A short part that reads a tuple of arrays, once per row: written into the loops that use it.

    A call would count references to every array of the tuple, which takes longer than the part.
    """
    part: Function = njit(function, error_model="numpy", inline="always")
    return part
