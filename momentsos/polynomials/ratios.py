r"""Sums of ratios of polynomials, :math:`f + \sum_i p_i / q_i`, as objectives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..machine.checks import shown
from ..machine.notebooks import Shown
from ..machine.records import Record
from .polynomial import Polynomial, merge_variables

Pair = tuple[Polynomial, Polynomial]


@dataclass(frozen=True, eq=False, repr=False)
class RationalSum(Shown, Record):
    r"""A polynomial and ratios, :math:`f + \sum_i p_i / q_i`.

    Sums, differences, and products with numbers and polynomials are of this kind again; ratios with the same
    denominator are added up. `momentsos.ratio` makes one.

    Attributes
    ----------
    polynomial : Polynomial
        The `f`.
    ratios : tuple of (Polynomial, Polynomial)
        The `p_i` and `q_i`.
    """

    polynomial: Polynomial
    ratios: tuple[Pair, ...]

    @classmethod
    def of(cls, polynomial: Polynomial, ratios: list[Pair]) -> RationalSum:
        """Return a sum over common variables, in which no denominator occurs twice, or is a number."""
        names = merge_variables(polynomial.variables, *(p.variables for pair in ratios for p in pair))
        whole, kept = polynomial.over(names), dict[Polynomial, Polynomial]()
        for numerator, denominator in ratios:
            p, q = numerator.over(names), denominator.over(names)
            if q.degree == 0:
                number = q.coefficients[0]
                whole = whole + (p / number if _divides(p, number) else p * (1 / Fraction(number)))
                continue
            kept[q] = kept[q] + p if q in kept else p
        return cls(whole, tuple((p, q) for q, p in kept.items() if p))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables."""
        return self.polynomial.variables

    def __call__(self, point: ArrayLike) -> Any:
        """Evaluate at one point ``(n,)`` or at many ``(points, n)``; not a number, or infinite, at poles."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.asarray(self.polynomial(point))
            for p, q in self.ratios:
                found = found + np.divide(p(point), q(point))
        return float(found) if found.ndim == 0 else found

    def __add__(self, other: object) -> RationalSum:
        given = _as_sum(other)
        if given is None:
            return NotImplemented
        return RationalSum.of(self.polynomial + given.polynomial, [*self.ratios, *given.ratios])

    __radd__ = __add__

    def __neg__(self) -> RationalSum:
        return RationalSum(-self.polynomial, tuple((-p, q) for p, q in self.ratios))

    def __pos__(self) -> RationalSum:
        return self

    def __sub__(self, other: object) -> RationalSum:
        given = _as_sum(other)
        return NotImplemented if given is None else self + (-given)

    def __rsub__(self, other: object) -> RationalSum:
        given = _as_sum(other)
        return NotImplemented if given is None else given + (-self)

    def __mul__(self, other: object) -> RationalSum:
        if isinstance(other, bool) or not isinstance(other, Real | Polynomial):
            return NotImplemented
        return RationalSum.of(self.polynomial * other, [(p * other, q) for p, q in self.ratios])

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> RationalSum:
        if isinstance(other, bool) or not isinstance(other, Real):
            return NotImplemented
        return RationalSum.of(self.polynomial / other, [(p / other, q) for p, q in self.ratios])

    def _refuse(self, other: object) -> NoReturn:
        raise InvalidInput(
            "a sum of ratios is compared: expected polynomials; multiply p / q <= c by the denominator, p <= c * q, "
            "where that is positive"
        )

    __ge__ = __le__ = __gt__ = __lt__ = _refuse

    def __str__(self) -> str:
        shown_parts = [str(self.polynomial)] if self.polynomial else []
        return " + ".join([*shown_parts, *(f"({p})/({q})" for p, q in self.ratios)]) or "0"


def ratio(numerator: object, denominator: object) -> RationalSum:
    """Return the ratio of two polynomials, for objectives that are sums of ratios.

    Where the objective is minimised or maximised, each denominator has to be positive on the feasible set: `solve`
    proves it, or names the point where it fails.

    Parameters
    ----------
    numerator, denominator : Polynomial or number
        One of them a polynomial.

    Raises
    ------
    InvalidInput
        Something else, or a denominator that is zero.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> problem = ms.Problem(minimize=ms.ratio(x, 1 + x**2) + ms.ratio(y, 1 + y**2))
    >>> round(ms.solve(problem).upper_bound, 6)
    -1.0
    """
    given = []
    for value, name in ((numerator, "numerator"), (denominator, "denominator")):
        if not isinstance(value, Polynomial) and (isinstance(value, bool) or not isinstance(value, Real)):
            raise InvalidInput(f"ratio: {name}: expected a polynomial or a number, got {shown(value)}")
        given.append(value if isinstance(value, Polynomial) else Polynomial.constant(value))  # type: ignore[arg-type]
    p, q = given
    if not q:
        raise InvalidInput("ratio: the denominator is zero")
    return RationalSum.of(Polynomial.constant(0.0, merge_variables(p.variables, q.variables)), [(p, q)])


def _as_sum(value: object) -> RationalSum | None:
    if isinstance(value, RationalSum):
        return value
    if isinstance(value, Polynomial):
        return RationalSum(value, ())
    if isinstance(value, Real) and not isinstance(value, bool):
        return RationalSum(Polynomial.constant(value), ())  # type: ignore[arg-type]  # numbers.Real is no float
    return None


def _divides(p: Polynomial, number: Any) -> bool:
    """Whether dividing a polynomial's coefficients by a number rounds none of them."""
    if isinstance(number, Fraction) or p.is_exact:
        return False
    with np.errstate(all="ignore"):
        quotients = p.coefficients / number
    exact = (
        [Fraction(c) == Fraction(q) * Fraction(number) for c, q in zip(p.coefficients, quotients, strict=True)]
        if np.isfinite(quotients).all()
        else [False]
    )
    return all(exact)
