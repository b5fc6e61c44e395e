r"""The constraints of a program as identities between scalar polynomials, and the bases of their Gram matrices.

A matrix constraint :math:`P(x) = \Sigma_0 + \dots` becomes the identity of :math:`y^\top P(x)\, y` in the variables
`x` and, for the rows, `y`; its Gram matrices have bases :math:`y_i x^\beta`. Bases are made as small as is free:

- monomials of :math:`\Sigma_0` whose squares leave the range of degrees, in total and in each variable;
- monomials divisible by the leading one of an equality: any square is that of its remainder, modulo the equality;
- sign symmetries: two monomials share a block only where their product may occur, by parity of exponents.

What the Newton polytope leaves out beyond that is left out after assembly, by the consistency of diagonals, which
implies it (`momentsos.sdp.forced_zeros`). None of this makes a program harder to satisfy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..errors import ProblemTooLarge
from ..machine.memory import available_bytes
from ..polynomials import Polynomial, basis_size, monomial_basis
from ..polynomials.exponents import Exponents
from ..polynomials.polynomial import merge_variables
from .constraints import SOS, Identity
from .unknowns import Coefficient, UnknownPolynomial

#: Bytes of the assembly for each entry of a Gram matrix and each term of its factor.
_BYTES = 100


@dataclass(frozen=True, eq=False)
class Gram:
    """A Gram matrix: the polynomial `factor` times a form in the monomials `basis`.

    Attributes
    ----------
    factor : Polynomial
        The constant one, or a product of inequalities, over the variables of the frame.
    which : tuple of int
        The numbers of these inequalities.
    basis : (s, n) integer array
    combination : tuple of rows of Fraction, optional
        The forms that the matrix belongs to, over the basis; by default the basis itself.
    """

    factor: Polynomial
    which: tuple[int, ...]
    basis: Exponents
    combination: tuple[tuple[Fraction, ...], ...] | None = None

    @property
    def size(self) -> int:
        """Rows of the matrix."""
        return len(self.basis) if self.combination is None else len(self.combination)


@dataclass(frozen=True, eq=False)
class Multiplier:
    """A free polynomial in the monomials `basis` times the equality number `equality`."""

    equality: int
    factor: Polynomial
    basis: Exponents


@dataclass(frozen=True, eq=False)
class Frame:
    """One identity: ``known + Σ c_i parts_i = Σ grams + Σ multipliers``.

    Attributes
    ----------
    names : tuple of str
        The variables, those of the rows of a matrix last.
    rows : int
        How many variables stand for rows: 0 for a polynomial.
    known : Polynomial
    parts : mapping from Coefficient to Polynomial
    grams : tuple of Gram
    multipliers : tuple of Multiplier
    """

    names: tuple[str, ...]
    rows: int
    known: Polynomial
    parts: Mapping[Coefficient, Polynomial]
    grams: tuple[Gram, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """All known polynomials that occur."""
        return (
            self.known,
            *self.parts.values(),
            *(gram.factor for gram in self.grams),
            *(multiplier.factor for multiplier in self.multipliers),
        )


def frame_of(constraint: SOS | Identity, place: int) -> Frame:
    """Return a constraint as an identity with bases.

    Raises
    ------
    ProblemTooLarge
        Bases for which there is no memory.
    """
    if isinstance(constraint, Identity):
        p = constraint.polynomial
        names = p.variables
        return Frame(names, 0, p.known.over(names), {c: part.over(names) for c, part in p.parts.items()})
    own = merge_variables(*(each.variables for row in constraint.entries for each in row))
    own = tuple(name for name in own if any(_has(each, name) for row in constraint.entries for each in row))
    others = (*constraint.on, *constraint.equalities)
    names = merge_variables(own, *(tuple(n for n in p.variables if p.degree_in([n])) for p in others))
    rows = constraint.size if constraint.size > 1 else 0
    every = names + tuple(f"[{i}]" for i in range(rows))
    known, parts = _scalar(constraint, every, rows)
    _refuse_if_too_large(constraint, len(names), place)
    frame = Frame(every, rows, known, parts)
    return _with_bases(frame, constraint)


def _has(polynomial: UnknownPolynomial, name: str) -> bool:
    return any(part.degree_in([name]) for part in (polynomial.known, *polynomial.parts.values()))


def _scalar(constraint: SOS, names: tuple[str, ...], rows: int) -> tuple[Polynomial, dict[Coefficient, Polynomial]]:
    """Return the form of a matrix in its rows' variables, or the polynomial itself."""
    if not rows:
        entry = constraint.entries[0][0]
        return entry.known.over(names), {c: part.over(names) for c, part in entry.parts.items()}
    total = UnknownPolynomial(Polynomial.constant(0.0, names))
    units = np.eye(len(names), dtype=np.int64)[-rows:]
    for i, row in enumerate(constraint.entries):
        for j in range(i + 1):
            pair = Polynomial.from_terms(units[i : i + 1] + units[j], [1.0 if i == j else 2.0], names)
            total = total + row[j] * pair
    return total.known.over(names), {c: part.over(names) for c, part in total.parts.items()}


