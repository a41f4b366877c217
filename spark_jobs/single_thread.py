"""One thread for BLAS and Faiss: sums in another order give other bytes."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_thread() -> Iterator[None]:
    """Run the block with one native thread per library."""
    with threadpool_limits(limits=1):
        yield
