"""numba without what it would take along where it is installed, and no loop of ours uses.

It asks for linear algebra (scipy), declarations of C (cffi) and files of settings (yaml): a sixth
of a second of each start, and 10 MiB in every process. Afterwards all can be imported as ever.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("scipy", "cffi", "yaml")


@contextmanager
def _hidden(packages: tuple[str, ...]) -> Iterator[None]:
    """As if these were not installed, but for those that are loaded already."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: not importable
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _hidden(UNUSED):
    import numba.core.typing.cffi_utils  # these two are otherwise loaded with the first loop
    import numba.np.arraymath  # noqa: F401
    from numba import njit as njit
    from numba import types as types