def _refuse_if_too_large(constraint: SOS, n: int, place: int) -> None:
    rows = constraint.size
    size = rows * basis_size(n, constraint.degree // 2)
    terms = 1 + sum(len(g) for g in constraint.on)
    estimate, free = _BYTES * terms * size * (size + 1) // 2, available_bytes()
    if estimate > free:
        raise ProblemTooLarge(
            f"constraints[{place}]: a Gram matrix of {size} rows in {n} variables would need about "
            f"{estimate / 1e9:.3g} GB, with {free / 1e9:.3g} GB free: take a lower degree or fewer variables",
            estimate,
            free,
        )


def _with_bases(frame: Frame, constraint: SOS) -> Frame:
    names, rows = frame.names, frame.rows
    n = len(names) - rows
    one = Polynomial.constant(1.0, names)
    equalities = [h.over(names) for h in constraint.equalities if h]
    leading = [h.exponents[np.flatnonzero(h.exponents.sum(axis=1) == h.degree)[0]] for h in equalities]
    span = _parities([frame.known, *frame.parts.values(), *(g.over(names) for g in constraint.on), *equalities])
    grams: list[Gram] = []
    for which, g in (((), one), *zip(constraint.factors, (g.over(names) for g in constraint.on), strict=True)):
        basis = _with_rows(monomial_basis(n, (constraint.degree - g.degree) // 2), rows)
        if not which and not constraint.on and not equalities:
            basis = _in_range(basis, [frame.known, *frame.parts.values()], n)
        for lead in leading:
            basis = basis[~(basis >= lead).all(axis=1)]
        grams.extend(Gram(g, which, part) for part in _classes(basis, span) if g)
    multipliers = []
    numbers = [i for i, h in enumerate(constraint.equalities) if h]
    for number, h in zip(numbers, equalities, strict=True):
        basis = _with_rows(monomial_basis(n, constraint.degree - h.degree), rows, pairs=True)
        basis = basis[[_reduced(_parity(row), span) == 0 for row in basis.tolist()]]
        if len(basis):
            multipliers.append(Multiplier(number, h, basis))
    return Frame(names, rows, frame.known, frame.parts, tuple(grams), tuple(multipliers))


def _with_rows(basis: Exponents, rows: int, pairs: bool = False) -> Exponents:
    """Return the monomials times each row's variable, or times the products of two of them."""
    if not rows:
        return basis
    units = np.eye(rows, dtype=np.int64)
    if pairs:
        first, second = np.triu_indices(rows)
        units = units[first] + units[second]
    return np.hstack([np.tile(basis, (len(units), 1)), np.repeat(units, len(basis), axis=0)])


def _in_range(basis: Exponents, polynomials: list[Polynomial], n: int) -> Exponents:
    """Return the monomials whose squares are within the degrees of the polynomials, in total and in each variable."""
    listed = [p.exponents for p in polynomials if len(p)]
    if not listed:
        return basis[:0]
    rows = np.concatenate(listed)
    total, squares = rows[:, :n].sum(axis=1), 2 * basis
    degrees = squares[:, :n].sum(axis=1)
    inside = (degrees >= total.min()) & (degrees <= total.max())
    inside &= ((squares >= rows.min(axis=0)) & (squares <= rows.max(axis=0))).all(axis=1)
    return basis[inside]


# -- parities of exponents ---------------------------------------------------------------------------------


def _parity(row: Iterable[int]) -> int:
    """Return the parities of exponents as bits."""
    return sum((e & 1) << i for i, e in enumerate(row))


def _reduced(bits: int, span: list[int]) -> int:
    for each in span:
        bits = min(bits, bits ^ each)
    return bits


def _parities(polynomials: list[Polynomial]) -> list[int]:
    """Return a basis, over the field of two elements, of the parities of all monomials, in falling order."""
    span: list[int] = []
    for row in {_parity(row) for p in polynomials for row in p.exponents.tolist()}:
        rest = _reduced(row, span)
        if rest:
            span = sorted([min(each, each ^ rest) for each in span] + [rest], reverse=True)
    return span


def _classes(basis: Exponents, span: list[int]) -> list[Exponents]:
    """Return the basis in parts of monomials whose products may occur."""
    keys = np.array([_reduced(_parity(row), span) for row in basis.tolist()], dtype=object)
    return [basis[keys == key] for key in dict.fromkeys(keys.tolist())]
