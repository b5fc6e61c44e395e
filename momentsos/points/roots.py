r"""All real roots of finitely many polynomial equations, each enclosed, with the proof that there are no more.

With `A` the ring modulo the equations (`momentsos.points.quotient`) and :math:`T_{bc} = \operatorname{tr}(M_{bc})`, the
trace form, the rank of `T` is the number of distinct complex roots, and its signature that of the real ones (Hermite).
For an integer combination :math:`u = \sum_i c_i x_i` the squarefree part `p` of the characteristic polynomial of
:math:`M_u` has as many roots as `T` has rank exactly where `u` tells all roots apart. Then real roots of `p` and of the
equations belong to each other, and with :math:`h_j` the Horner polynomials of `p`,

.. math::

    x_i = \frac{g_{x_i}(u)}{g_1(u)}, \qquad g_v(t) = \sum_j \operatorname{tr}(M_v M_u^j)\, h_{d-j-1}(t) .

The traces are rational numbers, roots of `p` are isolated in ball arithmetic, and so every root comes with an enclosure
that is proved. Their number is found twice, as a signature and by isolation.

Source: Pedersen, Roy and Szpirglas, *Counting real zeros in the multivariate case*, MEGA 92 (1993); Rouillier, *Solving
zero-dimensional systems through the rational univariate representation*, AAECC 9 (1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq, fmpq_mat, fmpq_poly
from numpy.typing import NDArray

from ..errors import InvalidInput, SolverFailed
from ..machine.checks import items, shown
from ..machine.notebooks import Row
from ..machine.records import Record
from ..polynomials import Constraint, Polynomial
from ..polynomials.comparison import Relation
from ..polynomials.polynomial import merge_variables
from .quotient import Quotient, quotient_of

#: Combinations of the variables that are tried, and bits with which roots are isolated, in turn.
_COMBINATIONS, _BITS = 40, (128, 256, 512, 1024, 4096, 16384)
#: An enclosure is this small, relative to the larger one of its coordinate and 1.
_FINE = 1e-25


@dataclass(frozen=True, eq=False, repr=False)
class RealRoots(Record):
    """The real solutions of polynomial equations: all of them.

    Attributes
    ----------
    variables : tuple of str
    points : (r, n) array
        The roots, rounded, in increasing order of their coordinates.
    enclosures : tuple of tuple of (Fraction, Fraction)
        For each root and coordinate two numbers between which it lies, proved; different roots have boxes without
        common points.
    multiplicities : tuple of int
        Of each root.
    complex_count : int
        The number of distinct complex solutions, the real ones among them.
    """

    variables: tuple[str, ...]
    points: NDArray[np.float64]
    enclosures: tuple[tuple[tuple[Fraction, Fraction], ...], ...]
    multiplicities: tuple[int, ...]
    complex_count: int

    def __len__(self) -> int:
        return len(self.points)

    def __str__(self) -> str:
        some = f"{len(self)} real {'root' if len(self) == 1 else 'roots'}, proved to be all"
        return "\n".join([f"{some}; {self.complex_count} complex", *(f"  {point}" for point in self.points)])

    def _table_rows(self) -> list[Row]:
        rows: list[Row] = [("real roots", str(len(self))), ("complex roots", str(self.complex_count))]
        return [*rows, *((f"root {i}", str(point)) for i, point in enumerate(self.points))]


def real_roots(equations: Sequence[Polynomial | Constraint] | Polynomial | Constraint) -> RealRoots:
    """Find all real solutions of polynomial equations that have finitely many complex ones.

    Parameters
    ----------
    equations : sequence of Polynomial or Constraint
        Polynomials that are to vanish, or equations made by `momentsos.equal`. Floats are the binary fractions that
        they are.

    Returns
    -------
    RealRoots
        Without points where there is no real root: that is proved as well.

    Raises
    ------
    InvalidInput
        Something is no equation, or the complex solutions are infinitely many: the message has their dimension.
    ProblemTooLarge
        More than 160 complex solutions, or a Gröbner basis that becomes too long.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> print(ms.real_roots([x**2 + y**2 - 5, x * y - 2]))
    4 real roots, proved to be all; 4 complex
      [-2. -1.]
      [-1. -2.]
      [1. 2.]
      [2. 1.]
    """
    listed = _equations(equations)
    names = listed[0].variables
    quotient = quotient_of(listed)
    if not quotient.dimension:
        return RealRoots(names, np.zeros((0, len(names))), (), (), 0)
    real, distinct = _counts(quotient)
    if not real:
        return RealRoots(names, np.zeros((0, len(names))), (), (), distinct)
    combination, p = _separating(quotient, distinct)
    numerators, below = _representation(quotient, combination, p)
    for bits in _BITS:
        before, ctx.prec = ctx.prec, bits
        try:
            found = _enclosed(p, numerators, below)
        finally:
            ctx.prec = before
        if found is not None and len(found) == real and _apart(found):
            return _record(names, found, distinct)
    raise SolverFailed(f"{real} real roots were counted, and not told apart with {_BITS[-1]} bits")


def _equations(given: object) -> list[Polynomial]:
    """Return the equations as polynomials in all variables."""
    one = isinstance(given, Polynomial | Constraint)
    listed = [given] if one else items(given, "equations", "a list of polynomials that are to vanish")
    found: list[Polynomial] = []
    for i, each in enumerate(listed):
        if isinstance(each, Constraint):
            if each.relation is not Relation.ZERO:
                raise InvalidInput(f"equations[{i}]: an inequality, expected equations: minimise over it instead")
            each = each.polynomial
        if not isinstance(each, Polynomial):
            raise InvalidInput(f"equations[{i}]: expected a polynomial, got {shown(each)}")
        if each:
            found.append(each)
    merged = merge_variables(*(p.variables for p in found))
    occurs = {name for p in found for name, used in zip(p.variables, p.support.occurs.tolist(), strict=True) if used}
    names = [name for name in merged if name in occurs]
    if not names:
        raise InvalidInput("equations: expected at least one polynomial in which a variable occurs")
    return [p.over(names) for p in found]


def _matrix_of(quotient: Quotient, combination: Sequence[int]) -> fmpq_mat:
    size = quotient.dimension
    total = fmpq_mat(size, size)
    for c, matrix in zip(combination, quotient.multiplications, strict=True):
        total = total + matrix * fmpq(c)
    return total


def _trace(matrix: fmpq_mat) -> fmpq:
    return sum((matrix[i, i] for i in range(matrix.nrows())), fmpq(0))


def _counts(quotient: Quotient) -> tuple[int, int]:
    """Return the numbers of distinct real and of distinct complex roots, from the trace form."""
    size = quotient.dimension
    powers: dict[tuple[int, ...], fmpq_mat] = {quotient.monomials[0]: _identity(size)}
    for key in quotient.monomials[1:]:
        j = next(i for i, power in enumerate(key) if power and (*key[:i], power - 1, *key[i + 1 :]) in powers)
        powers[key] = powers[(*key[:j], key[j] - 1, *key[j + 1 :])] * quotient.multiplications[j]
    traces = [_trace(powers[key]) for key in quotient.monomials]  # of the basis: a product is a combination of it
    form = []
    for key in quotient.monomials:
        rows = powers[key].tolist()  # row k: key times the k-th monomial, in the basis
        form.append([sum((v * t for v, t in zip(row, traces, strict=True) if v), fmpq(0)) for row in rows])
    matrix = fmpq_mat(form)
    coefficients = matrix.charpoly().coeffs()
    rank = matrix.rank()
    signs = [value for value in coefficients if value]
    positive = sum(1 for a, b in pairwise(signs) if (a > 0) != (b > 0))  # all roots are real
    return 2 * positive - rank, rank


def _identity(size: int) -> fmpq_mat:
    return fmpq_mat([[fmpq(int(i == j)) for j in range(size)] for i in range(size)])


def _separating(quotient: Quotient, distinct: int) -> tuple[list[int], fmpq_poly]:
    """Return integers whose combination tells all roots apart, and the squarefree polynomial of its values."""
    n = len(quotient.multiplications)
    for k in range(_COMBINATIONS):
        combination = [(k + 1) ** i if k else int(i == 0) for i in range(n)]
        polynomial = _matrix_of(quotient, combination).charpoly()
        p = polynomial / polynomial.gcd(polynomial.derivative())
        if p.degree() == distinct:
            return combination, p / p[p.degree()]
    raise SolverFailed("no small combination of the variables tells the roots apart")


def _representation(quotient: Quotient, combination: Sequence[int], p: fmpq_poly) -> tuple[list[fmpq_poly], fmpq_poly]:
    """Return the numerators of the coordinates as polynomials in the combination, and their denominator."""
    u, degree = _matrix_of(quotient, combination), p.degree()
    horner = [fmpq_poly([p[degree - k] for k in reversed(range(j + 1))]) for j in range(degree)]
    powers = [_identity(quotient.dimension)]
    for _ in range(degree - 1):
        powers.append(powers[-1] * u)

    def represented(matrix: fmpq_mat) -> fmpq_poly:
        parts = (horner[degree - j - 1] * _trace(matrix * power) for j, power in enumerate(powers))
        return sum(parts, fmpq_poly([0]))

    return [represented(matrix) for matrix in quotient.multiplications], represented(powers[0])


@dataclass(frozen=True, eq=False)
class _Root:
    coordinates: tuple[Any, ...]
    multiplicity: int


def _enclosed(p: fmpq_poly, numerators: list[fmpq_poly], below: fmpq_poly) -> list[_Root] | None:
    """Return the real roots in ball arithmetic, None where the precision is too small."""
    found = []
    isolated: Any = p.numer().complex_roots()
    for root, _ in isolated:
        if not root.imag.is_zero():
            if root.imag.contains(0):
                return None
            continue
        t = root.real
        bottom, slope = _at(below, t), _at(p.derivative(), t)
        if bottom.contains(0) or slope.contains(0):
            return None
        coordinates = tuple(_at(top, t) / bottom for top in numerators)
        if any(float(x.rad()) > _FINE * max(1.0, abs(float(x.mid()))) for x in coordinates):
            return None
        times = (bottom / slope).unique_fmpz()
        if times is None:
            return None
        found.append(_Root(coordinates, int(times)))
    return found


def _apart(roots: list[_Root]) -> bool:
    """Whether no two boxes have a common point."""
    return not any(
        all(x.overlaps(y) for x, y in zip(a.coordinates, b.coordinates, strict=True)) for a, b in combinations(roots, 2)
    )


def _at(polynomial: fmpq_poly, t: Any) -> Any:
    total = arb(0)
    for value in reversed(polynomial.coeffs()):
        total = total * t + arb(value)
    return total


def _record(names: tuple[str, ...], roots: list[_Root], distinct: int) -> RealRoots:
    ordered = sorted(roots, key=lambda root: [float(x.mid()) for x in root.coordinates])
    points = np.array([[0.0 if x.contains(0) else float(x.mid()) for x in root.coordinates] for root in ordered])
    boxes = tuple(tuple(_ends(x) for x in root.coordinates) for root in ordered)
    return RealRoots(names, points, boxes, tuple(root.multiplicity for root in ordered), distinct)


def _ends(x: Any) -> tuple[Fraction, Fraction]:
    """Return the ends of a ball."""
    middle, radius = (_exactly(part) for part in (x.mid(), x.rad()))
    return middle - radius, middle + radius


def _exactly(x: Any) -> Fraction:
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
