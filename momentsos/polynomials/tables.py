"""Many polynomials as one table of coefficients over one list of monomials, and back.

Lists of exponents that are the same array are looked at once: what is made here shares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from .exponents import Exponents, unique_rows
from .polynomial import Polynomial


def distinct_lists(polynomials: Iterable[Polynomial]) -> list[Exponents]:
    """Return the lists of exponents of polynomials, those that are the same array once."""
    return list({id(p.exponents): p.exponents for p in polynomials}.values())


#: Polynomials with the same list of exponents: their places, the list, and their coefficients, one row each.
Group = tuple[list[int], Exponents, NDArray[np.float64]]


def by_lists(polynomials: Sequence[Polynomial]) -> list[Group]:
    """Return polynomials with the same list of exponents together."""
    alike: dict[int, list[int]] = {}
    for place, p in enumerate(polynomials):
        alike.setdefault(id(p.exponents), []).append(place)
    return [
        (places, polynomials[places[0]].exponents, np.array([polynomials[place].values for place in places]))
        for places in alike.values()
    ]


def to_table(polynomials: Sequence[Polynomial]) -> tuple[Exponents, NDArray[np.float64]]:
    """Return all monomials of polynomials over the same variables, and the coefficients as floats.

    Returns
    -------
    rows : (terms, n) integer array
        In graded order.
    table : (polynomials, terms) array
    """
    lists = {id(p.exponents): p.exponents for p in polynomials}
    if len(lists) == 1:
        return polynomials[0].exponents, np.array([p.values for p in polynomials])
    rows, index = unique_rows(np.concatenate(list(lists.values())))
    ends = np.cumsum([len(exponents) for exponents in lists.values()])
    places = dict(zip(lists, np.split(index, ends[:-1]), strict=True))
    table = np.zeros((len(polynomials), len(rows)))
    for row, p in zip(table, polynomials, strict=True):
        row[places[id(p.exponents)]] = p.values
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
    lists: dict[bytes, Exponents] = {}
    found = []
    for values, keep in zip(table, nonzero, strict=True):
        key = keep.tobytes()
        if key not in lists:
            lists[key] = rows[keep]
            lists[key].setflags(write=False)
        chosen = values[keep]
        chosen.setflags(write=False)
        found.append(Polynomial(lists[key], chosen, names))
    return found
