"""What is asked of arguments, at the door: one line says what came, what was expected, and the package's own error.

Objects of users run code of theirs where they are converted (`__float__`, `__array__`, `__iter__`), which may raise
anything; `converted` is the one place where that is caught.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, InvalidInput, MomentSOSError

#: Kinds of arrays that may hold real numbers; complex ones, text and dates would be converted without a word.
_REAL = "biufO"
#: Bits of the integers that are written out, and characters of other values.
_BITS, _SHOWN = 160, 60


def shown(value: object) -> str:
    """Return what came, in a few characters; of objects that are not Python's own or NumPy's the kind alone."""
    if isinstance(value, int) and value.bit_length() > _BITS:
        return f"an integer of {value.bit_length()} bits"
    if value is None or type(value) in (bool, int, float, complex, str, bytes) or isinstance(value, np.generic):
        text = repr(value)
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and kind {value.dtype}"
    if type(value) in (list, tuple, dict, set):
        return f"a {type(value).__name__} of length {len(value)}"  # type: ignore[arg-type]
    return f"{'the class ' if isinstance(value, type) else ''}{getattr(value, '__name__', type(value).__name__)!s:.60}"


def converted(
    convert: Callable[[Any], Any], value: object, name: str, expected: str, error: type[MomentSOSError] = InvalidInput
) -> Any:
    """Return `convert(value)`; whatever is raised in there becomes `error`, with what came and what was expected."""
    try:
        return convert(value)
    except (MomentSOSError, MemoryError):
        raise
    except Exception as problem:  # code of the user's objects; see the module
        words = f"{type(problem).__name__}: {problem!s:.100}"
        raise error(f"{name}: expected {expected}, got {shown(value)} ({words})") from problem


def real_array(value: object, name: str, expected: str = "an array of numbers") -> NDArray[np.float64]:
    """Return a new array of floats; entries may be infinite or NaN.

    Raises
    ------
    InvalidInput
        What cannot be converted, and what is not real: complex numbers, text, dates, masked entries.
    """
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value.copy()
    if np.ma.isMaskedArray(value) and np.ma.is_masked(value):
        raise InvalidInput(f"{name}: expected {expected}, got masked entries: fill or remove them")
    array = converted(np.asarray, value, name, expected)
    if array.dtype.kind not in _REAL:
        raise InvalidInput(f"{name}: expected {expected}, got entries of kind {array.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond the floats is infinite
        found = converted(lambda given: np.array(given, dtype=np.float64), array, name, expected)
    return found


def items(value: object, name: str, expected: str) -> list[Any]:
    """Return what is in an iterable; text and mappings are none."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name}: expected {expected}, got {shown(value)}")
    return converted(list, value, name, expected)


def names(value: object, name: str) -> tuple[str, ...]:
    """Return names as a tuple; one name alone is no list of names."""
    found = items(value, name, "a list of names")
    wrong = [each for each in found if not isinstance(each, str)]
    if wrong:
        raise InvalidInput(f"{name}: expected a list of names, got {shown(wrong[0])} in it")
    return tuple(found)


def is_integer(value: object) -> bool:
    """Whether a value is an integer; a truth value is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def integer(value: object, name: str, least: int, most: int, kind: str = "an integer") -> int:
    """Return an integer from `least` to `most`; raise `BadOption` otherwise."""
    if not is_integer(value) or not least <= value <= most:  # type: ignore[operator]  # an integer by now
        limit = "" if most >= 2**62 else f" to {most}"
        raise BadOption(f"{name} = {shown(value)}: expected {kind} from {least}{limit}")
    return int(value)  # type: ignore[call-overload]


def positive(value: object, name: str, expected: str) -> float | None:
    """Return a number above zero, or None; raise `BadOption` otherwise, for infinity too."""
    if value is None:
        return None
    if not isinstance(value, int | float | np.floating | np.integer) or isinstance(value, bool):
        raise BadOption(f"{name} = {shown(value)}: expected {expected}, or None")
    if not 0 < value < np.inf:
        raise BadOption(f"{name} = {shown(value)}: expected {expected}, or None")
    return converted(float, value, name, expected, BadOption)


def file_path(value: object, name: str) -> str:
    """Return the path of a file as text; a number would name an open file, and is none."""
    if not isinstance(value, str | os.PathLike):
        raise InvalidInput(f"{name}: expected the path of a file, got {shown(value)}")
    text = converted(os.fspath, value, name, "the path of a file")
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidInput(f"{name}: expected the path of a file, got {shown(text)}")
    return text
