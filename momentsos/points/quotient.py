r"""The quotient of a polynomial ring by finitely many equations, in rational arithmetic: what counts their roots.

Where the leading monomials of a Gröbner basis have a power of each variable, the ring modulo the equations has finite
dimension `D`, the standard monomials are its basis, and multiplication by :math:`x_i` is a `D` × `D` matrix of
rationals.

Source: Cox, Little and O'Shea, *Using Algebraic Geometry* (2005), chapter 2; Faugère, Gianni, Lazard and Mora, J.
Symbolic Comput. 16 (1993), for the order in which products are reduced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from flint import Ordering, fmpq, fmpq_mat, fmpz_mpoly_ctx, fmpz_mpoly_vec

from ..errors import InvalidInput, ProblemTooLarge
from ..polynomials import Polynomial

Exponent = tuple[int, ...]
Row = list[fmpq]

#: Lengths of the basis and of its polynomials, and bits of coefficients, with which the search for a basis ends.
_LIMITS = (400, 4_000, 60_000)
#: Dimensions above this are not computed with.
MOST_ROOTS = 160


@dataclass(frozen=True, eq=False)
class Quotient:
    """The ring modulo the equations.

    Attributes
    ----------
    monomials : tuple of exponents
        The standard monomials, the constant first; none where the equations have no complex solution.
    multiplications : tuple of matrices
        Row `k` of matrix `i` is :math:`x_i b_k` in the basis `b`.
    """

    monomials: tuple[Exponent, ...]
    multiplications: tuple[fmpq_mat, ...]

    @property
    def dimension(self) -> int:
        """The number of complex solutions with their multiplicities."""
        return len(self.monomials)


def quotient_of(equations: Sequence[Polynomial]) -> Quotient:
    """Return the quotient by equations in the same variables.

    Raises
    ------
    InvalidInput
        The complex solutions are infinitely many; the message has their dimension.
    ProblemTooLarge
        The basis becomes long, or the dimension large.
    """
    names = equations[0].variables
    n = len(names)
    leading = _basis(equations)
    if (0,) * n in leading:
        return Quotient((), tuple(fmpq_mat(0, 0) for _ in names))
    if not all(any(sum(key) == key[i] for key in leading) for i in range(n)):
        dimension = _dimension(list(leading), n)
        raise InvalidInput(
            f"equations: their complex solutions are a set of dimension {dimension}, expected finitely many: add "
            f"equations, or minimise over the set with momentsos.solve"
        )
    standard = _standard(list(leading), n)
    place = {key: k for k, key in enumerate(standard)}
    reduced: dict[Exponent, Row] = {key: _unit(k, len(standard)) for key, k in place.items()}
    border = {_times(key, i) for key in standard for i in range(n)} - set(standard)
    for key in sorted(border, key=_order):
        if key in leading:
            row = [fmpq(0)] * len(standard)
            for other, value in leading[key].items():
                row[place[other]] = value
        else:  # a variable times a monomial of the border that came before
            j, smaller = next((j, low) for j in range(n) if key[j] and (low := _over(key, j)) in border)
            row = [fmpq(0)] * len(standard)
            for k, value in enumerate(reduced[smaller]):
                if value:
                    for m, other_value in enumerate(reduced[_times(standard[k], j)]):
                        row[m] += value * other_value
        reduced[key] = row
    matrices = tuple(fmpq_mat([reduced[_times(key, i)] for key in standard]) for i in range(n))
    return Quotient(tuple(standard), matrices)


def _basis(equations: Sequence[Polynomial]) -> dict[Exponent, dict[Exponent, fmpq]]:
    """Return the reduced Gröbner basis: for each leading monomial what it is equal to."""
    context = fmpz_mpoly_ctx.get(list(equations[0].variables), Ordering.degrevlex)
    polynomials = []
    for p in equations:
        common = math.lcm(*(value.denominator for value in p.exact))
        terms = {tuple(row): int(v * common) for row, v in zip(p.exponents.tolist(), p.exact, strict=True)}
        polynomials.append(context.from_dict(terms))
    found: Any = fmpz_mpoly_vec(polynomials, context).buchberger_naive(limits=_LIMITS)
    basis, complete = found if isinstance(found, tuple) else (found, True)
    if not complete:
        raise ProblemTooLarge("the Gröbner basis of the equations: it becomes too long", 0, 0)
    leading = {}
    for g in basis.autoreduction():
        keys = [tuple(map(int, key)) for key in g.monoms()]
        values = [fmpq(int(value)) for value in g.coeffs()]
        leading[keys[0]] = {key: -value / values[0] for key, value in zip(keys[1:], values[1:], strict=True)}
    return leading


def _order(key: Exponent) -> tuple[int, ...]:
    """Return what sorts monomials as the basis does: by degree, then reversely by the last variables."""
    return (sum(key), *(-power for power in reversed(key)))


def _times(key: Exponent, i: int) -> Exponent:
    return (*key[:i], key[i] + 1, *key[i + 1 :])


def _over(key: Exponent, i: int) -> Exponent:
    return (*key[:i], key[i] - 1, *key[i + 1 :])


def _unit(place: int, size: int) -> Row:
    return [fmpq(int(k == place)) for k in range(size)]


def _standard(leading: list[Exponent], n: int) -> list[Exponent]:
    """Return the monomials that no leading one divides, lowest first."""
    found, border = [(0,) * n], [(0,) * n]
    seen = {(0,) * n}
    while border:
        further = {_times(key, i) for key in border for i in range(n)} - seen
        border = [key for key in further if not any(_divides(low, key) for low in leading)]
        seen.update(border)
        found += border
        if len(found) > MOST_ROOTS:
            raise ProblemTooLarge(f"the equations have more than {MOST_ROOTS} complex solutions", 0, 0)
    return sorted(found, key=_order)


def _divides(low: Exponent, key: Exponent) -> bool:
    return all(a <= b for a, b in zip(low, key, strict=True))


def _dimension(leading: list[Exponent], n: int) -> int:
    """Return the largest number of variables of which no leading monomial is a product: the dimension."""
    if n > 12:
        return n - 1
    sets = product((False, True), repeat=n)
    return max(
        sum(free) for free in sets if all(any(p and not f for p, f in zip(key, free, strict=True)) for key in leading)
    )
