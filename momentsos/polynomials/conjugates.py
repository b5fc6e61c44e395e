r"""Polynomials in complex variables and their conjugates, with complex coefficients.

A polynomial is kept as two real ones, of the real and of the imaginary parts of its coefficients, in which each
variable `z` and its conjugate are two letters. Conjugation exchanges the letters and turns the second one's sign. So
coefficients are floats or exact as those of `momentsos.Polynomial` are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Complex, Real
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import converted, shown
from ..machine.notebooks import Shown
from ..machine.records import Record
from .comparison import Relation
from .polynomial import Polynomial, merge_variables, variables
from .text import term

#: A monomial in the letters, and the real and imaginary part of its coefficient.
Terms = dict[tuple[int, ...], tuple[Fraction, Fraction]]
#: Terms of a polynomial that are written out.
_SHOWN = 40


def letter_of_conjugate(name: str) -> str:
    """Return the letter that stands for the conjugate of a variable."""
    return f"conj({name})"


@dataclass(frozen=True, eq=False, repr=False)
class ComplexPolynomial(Shown, Record):
    r"""A polynomial :math:`\sum c_{\alpha\beta\gamma}\, z^\alpha \bar z^\beta x^\gamma` with complex coefficients.

    Sums, products and powers combine with real polynomials and with numbers. Comparisons ``<=`` and ``>=`` make
    constraints for `momentsos.ComplexProblem`; ``==`` asks whether both are the same polynomial.

    Attributes
    ----------
    real_terms, imaginary_terms : Polynomial
        The polynomials that have the real and the imaginary parts of the coefficients as theirs, in the same letters:
        a complex variable `z` has two, ``z`` and ``conj(z)``.
    names : tuple of str
        The complex variables; the other letters that are no conjugates are real variables.

    Examples
    --------
    >>> import momentsos as ms
    >>> z, w = ms.complex_variables("z w")
    >>> print(ms.conj(1j * z + w))
    -i*conj(z) + conj(w)
    >>> ms.abs2(z) == z * z.conj()
    True
    """

    real_terms: Polynomial
    imaginary_terms: Polynomial
    names: tuple[str, ...]

    # NumPy scalars on the left leave the operation to us instead of making an array of polynomials.
    __array_ufunc__ = None

    @classmethod
    def of(cls, value: object) -> ComplexPolynomial:
        """Return a real polynomial or a number as a complex polynomial; variables that do not occur are left out.

        Raises
        ------
        InvalidInput
            Something else, or a number that is not finite.
        """
        found = _as_complex(value)
        if found is None:
            raise InvalidInput(f"expected a polynomial or a number, got {shown(value)}")
        return found

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of both polynomials, in their order."""
        return self.real_terms.variables

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, real and complex, in order."""
        conjugates = set(map(letter_of_conjugate, self.names))
        return tuple(name for name in self.letters if name not in conjugates)

    @property
    def degree(self) -> int:
        """The total degree, in the variables and their conjugates together."""
        return max(self.real_terms.degree, self.imaginary_terms.degree)

    @property
    def terms(self) -> Terms:
        """Exact coefficients by exponents of `letters`, in graded order."""
        zero = Fraction(0)
        parts = [
            dict(zip(map(tuple, p.exponents.tolist()), p.exact, strict=True))
            for p in (self.real_terms, self.imaginary_terms)
        ]
        rows = sorted({*parts[0], *parts[1]}, key=lambda row: (sum(row), [-power for power in row]))
        return {row: (parts[0].get(row, zero), parts[1].get(row, zero)) for row in rows}

    def conj(self) -> ComplexPolynomial:
        """Return the complex conjugate; real variables are their own."""
        order = [_partner(letter, self.names) for letter in self.letters]
        a, b = (
            Polynomial.from_terms(p.exponents, p.coefficients, order).over(self.letters)
            for p in (self.real_terms, self.imaginary_terms)
        )
        return ComplexPolynomial(a, -b, self.names)

    def __bool__(self) -> bool:
        return bool(self.real_terms) or bool(self.imaginary_terms)

    # -- ring ----------------------------------------------------------------------------------------------

    def __add__(self, other: object) -> ComplexPolynomial:
        pair = _aligned(self, other)
        if pair is None:
            return NotImplemented
        p, q = pair
        return ComplexPolynomial(p.real_terms + q.real_terms, p.imaginary_terms + q.imaginary_terms, p.names)

    __radd__ = __add__

    def __neg__(self) -> ComplexPolynomial:
        return ComplexPolynomial(-self.real_terms, -self.imaginary_terms, self.names)

    def __pos__(self) -> ComplexPolynomial:
        return self

    def __sub__(self, other: object) -> ComplexPolynomial:
        given = _as_complex(other)
        return NotImplemented if given is None else self + (-given)

    def __rsub__(self, other: object) -> ComplexPolynomial:
        given = _as_complex(other)
        return NotImplemented if given is None else (-self) + given

    def __mul__(self, other: object) -> ComplexPolynomial:
        pair = _aligned(self, other)
        if pair is None:
            return NotImplemented
        p, q = pair
        a, b, c, d = p.real_terms, p.imaginary_terms, q.real_terms, q.imaginary_terms
        return ComplexPolynomial(a * c - b * d, a * d + b * c, p.names)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> ComplexPolynomial:
        if isinstance(other, bool) or not isinstance(other, Complex):
            return NotImplemented
        if other == 0:
            raise InvalidInput("division of a polynomial by zero")
        if isinstance(other, Real):
            return ComplexPolynomial(self.real_terms / other, self.imaginary_terms / other, self.names)
        return self * (1 / complex(other))

    def __pow__(self, power: int) -> ComplexPolynomial:
        if isinstance(power, bool) or not isinstance(power, int | np.integer) or power < 0:
            raise InvalidInput(f"power {power!r} of a polynomial: expected a nonnegative integer")
        if not self.imaginary_terms:
            return ComplexPolynomial(self.real_terms**power, self.imaginary_terms, self.names)
        result, base, rest = ComplexPolynomial.of(1.0), self, int(power)
        while rest:
            result = result * base if rest & 1 else result
            rest >>= 1
            base = base * base if rest else base
        return result

    def __eq__(self, other: object) -> bool:
        pair = _aligned(self, other)
        if pair is None:
            return NotImplemented
        p, q = pair
        return p.real_terms == q.real_terms and p.imaginary_terms == q.imaginary_terms

    def __hash__(self) -> int:
        return hash((self.real_terms, self.imaginary_terms))

    def __ge__(self, other: object) -> ComplexConstraint:
        difference = self.__sub__(other)
        return NotImplemented if difference is NotImplemented else ComplexConstraint(difference)

    def __le__(self, other: object) -> ComplexConstraint:
        difference = self.__rsub__(other)
        return NotImplemented if difference is NotImplemented else ComplexConstraint(difference)

    def __gt__(self, other: object) -> NoReturn:
        raise InvalidInput("< and > between polynomials: expected <= or >=; a set without its border has no minimum")

    __lt__ = __gt__

    # -- values and words ----------------------------------------------------------------------------------

    def __call__(self, points: ArrayLike) -> Any:
        """Evaluate at one point ``(n,)`` or at many ``(points, n)``, complex numbers in the order of `variables`.

        Raises
        ------
        InvalidInput
            Another shape, or what are no numbers.
        """
        array = converted(lambda given: np.array(given, dtype=complex), points, "points", "complex numbers")
        n = len(self.variables)
        if array.shape[-1:] != (n,) or array.ndim > 2:
            raise InvalidInput(f"points of shape {array.shape}: expected (points, {n}) or ({n},)")
        places = {name: place for place, name in enumerate(self.variables)}
        values = np.empty((*array.shape[:-1], len(self.letters)), dtype=complex)
        for column, letter in enumerate(self.letters):
            own = letter in places
            value = array[..., places[letter if own else _partner(letter, self.names)]]
            values[..., column] = value if own else np.conj(value)
        found = np.zeros(array.shape[:-1], dtype=complex)
        for p, unit in ((self.real_terms, 1), (self.imaginary_terms, 1j)):
            for row, value in zip(p.exponents, p.values, strict=True):
                found = found + unit * value * np.prod(values**row, axis=-1)
        return complex(found) if array.ndim == 1 else found

    def __repr__(self) -> str:
        return f"ComplexPolynomial({self!s:.300})"

    def __str__(self) -> str:
        listed = list(self.terms.items())
        parts = [_term(row, value, self.letters) for row, value in listed[:_SHOWN]]
        text = " + ".join(parts).replace("+ -", "- ") or "0"
        return text + (f" + … ({len(listed)} terms)" if len(listed) > _SHOWN else "")


@dataclass(frozen=True, eq=False, repr=False)
class ComplexConstraint(Shown, Record):
    """What a comparison of complex polynomials asks: `polynomial` is zero, or real-valued and nonnegative.

    Attributes
    ----------
    polynomial : ComplexPolynomial
    relation : Relation
    """

    polynomial: ComplexPolynomial
    relation: Relation = Relation.AT_LEAST_ZERO

    def __bool__(self) -> NoReturn:
        raise InvalidInput(f"{self!s:.120}: a constraint is neither true nor false; write a chain as two comparisons")

    def __str__(self) -> str:
        return f"{self.polynomial} {self.relation.value} 0"


def complex_variables(*names: str | Sequence[str]) -> tuple[ComplexPolynomial, ...]:
    """Return one complex polynomial a variable.

    The names are given as for `momentsos.variables`.

    Returns
    -------
    tuple of ComplexPolynomial
        One for each name, in order.

    Raises
    ------
    InvalidInput
        When a name is not an identifier or occurs twice.
    """
    flat = variables(*names)[0].variables
    letters = tuple(letter for name in flat for letter in (name, letter_of_conjugate(name)))
    identity, none = np.eye(len(letters), dtype=np.int64), Polynomial.constant(0.0, letters)
    return tuple(
        ComplexPolynomial(Polynomial.from_terms(identity[2 * i : 2 * i + 1], [1.0], letters), none, flat)
        for i in range(len(flat))
    )


def conj(value: Any) -> Any:
    """Return the complex conjugate of a polynomial or number; real ones are their own, as they are.

    Raises
    ------
    InvalidInput
        Something else.
    """
    if isinstance(value, Polynomial) or (isinstance(value, Real) and not isinstance(value, bool)):
        return value
    return ComplexPolynomial.of(value).conj()


def real(value: Any) -> ComplexPolynomial:
    r"""Return the real part, :math:`(p + \bar p) / 2`, of a polynomial or number.

    Raises
    ------
    InvalidInput
        Something else.
    """
    p = ComplexPolynomial.of(value)
    return (p + p.conj()) / 2


def imag(value: Any) -> ComplexPolynomial:
    r"""Return the imaginary part, :math:`(p - \bar p) / 2i`, of a polynomial or number.

    Raises
    ------
    InvalidInput
        Something else.
    """
    p = ComplexPolynomial.of(value)
    return real(-1j * p)


def abs2(value: Any) -> ComplexPolynomial:
    r"""Return the squared modulus, :math:`p \bar p`, of a polynomial or number; its coefficients are exactly Hermitian.

    Raises
    ------
    InvalidInput
        Something else.
    """
    p = ComplexPolynomial.of(value)
    return real(p * p.conj())


def _as_complex(value: object) -> ComplexPolynomial | None:
    """Return what is a polynomial or a number as a complex polynomial, None for what is neither."""
    if isinstance(value, ComplexPolynomial):
        return value
    if isinstance(value, Polynomial):
        used = [name for name, use in zip(value.variables, value.support.occurs, strict=True) if use]
        return ComplexPolynomial(value.over(used), Polynomial.constant(0.0, used), ())
    if isinstance(value, bool) or not isinstance(value, Complex):
        return None
    if isinstance(value, Real):
        return ComplexPolynomial(Polynomial.constant(value), Polynomial.constant(0.0), ())  # type: ignore[arg-type]
    number = complex(value)
    return ComplexPolynomial(Polynomial.constant(number.real), Polynomial.constant(number.imag), ())


def _aligned(p: ComplexPolynomial, other: object) -> tuple[ComplexPolynomial, ComplexPolynomial] | None:
    """Return both over common letters; None where `other` is nothing that polynomials know.

    Raises
    ------
    InvalidInput
        A name is that of a real variable in one and of a complex one in the other.
    """
    q = _as_complex(other)
    if q is None or (p.letters == q.letters and p.names == q.names):
        return None if q is None else (p, q)
    names = merge_variables(p.names, q.names)
    for one, own in ((p, q.names), (q, p.names)):
        conjugates = {letter_of_conjugate(name) for name in one.names}
        taken = {*own, *map(letter_of_conjugate, own)}
        both = [letter for letter in one.letters if letter in taken - {*one.names} - conjugates]
        if both:
            raise InvalidInput(f"{both[0]}: the name of a real and of a complex variable; rename one of them")
    letters = merge_variables(p.letters, q.letters)
    first, second = (
        ComplexPolynomial(each.real_terms.over(letters), each.imaginary_terms.over(letters), names) for each in (p, q)
    )
    return first, second


def _partner(letter: str, names: tuple[str, ...]) -> str:
    """Return the letter of the conjugate."""
    if letter in names:
        return letter_of_conjugate(letter)
    inner = letter.removeprefix("conj(").removesuffix(")")
    return inner if inner in names else letter


def _term(row: tuple[int, ...], value: tuple[Fraction, Fraction], letters: tuple[str, ...]) -> str:
    """Return one term as text."""
    exponents: NDArray[np.int64] = np.array(row, dtype=np.int64)
    re, im = (float(part) if part.denominator > 10**6 else part for part in value)
    if not im:
        return term(exponents, re, letters)
    if not re:
        text = term(np.append(1, exponents), im, ("i", *letters))
        return text if any(row) or abs(im) == 1 else text.replace("*i", "i")
    number = f"({float(re):.6g}{float(im):+.6g}i)"
    return number if not any(row) else f"{number}*{term(exponents, 1.0, letters)}"
