"""The immutable sparse polynomial and its ring operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import names as named
from ..machine.checks import real_array, shown
from ..machine.notebooks import Shown
from .coefficients import as_coefficients, rounded, rounding, same_kind
from .comparison import at_least, at_most, refuse_strict
from .exponents import MAX_DEGREE, Exponents, combine
from .products import multiply_terms
from .support import Support
from .text import term


@dataclass(frozen=True, eq=False)
class Polynomial(Shown):
    r"""A polynomial :math:`\sum_\alpha c_\alpha x^\alpha` with like terms merged, zeros dropped, terms in graded order.

    Polynomials in different variables combine: the result has the variables of the left one first.
    Comparison with ``==`` is identity of the polynomials as functions of their named variables.

    Coefficients are floats, or exact as soon as one of them is given exactly: as a fraction, a rational number of
    SymPy, a `decimal.Decimal` or an integer beyond :math:`2^{53}`. They then stay exact through ring operations,
    calculus, substitution, `Problem`, JSON and SymPy, both ways; `exact` are the fractions, and `values` the floats
    nearest to them, which evaluation takes. Operations on floats round. So ``x / 3`` has a rounded coefficient, as
    ``1 / 3`` in Python, and ``x * Fraction(1, 3)`` an exact one; and ``(x - 123456789) ** 2`` rounds its constant,
    which no float is, while ``(x - Fraction(123456789)) ** 2`` does not.

    Attributes
    ----------
    support : Support
        The monomials. Polynomials that were made together may share one, and then hold the same object.
    coefficients : (terms,) array
        float64, or object holding `fractions.Fraction` where they are exact; a float that meets a fraction is
        taken as the exact binary fraction that it is.
    variables : tuple of str
        The names, one a column of `exponents`.
    """

    support: Support
    coefficients: NDArray[Any]
    variables: tuple[str, ...]

    # NumPy scalars on the left leave the operation to us instead of making an array of polynomials.
    __array_ufunc__ = None

    @classmethod
    def from_terms(
        cls, exponents: ArrayLike, coefficients: ArrayLike | Sequence[float | Fraction], variables: Sequence[str]
    ) -> Polynomial:
        """Make a polynomial from exponent rows and coefficients; like terms are merged.

        Raises
        ------
        InvalidInput
            Negative or fractional exponents, numbers that are not finite, shapes or names that do not fit.
        """
        names = named(variables, "variables")
        rows = _whole_numbers(exponents)
        values = as_coefficients(coefficients)
        if len(set(names)) != len(names):
            raise InvalidInput(f"variables {names}: expected distinct names")
        if rows.size == 0 and len(values) * len(names) == 0:
            rows = rows.reshape(len(values), len(names))
        if rows.ndim != 2 or rows.shape != (len(values), len(names)):
            raise InvalidInput(
                f"exponents of shape {rows.shape} for {len(values)} coefficients and {len(names)} variables: "
                f"expected {(len(values), len(names))}"
            )
        _check_degree(int(rows.sum(axis=1).max(initial=0)))
        return cls._merged(rows, values, names)

    @classmethod
    def constant(cls, value: float | Fraction, variables: Sequence[str] = ()) -> Polynomial:
        """Return the constant polynomial `value` in `variables`."""
        names, coefficient = named(variables, "variables"), as_coefficients([value])
        if coefficient.shape != (1,):
            raise InvalidInput(f"constant: expected one number, got {shown(value)}")
        return cls._merged(np.zeros((1, len(names)), dtype=np.int64), coefficient, names)

    @classmethod
    def _merged(cls, exponents: Exponents, coefficients: NDArray[Any], variables: tuple[str, ...]) -> Polynomial:
        rows, values = combine(exponents, coefficients)
        rows.setflags(write=False)
        values.setflags(write=False)
        return cls(Support(rows), values, variables)

    # -- facts ---------------------------------------------------------------------------------------------

    @property
    def exponents(self) -> Exponents:
        """The exponents of the monomials, shape (terms, n)."""
        return self.support.rows

    @property
    def degree(self) -> int:
        """The total degree, 0 for constants and for the zero polynomial."""
        return self.support.degree

    @property
    def is_exact(self) -> bool:
        """Whether the coefficients are fractions."""
        return self.coefficients.dtype.hasobject

    @property
    def exact(self) -> tuple[Fraction, ...]:
        """The coefficients as exact rational numbers; floats are the binary fractions that they are."""
        return tuple(map(Fraction, self.coefficients.tolist()))

    @property
    def values(self) -> NDArray[np.float64]:
        """The coefficients as floats, each rounded once, shape (terms,); infinite beyond the range of floats."""
        return self._rounded if self.is_exact else self.coefficients

    @cached_property
    def _rounded(self) -> NDArray[np.float64]:
        return rounded(self.coefficients)

    @property
    def fine(self) -> NDArray[np.float64]:
        """The digits of the coefficients that `values` have not, shape (terms,): zero where they are floats."""
        return rounding(self.coefficients, self.values) if self.is_exact else np.zeros(len(self))

    @cached_property
    def scale(self) -> float:
        """The largest absolute coefficient, 0 for the zero polynomial."""
        return float(np.abs(self.values).max(initial=0.0))

    def __len__(self) -> int:
        return len(self.coefficients)

    def __bool__(self) -> bool:
        return len(self) > 0

    def degree_in(self, names: Sequence[str]) -> int:
        """Return the largest total degree in the variables `names` alone."""
        columns = [self.variables.index(name) for name in named(names, "names") if name in self.variables]
        return int(self.exponents[:, columns].sum(axis=1).max(initial=0))

    def coefficient(self, exponents: Sequence[int]) -> float | Fraction:
        """Return the coefficient of one monomial, 0 when it does not occur."""
        row = _whole_numbers(exponents)
        if row.shape != (len(self.variables),):
            raise InvalidInput(f"exponents of shape {row.shape}: expected ({len(self.variables)},), one a variable")
        match = np.flatnonzero((self.exponents == row).all(axis=1))
        value = self.coefficients[match[0]] if match.size else 0.0
        return value if isinstance(value, Fraction) else float(value)

    # -- variables -----------------------------------------------------------------------------------------

    def over(self, variables: Sequence[str]) -> Polynomial:
        """Return the same polynomial over `variables`, which may be more, fewer (unused ones) or in other order.

        Raises
        ------
        InvalidInput
            When a variable that occurs is not among them.
        """
        names = variables if type(variables) is tuple else named(variables, "variables")
        if names == self.variables:
            return self
        names = named(names, "variables")
        used = self.support.occurs
        missing = [name for name, use in zip(self.variables, used, strict=True) if use and name not in names]
        if missing:
            raise InvalidInput(f"variables {missing} occur in the polynomial but not in {list(names)}")
        rows = np.zeros((len(self), len(names)), dtype=np.int64)
        for column, name in enumerate(self.variables):
            if used[column]:
                rows[:, names.index(name)] = self.exponents[:, column]
        return Polynomial._merged(rows, self.coefficients, names)

    def _aligned(self, other: object) -> tuple[Polynomial, Polynomial] | None:
        if not isinstance(other, Polynomial):
            if not isinstance(other, Real):
                return None
            other = Polynomial.constant(other, self.variables)  # type: ignore[arg-type]  # numbers.Real is no float
        if self.variables == other.variables:
            return self, other
        names = merge_variables(self.variables, other.variables)
        return self.over(names), other.over(names)

    # -- ring ----------------------------------------------------------------------------------------------

    def __add__(self, other: object) -> Polynomial:
        pair = self._aligned(other)
        if pair is None:
            return _with_complex(self, other, "__add__")
        left, right = pair
        a, b = same_kind(left.coefficients, right.coefficients)
        return Polynomial._merged(
            np.concatenate([left.exponents, right.exponents]), np.concatenate([a, b]), left.variables
        )

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial(self.support, -self.coefficients, self.variables)

    def __pos__(self) -> Polynomial:
        return self

    def __sub__(self, other: object) -> Polynomial:
        pair = self._aligned(other)  # first, for an unsigned integer has no negative
        return _with_complex(self, other, "__sub__") if pair is None else pair[0] + (-pair[1])

    def __rsub__(self, other: object) -> Polynomial:
        pair = self._aligned(other)
        return _with_complex(self, other, "__rsub__") if pair is None else pair[1] + (-pair[0])

    def __mul__(self, other: object) -> Polynomial:
        if not isinstance(other, Polynomial) and isinstance(other, Real):
            values, factor = same_kind(self.coefficients, as_coefficients([other]))
            return Polynomial._merged(self.exponents, values * factor, self.variables)
        pair = self._aligned(other)
        if pair is None:
            return _with_complex(self, other, "__mul__")
        left, right = pair
        _check_degree(left.degree + right.degree)
        a, b = same_kind(left.coefficients, right.coefficients)
        rows, values = multiply_terms(left.exponents, a, right.exponents, b)
        return Polynomial._merged(rows, values, left.variables)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Polynomial:
        if not isinstance(other, Real):
            return NotImplemented
        if other == 0:
            raise InvalidInput("division of a polynomial by zero")
        values, divisor = same_kind(self.coefficients, as_coefficients([other]))
        return Polynomial._merged(self.exponents, values / divisor, self.variables)

    def __pow__(self, power: int) -> Polynomial:
        if isinstance(power, bool) or not isinstance(power, int | np.integer) or power < 0:
            raise InvalidInput(f"power {power!r} of a polynomial: expected a nonnegative integer")
        if power == 1:
            return self
        _check_degree(self.degree * int(power))
        if len(self) == 1:
            return Polynomial._merged(self.exponents * int(power), self.coefficients**power, self.variables)
        result, base, rest = Polynomial.constant(1.0, self.variables), self, int(power)
        while rest:
            result = result * base if rest & 1 else result
            rest >>= 1
            base = base * base if rest else base
        return result

    def __eq__(self, other: object) -> bool:
        pair = self._aligned(other)
        if pair is None:
            return NotImplemented
        left, right = pair
        return np.array_equal(left.exponents, right.exponents) and bool((left.coefficients == right.coefficients).all())

    def __hash__(self) -> int:
        names = [name for name, use in zip(self.variables, self.support.occurs, strict=True) if use]
        reduced = self.over(sorted(names))
        return hash((reduced.variables, reduced.exponents.tobytes(), tuple(reduced.coefficients)))

    __ge__, __le__ = at_least, at_most
    __gt__ = __lt__ = refuse_strict

    # -- calculus, evaluation, substitution ----------------------------------------------------------------

    def derivative(self, variable: str) -> Polynomial:
        """Return the partial derivative in `variable` (zero when it does not occur)."""
        if not isinstance(variable, str):
            raise InvalidInput(f"variable: expected a name, got {shown(variable)}")
        if variable not in self.variables:
            return Polynomial.constant(0.0, self.variables)
        column = self.variables.index(variable)
        powers = self.exponents[:, column]
        keep = powers > 0
        rows = self.exponents[keep].copy()
        rows[:, column] -= 1
        return Polynomial._merged(rows, self.coefficients[keep] * powers[keep], self.variables)

    def gradient(self) -> list[Polynomial]:
        """Return the partial derivatives in all variables, in their order."""
        return [self.derivative(name) for name in self.variables]

    def __call__(self, points: ArrayLike) -> Any:
        """Evaluate at one point ``(n,)`` or at many ``(points, n)``; see `evaluate_terms`."""
        from .evaluation import evaluate_terms

        array = points if type(points) is np.ndarray and points.dtype == np.float64 else real_array(points, "points")
        if array.shape[-1:] != (len(self.variables),) or array.ndim > 2:
            raise InvalidInput(
                f"points of shape {array.shape}: expected (points, {len(self.variables)}) or ({len(self.variables)},)"
            )
        values = evaluate_terms(self.exponents, self.values, np.atleast_2d(array))
        return float(values[0]) if array.ndim == 1 else values

    def substitute(self, replacements: Mapping[str, Polynomial | float | Fraction]) -> Polynomial:
        """Replace variables by polynomials or numbers, all at once.

        Raises
        ------
        InvalidInput
            When a name is not one of the variables.
        """
        from .substitution import substitute

        return substitute(self, replacements)

    # -- copies and words ----------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.support, self.coefficients, self.variables)

    def __repr__(self) -> str:
        return f"Polynomial({self._shown(8):.300})"

    def __str__(self) -> str:
        return self._shown(40)

    def _shown(self, most: int) -> str:
        """Return the first terms, and how many there are where these are not all."""
        terms = zip(self.exponents[:most], self.coefficients[:most], strict=True)
        text = " + ".join(term(row, value, self.variables) for row, value in terms).replace("+ -", "- ")
        return (text or "0") + (f" + … ({len(self)} terms)" if len(self) > most else "")


def _with_complex(polynomial: Polynomial, other: object, operation: str) -> Any:
    """Return what an operation with a complex number gives, a `ComplexPolynomial`; `NotImplemented` for others."""
    from .conjugates import ComplexPolynomial

    return getattr(ComplexPolynomial.of(polynomial), operation)(other) if isinstance(other, complex) else NotImplemented


def _again(support: Support, coefficients: NDArray[Any], variables: tuple[str, ...]) -> Polynomial:
    """Return a polynomial that was pickled or copied; arrays come back writable."""
    coefficients.setflags(write=False)
    return Polynomial(support, coefficients, variables)


def variables(*names: str | Sequence[str]) -> tuple[Polynomial, ...]:
    """Return one polynomial a variable, over all of them.

    The names are ``"x", "y"``, or one text ``"x y"``, or a list of names.

    Returns
    -------
    tuple of Polynomial
        One for each name, in order.

    Raises
    ------
    InvalidInput
        When a name is not an identifier or occurs twice.
    """
    texts = [name for part in names for name in ((part,) if isinstance(part, str) else named(part, "variables"))]
    flat = tuple(name for text in texts for name in text.replace(",", " ").split())
    wrong = [name for name in flat if not name.isidentifier()]
    if not flat or wrong or len(set(flat)) != len(flat):
        raise InvalidInput(f"variables {texts!r:.200}: expected distinct identifiers such as 'x', 'y' or 'x y'")
    identity = np.eye(len(flat), dtype=np.int64)
    return tuple(Polynomial._merged(identity[i : i + 1], np.ones(1), flat) for i in range(len(flat)))


def merge_variables(*groups: Sequence[str]) -> tuple[str, ...]:
    """Return all names in order of first appearance."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _whole_numbers(exponents: object) -> Exponents:
    """Return exponents as integers; raise `InvalidInput` for what are none."""
    if isinstance(exponents, np.ndarray) and exponents.dtype.kind in "iu":
        rows = exponents
    else:
        rows = real_array(exponents, "exponents", "nonnegative integers")
    if not ((rows >= 0) & (rows <= MAX_DEGREE)).all() or (rows != np.floor(rows)).any():
        raise InvalidInput(f"exponents: expected nonnegative integers of at most {MAX_DEGREE}")
    return rows.astype(np.int64)


def _check_degree(degree: int) -> None:
    if degree > MAX_DEGREE:
        raise InvalidInput(f"a polynomial of degree {degree}: expected at most {MAX_DEGREE}")
