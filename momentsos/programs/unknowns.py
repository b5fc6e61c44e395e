"""Polynomials with unknown coefficients, linear in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import integer, items, shown
from ..machine.mappings import ReadOnly
from ..machine.records import Record
from ..polynomials import Polynomial, monomial_basis
from ..polynomials.polynomial import merge_variables

#: Most coefficients of one unknown polynomial.
_MOST = 20_000


@dataclass(frozen=True, order=True)
class Coefficient:
    """One unknown number.

    Attributes
    ----------
    name : str
        The name of the unknown polynomial that it belongs to.
    variables : tuple of str
    exponents : tuple of int
        The monomial whose coefficient it is, in these variables.
    """

    name: str
    variables: tuple[str, ...] = ()
    exponents: tuple[int, ...] = ()

    def __str__(self) -> str:
        powers = zip(self.variables, self.exponents, strict=True)
        monomial = "*".join(f"{v}^{e}" if e > 1 else v for v, e in powers if e)
        return f"{self.name}[{monomial or '1'}]" if self.variables else self.name


@dataclass(frozen=True, eq=False, repr=False)
class UnknownPolynomial(Record):
    r"""A polynomial :math:`p_0(x) + \sum_i c_i\, p_i(x)` whose coefficients depend linearly on unknown numbers.

    Sums, products with known polynomials and numbers, derivatives and substitution give such polynomials again.
    Products of two of them are refused: a program is no longer convex where unknowns are multiplied.

    Attributes
    ----------
    known : Polynomial
        The part :math:`p_0` without unknowns.
    parts : mapping from Coefficient to Polynomial
        The :math:`p_i`, by the unknown number :math:`c_i`.
    """

    known: Polynomial
    parts: Mapping[Coefficient, Polynomial] = field(default_factory=ReadOnly)

    # NumPy scalars on the left leave the operation to us instead of making an array.
    __array_ufunc__ = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the known variables."""
        return merge_variables(self.known.variables, *(part.variables for part in self.parts.values()))

    @property
    def degree(self) -> int:
        """The largest degree in the variables that the unknowns allow."""
        return max([self.known.degree, *(part.degree for part in self.parts.values())])

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The unknown numbers that occur, in the order in which they came."""
        return tuple(self.parts)

    # -- ring ----------------------------------------------------------------------------------------------

    def __add__(self, other: object) -> UnknownPolynomial:
        if not isinstance(other, UnknownPolynomial):
            if not isinstance(other, Polynomial | Real):
                return NotImplemented
            return UnknownPolynomial(self.known + other, self.parts)
        parts = dict(self.parts)
        for each, part in other.parts.items():
            parts[each] = parts[each] + part if each in parts else part
        return UnknownPolynomial(self.known + other.known, ReadOnly({c: p for c, p in parts.items() if p}))

    __radd__ = __add__

    def __neg__(self) -> UnknownPolynomial:
        return self._mapped(lambda part: -part)

    def __pos__(self) -> UnknownPolynomial:
        return self

    def __sub__(self, other: object) -> UnknownPolynomial:
        if not isinstance(other, UnknownPolynomial | Polynomial | Real):
            return NotImplemented
        return -(-self + other)

    def __rsub__(self, other: object) -> UnknownPolynomial:
        return (-self).__add__(other)

    def __mul__(self, other: object) -> UnknownPolynomial:
        if isinstance(other, UnknownPolynomial):
            if other.parts and self.parts:
                raise InvalidInput(
                    f"product of {_names(self)} with {_names(other)}: a sum-of-squares program is linear in its "
                    f"unknowns; fix one of the two, and alternate or bisect"
                )
            return self * other.known if self.parts else other * self.known
        if not isinstance(other, Polynomial | Real):
            return NotImplemented
        return self._mapped(lambda part: part * other)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> UnknownPolynomial:
        return self._mapped(lambda part: part / other) if isinstance(other, Real) else NotImplemented

    def __pow__(self, power: int) -> UnknownPolynomial:
        if isinstance(power, int) and power == 1:
            return self
        raise InvalidInput(
            f"power {shown(power)} of {_names(self)}: a sum-of-squares program is linear in its unknowns"
        )

    # -- calculus and substitution -------------------------------------------------------------------------

    def diff(self, variable: str | Polynomial) -> UnknownPolynomial:
        """Return the partial derivative in a variable, given by its name or as `momentsos.variables` returns it."""
        name = variable_name(variable)
        return self._mapped(lambda part: part.derivative(name))

    def gradient(self) -> list[UnknownPolynomial]:
        """Return the partial derivatives in all variables, in the order of `variables`."""
        return [self.diff(name) for name in self.variables]

    def substitute(self, replacements: Mapping[Any, Polynomial | float | Fraction]) -> UnknownPolynomial:
        """Replace variables by known polynomials or numbers, all at once.

        Raises
        ------
        InvalidInput
            A name that is not one of the variables, or an unknown polynomial as replacement.
        """
        if not isinstance(replacements, Mapping):
            raise InvalidInput(f"substitute: expected a mapping of variables, got {shown(replacements)}")
        images = {variable_name(key): value for key, value in replacements.items()}
        foreign = [name for name in images if name not in self.variables]
        if foreign:
            raise InvalidInput(f"substitute: {foreign} are not among the variables {list(self.variables)}")
        if any(isinstance(value, UnknownPolynomial) for value in images.values()):
            raise InvalidInput("substitute: expected known polynomials and numbers, got unknown ones")

        def image(part: Polynomial, value: Any) -> Any:
            return Polynomial.constant(value, part.variables) if isinstance(value, Real) else value  # type: ignore[arg-type]

        def replaced(part: Polynomial) -> Polynomial:
            return part.substitute({name: image(part, v) for name, v in images.items() if name in part.variables})

        return self._mapped(replaced)

    def _mapped(self, change: Any) -> UnknownPolynomial:
        parts = {each: change(part) for each, part in self.parts.items()}
        return UnknownPolynomial(change(self.known), ReadOnly({each: part for each, part in parts.items() if part}))

    def at(self, numbers: Mapping[Coefficient, Fraction | float]) -> Polynomial:
        """Return the polynomial for given values of the unknowns; unknowns without one are zero."""
        total = self.known
        for each, part in self.parts.items():
            if each in numbers:
                total = total + part * numbers[each]
        return total

    def __repr__(self) -> str:
        return f"UnknownPolynomial({_names(self)}, degree {self.degree} in {', '.join(self.variables) or 'nothing'})"


def unknown(
    name: str,
    variables: Sequence[str | Polynomial] | str | Polynomial = (),
    degree: int | None = None,
    *,
    minimum: int = 0,
    even: bool = False,
    monomials: Sequence[Polynomial] | None = None,
    size: int | None = None,
) -> Any:
    """Return a polynomial with unknown coefficients, or a symmetric matrix of them.

    Parameters
    ----------
    name : str
        An identifier; two unknowns of a program with one name are the same one.
    variables : sequence of names or of variables, optional
        None for an unknown number.
    degree : int, optional
        All monomials up to this total degree.
    minimum : int
        Lowest total degree of a monomial: 2 for a Lyapunov function with V(0) = 0 and no slope there.
    even : bool
        Only monomials of even total degree.
    monomials : sequence of Polynomial, optional
        Chosen monomials in place of `degree`.
    size : int, optional
        Rows of a symmetric matrix; its entries are named ``name_i_j``.

    Returns
    -------
    UnknownPolynomial, or (size, size) object array of them

    Raises
    ------
    InvalidInput
        Names, degrees or monomials that are none; both or neither of `degree` and `monomials` with variables.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise InvalidInput(f"name: expected an identifier such as 'V', got {shown(name)}")
    given = [variables] if isinstance(variables, str | Polynomial) else items(variables, "variables", "a list of names")
    names = tuple(variable_name(each) for each in given)
    if len(set(names)) != len(names) or name in names:
        raise InvalidInput(f"variables {list(names)} of {name}: expected distinct names, other than the unknown's own")
    rows = _rows(name, names, degree, minimum, even, monomials)
    if size is None:
        return _declared(name, names, rows)
    count = integer(size, "size", 1, 1000)
    matrix: NDArray[Any] = np.empty((count, count), dtype=object)
    for i in range(count):
        for j in range(i + 1):
            matrix[i, j] = matrix[j, i] = _declared(f"{name}_{j}_{i}", names, rows)
    return matrix


