"""One switch for all compiled code: whether it was built with the package, and whether it is used.

It is used where all of it was built. ``MOMENTSOS_COMPILED=0`` in the environment leaves it out of a whole process, and
`without_compiled` out of a part of one; the answers are then those of NumPy, as on a machine without a compiler.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.machinery import PathFinder
from pathlib import Path

#: The extension modules, by the folders of the package that they are in: all of them are used, or none.
EXTENSIONS = (("sdp", "extremes"), ("solvers/native/core/compiled", "kernels"))


def is_built() -> bool:
    """Return whether all extension modules are there, without an import: their packages may be half imported."""
    root = Path(__file__).parents[1]
    return all(PathFinder.find_spec(name, [str(root / folder)]) is not None for folder, name in EXTENSIONS)


#: Whether there is compiled code to use.
PRESENT = os.environ.get("MOMENTSOS_COMPILED", "1") != "0" and is_built()

_left_out: ContextVar[bool] = ContextVar("compiled code is left out", default=False)


def uses_compiled() -> bool:
    """Return whether compiled code is used here."""
    return PRESENT and not _left_out.get()


@contextmanager
def without_compiled() -> Iterator[None]:
    """Leave all compiled code out, as where it was not built."""
    token = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(token)
