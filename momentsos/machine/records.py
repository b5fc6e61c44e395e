"""What all frozen records have in common: equality by value, a hash that fits, copies, and how they are shown."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from .notebooks import Row, table

#: Characters of a record's line, and of one part of it.
_LINE, _PART = 320, 60
#: Entries of an array that its hash looks at.
_LOOKED_AT = 8
#: Bits of the parts of a fraction that is shown as it is.
_BITS = 64


class Brief:
    """A base for dataclasses that are shown in one short line of text, and in notebooks as a table.

    What the table holds is `_table_rows`: by default each field in short.
    """

    def __repr__(self) -> str:
        line = f"{type(self).__name__}("
        for item in fields(self):  # type: ignore[arg-type]  # those with this base are dataclasses
            if not item.repr:
                continue
            part = f"{item.name}={brief(getattr(self, item.name))}"
            if len(line) + len(part) > _LINE:
                return f"{line}…)"
            line += f"{part}, "
        return f"{line.removesuffix(', ')})"

    def _repr_html_(self) -> str:
        return table(type(self).__name__, self._table_rows())

    def _table_rows(self) -> list[Row]:
        """Return the rows of the table that notebooks show, each a name and a value."""
        return [(item.name, brief(getattr(self, item.name))) for item in fields(self) if item.repr]  # type: ignore[arg-type]


class Record(Brief):
    """A base for dataclasses with ``frozen=True, eq=False, repr=False``.

    Two records of one class are equal where their fields are: arrays and sparse matrices by their entries, numbers that
    are not finite by what they are, records within by their fields. What a record finds when it is first asked
    (`functools.cached_property`) is neither compared nor pickled. Arrays that cannot be written to cannot be written to
    in a copy.
    """

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(_mark(self))

    def __getstate__(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        state = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        return state, tuple(name for name, value in state.items() if any(not a.flags.writeable for a in _arrays(value)))

    def __setstate__(self, state: tuple[dict[str, Any], tuple[str, ...]]) -> None:
        values, locked = state
        self.__dict__.update(values)
        for name in locked:
            for array in _arrays(values[name]):
                array.setflags(write=False)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, by what they hold; see `Record`."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return _same_arrays(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is type(other):
        if _is_sparse(one):
            return one.shape == other.shape and (one != other).nnz == 0
        if is_dataclass(one) and not isinstance(one, type):
            return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.compare)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return False
    return bool(one == other) or bool(one != one and other != other)


def brief(value: Any) -> str:
    """Return a value in at most about sixty characters: what is large is named by its kind and size."""
    if isinstance(value, np.ndarray) and value.size > _LOOKED_AT:
        return f"<array {value.shape}>"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, separator=", ").replace("\n", "")
    if _is_sparse(value):
        return f"<sparse {value.shape}>"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Fraction):
        return fraction(value)
    if is_dataclass(value) and (isinstance(value, Brief) or len(repr(value)) > _PART):
        return f"{type(value).__name__}(…)"
    if isinstance(value, Mapping):
        return f"<{len(value)} entries>"
    if isinstance(value, tuple | list) and len(value) > _LOOKED_AT:
        return f"<{len(value)} items>"
    if isinstance(value, tuple | list):
        end = "," if len(value) == 1 else ""
        shown = f"({', '.join(map(brief, value))}{end})"
        return shown if len(shown) <= _PART else f"<{len(value)} items>"
    shown = repr(value)
    return shown if len(shown) <= _PART else f"{shown[: _PART - 1]}…"


def fraction(value: Fraction) -> str:
    """Return a fraction as it is where it is short, else to eight digits: Python writes no very long integers."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= _BITS:
        return str(value)
    return f"≈ {Decimal(value.numerator) / Decimal(value.denominator):.8g}"


def _is_sparse(value: Any) -> bool:
    """Whether a value is a sparse matrix; SciPy is not imported for the question."""
    return hasattr(value, "tocsr")


def _same_arrays(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape:
        return False
    numbers = one.dtype.kind in "fc" and other.dtype.kind in "fc"
    return bool(np.array_equal(one, other, equal_nan=numbers))


def _arrays(value: Any) -> list[np.ndarray]:
    """Return the arrays that a field is, or is a list of."""
    found = value if isinstance(value, tuple | list) else (value,)
    return [each for each in found if isinstance(each, np.ndarray)]


def _mark(value: Any) -> Hashable:
    """Return something cheap that equal values have in common: sizes, and a few entries."""
    if isinstance(value, np.ndarray):
        entries = value.reshape(-1)[: 64 * _LOOKED_AT : 64].tolist() if value.dtype.kind in "biuf" else ()
        return (value.shape, *(0 if entry != entry else entry for entry in entries))
    if _is_sparse(value):
        return value.shape
    if isinstance(value, Mapping):
        return len(value)
    if isinstance(value, tuple | list):
        return (len(value), *map(_mark, value[:_LOOKED_AT]))
    if isinstance(value, Record):
        return (type(value).__name__, *(_mark(getattr(value, f.name)) for f in fields(value) if f.compare))  # type: ignore[arg-type]
    if isinstance(value, float | int | str | bytes | bool | Enum):
        return 0 if value != value else value
    return type(value).__name__ if not isinstance(value, np.number) else float(value)