def variable_name(variable: object) -> str:
    """Return the name of a variable that is given by its name, or as the polynomial that it is."""
    if isinstance(variable, str):
        if variable.isidentifier():
            return variable
    elif isinstance(variable, Polynomial) and len(variable) == 1 and variable.degree == 1:
        if variable.coefficients[0] == 1:
            return variable.variables[int(np.argmax(variable.exponents[0]))]
    came = f"{variable!s:.60}" if isinstance(variable, str | Polynomial) else shown(variable)
    raise InvalidInput(f"variable: expected a name or a variable, got {came}")


def _rows(
    name: str,
    names: tuple[str, ...],
    degree: int | None,
    minimum: int,
    even: bool,
    monomials: Sequence[Polynomial] | None,
) -> NDArray[np.int64]:
    """Return the exponents of the monomials of an unknown."""
    if not names:
        if degree not in (None, 0) or monomials is not None:
            raise InvalidInput(f"unknown {name}: a degree or monomials without variables")
        return np.zeros((1, 0), dtype=np.int64)
    if (degree is None) == (monomials is None):
        raise InvalidInput(f"unknown {name}: expected either degree=... or monomials=[...]")
    if monomials is not None:
        return _chosen(name, names, monomials)
    top = integer(degree, "degree", 0, 200)
    low = integer(minimum, "minimum", 0, top)
    rows = monomial_basis(len(names), top, low)
    if len(rows) > _MOST:
        raise InvalidInput(f"unknown {name}: {len(rows)} coefficients, more than {_MOST}")
    return rows[rows.sum(axis=1) % 2 == 0] if even else rows


def _chosen(name: str, names: tuple[str, ...], monomials: object) -> NDArray[np.int64]:
    rows = []
    for each in items(monomials, "monomials", "a list of monomials"):
        one = Polynomial.constant(1.0, names) if isinstance(each, Real) and each == 1 else each
        if not isinstance(one, Polynomial) or len(one) != 1 or one.coefficients[0] != 1:
            came = f"{each!s:.60}" if isinstance(each, Polynomial) else shown(each)
            raise InvalidInput(f"monomials of {name}: expected monomials such as x**2*y, got {came}")
        rows.append(tuple(one.over(names).exponents[0].tolist()))
    if not rows or len(set(rows)) != len(rows):
        raise InvalidInput(f"monomials of {name}: expected at least one, and distinct ones")
    return np.array(rows, dtype=np.int64)


def _declared(name: str, names: tuple[str, ...], rows: NDArray[np.int64]) -> UnknownPolynomial:
    parts = {
        Coefficient(name, names, tuple(row.tolist())): Polynomial.from_terms(row[None], [1.0], names) for row in rows
    }
    return UnknownPolynomial(Polynomial.constant(0.0, names), ReadOnly(parts))


def _names(polynomial: UnknownPolynomial) -> str:
    found = list(dict.fromkeys(each.name for each in polynomial.parts))
    return ", ".join(found[:4]) + (", …" if len(found) > 4 else "") if found else "no unknown"
