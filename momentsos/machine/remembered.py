"""What depends on lists of exponents alone is found once: networks of the same degrees have the same monomials.

Only small lists are remembered: what is found for long ones costs little beside the arithmetic on their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .caches import ROOM, Store, held_bytes

#: Results that are kept for each function, and the bytes of arrays up to which they are.
_KEPT, _LARGEST = 256, 2**14

Result = TypeVar("Result")


class _Content(NamedTuple):
    """What an array holds; two with the same content are equal."""

    shape: tuple[int, ...]
    kind: str
    data: bytes


def remembered(function: Callable[..., Result]) -> Callable[..., Result]:
    """Let a function of arrays keep what it returned for the last ones; the results must not be written to.

    Parameters
    ----------
    function : callable
        A pure function of arrays and hashable values, all given by position, that does not return None.
    """
    store = Store(function, _KEPT, ROOM)
    known = store.known

    @wraps(function)
    def ask(*given: Any) -> Result:
        size = sum([each.nbytes for each in given if isinstance(each, np.ndarray)])
        if size > _LARGEST:
            return function(*given)
        contents = tuple(map(_content, given))
        found = known.get(contents)
        if found is None:
            found = function(*map(_restored, contents))
            store.add(contents, found, size + held_bytes(found))
        return found

    return ask


def _content(given: Any) -> Any:
    return _Content(given.shape, given.dtype.char, given.tobytes()) if isinstance(given, np.ndarray) else given


def _restored(content: Any) -> Any:
    if not isinstance(content, _Content):
        return content
    return np.frombuffer(content.data, content.kind).reshape(content.shape)
