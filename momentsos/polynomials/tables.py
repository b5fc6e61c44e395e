"""Many polynomials as one table of coefficients over one list of monomials, and back.

Supports that are the same object are looked at once: what is made here shares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from .exponents import Exponents, unique_rows
from .polynomial import Polynomial
from .support import Support


def distinct_supports(polynomials: Iterable[Polynomial]) -> list[Support]:
    """Return the supports of polynomials, each once."""
    return list(dict.fromkeys(p.support for p in polynomials))


#: Polynomials with the same support: their places, the support, and their coefficients, one row each.
Group = tuple[list[int], Support, NDArray[np.float64]]


def by_support(polynomials: Sequence[Polynomial]) -> list[Group]:
    """Return polynomials with the same support together."""
    alike: dict[Support, list[int]] = {}
    for place, p in enumerate(polynomials):
        alike.setdefault(p.support, []).append(place)
    return [
        (places, support, np.array([polynomials[place].values for place in places]))
        for support, places in alike.items()
    ]


def to_table(polynomials: Sequence[Polynomial]) -> tuple[Exponents, NDArray[np.float64]]:
    """Return all monomials of polynomials over the same variables, and the coefficients as floats.

    Returns
    -------
    rows : (terms, n) integer array
        In graded order.
    table : (polynomials, terms) array
    """
    return _table(polynomials, [p.values for p in polynomials])


def to_fine_table(
    polynomials: Sequence[Polynomial],
) -> tuple[Exponents, NDArray[np.float64], NDArray[np.float64] | None]:
    """Return what `to_table` does, and the digits of the coefficients that floats have not, None where all are floats.

    Returns
    -------
    rows : (terms, n) integer array
        In graded order.
    table, fine : (polynomials, terms) arrays
        The coefficients are their sum, to twice the working precision.
    """
    rows, table = to_table(polynomials)
    exact = any(p.is_exact for p in polynomials)
    return rows, table, _table(polynomials, [p.fine for p in polynomials])[1] if exact else None


def _table(
    polynomials: Sequence[Polynomial], numbers: Sequence[NDArray[np.float64]]
) -> tuple[Exponents, NDArray[np.float64]]:
    """Return all monomials of polynomials, and for each polynomial the numbers that belong to its terms."""
    supports = distinct_supports(polynomials)
    if len(supports) == 1:
        return polynomials[0].exponents, np.array(numbers)
    rows, index = unique_rows(np.concatenate([support.rows for support in supports]))
    ends = np.cumsum([len(support) for support in supports])
    places = dict(zip(supports, np.split(index, ends[:-1]), strict=True))
    table = np.zeros((len(polynomials), len(rows)))
    for row, p, values in zip(table, polynomials, numbers, strict=True):
        row[places[p.support]] = values
    return rows, table


def from_table(rows: Exponents, table: NDArray[np.float64], variables: Sequence[str]) -> list[Polynomial]:
    """Return the polynomials whose coefficients are the rows of `table`, over distinct monomials in graded order.

    Raises
    ------
    InvalidInput
        Numbers that are not finite.
    """
    if not np.isfinite(table).all():
        raise InvalidInput("coefficients: expected finite numbers, found NaN or infinity")
    names = tuple(variables)
    nonzero = table != 0
    supports: dict[bytes, Support] = {}
    found = []
    for values, keep in zip(table, nonzero, strict=True):
        key = keep.tobytes()
        if key not in supports:
            supports[key] = Support(rows[keep])
        chosen = values[keep]
        chosen.setflags(write=False)
        found.append(Polynomial(supports[key], chosen, names))
    return found
