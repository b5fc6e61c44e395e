"""JSON documents of records: written so that floats keep their last bit, read part by part, with the place of a fault.

Reading evaluates no code: what stands in a document is looked up, compared and converted, and nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from enum import Enum
from os import PathLike
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from .checks import shown
from .files import read_whole, write_whole

Made = TypeVar("Made")
Member = TypeVar("Member", bound=Enum)

#: The version of all formats that are written here.
VERSION = 1
#: Numbers that JSON has not.
_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def number(value: Any) -> Any:
    """Return a number as JSON has it: those that are not finite by name, None as None."""
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else repr(found)


def numbers(values: Any) -> Any:
    """Return an array, or None, as nested lists of numbers."""
    if values is None:
        return None
    return [numbers(each) if np.ndim(each) else number(each) for each in values]


def write_document(path: str | PathLike[str], name: str, content: Mapping[str, Any]) -> None:
    """Write a document of a format; the file appears whole or not at all.

    Raises
    ------
    InvalidInput
        It cannot be written.
    """
    write_whole(path, document_text(name, content))


def document_text(name: str, content: Mapping[str, Any]) -> str:
    """Return the text of a document of a format."""
    return json.dumps({"format": name, "version": VERSION, **content}, allow_nan=False) + "\n"


def read_json(path: str | PathLike[str]) -> Any:
    """Return what a JSON file holds; raise `InvalidInput` for one that cannot be read."""
    try:
        return json.loads(read_whole(path).decode("utf-8"), object_pairs_hook=_once)
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON that can be read: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these members; a key that comes twice would hide a part of the document."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key occurs twice among {', '.join(repr(key)[:80] for key, _ in pairs[:8])}")
    return found


class Part:
    """A part of a document that is being read.

    Parameters
    ----------
    value : object
        What JSON had there.
    where : str
        The place, for the words of a refusal.
    """

    __slots__ = ("value", "where")

    def __init__(self, value: Any, where: str) -> None:
        self.value = value
        self.where = where

    def wrong(self, expected: str) -> InvalidInput:
        """Return the error that says what was expected here."""
        return InvalidInput(f"{self.where}: expected {expected}, got {shown(self.value)}")

    def __getitem__(self, key: str) -> Part:
        """Return a member of an object."""
        if not isinstance(self.value, dict) or key not in self.value:
            raise self.wrong(f"an object with the key {key!r}")
        return Part(self.value[key], f"{self.where}.{key}")

    def parts(self) -> list[Part]:
        """Return what a list holds."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [Part(each, f"{self.where}[{i}]") for i, each in enumerate(self.value)]

    def pair(self) -> tuple[Part, Part]:
        """Return the two parts of a list of two."""
        found = self.parts()
        if len(found) != 2:
            raise self.wrong("a list of two")
        return found[0], found[1]

    def members(self) -> dict[str, Part]:
        """Return the members of an object by key."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return {key: Part(each, f"{self.where}.{key}") for key, each in self.value.items()}

    def maybe(self, read: Callable[[Part], Made]) -> Made | None:
        """Return what `read` makes of it, None where there is nothing."""
        return None if self.value is None else read(self)

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def flag(self) -> bool:
        """Return a truth value."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def integer(self) -> int:
        """Return an integer."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong("an integer")
        return self.value

    def number(self) -> float:
        """Return a number, which need not be finite."""
        if isinstance(self.value, str) and self.value in _NOT_FINITE:
            return _NOT_FINITE[self.value]
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.wrong("a number")
        try:
            return float(self.value)
        except OverflowError as error:
            raise self.wrong("a number that a float holds") from error

    def numbers(self) -> tuple[float, ...]:
        """Return a list of numbers."""
        return tuple(part.number() for part in self.parts())

    def vector(self) -> NDArray[np.float64]:
        """Return a list of numbers as an array."""
        return np.array(self.numbers(), dtype=np.float64)

    def matrix(self, width: int | None = None) -> NDArray[np.float64]:
        """Return a list of rows of equal length, `width` where that is given, as an array."""
        rows = [part.numbers() for part in self.parts()]
        length = width if width is not None else len(rows[0]) if rows else 0
        if any(len(row) != length for row in rows):
            raise self.wrong(f"rows of {length} numbers")
        return np.array(rows, dtype=np.float64).reshape(len(rows), length)

    def array(self) -> NDArray[np.float64]:
        """Return a vector or a matrix, whichever it is."""
        return self.matrix() if any(isinstance(part.value, list) for part in self.parts()) else self.vector()

    def member(self, kind: type[Member]) -> Member:
        """Return the member of an enumeration that has this name."""
        if not isinstance(self.value, str) or self.value not in kind.__members__:
            raise self.wrong(f"one of {', '.join(kind.__members__)}")
        return kind[self.value]
