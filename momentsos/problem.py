"""A polynomial optimisation problem: the record, its validation, and its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidInput
from .machine.checks import converted, items, names, real_array, shown
from .machine.files import read_whole, write_whole
from .machine.notebooks import Shown
from .machine.records import Record
from .polynomials import Polynomial, from_sympy, to_sympy
from .polynomials.exponents import MAX_DEGREE
from .polynomials.factored import Factor
from .polynomials.polynomial import merge_variables
from .polynomials.symbolic import free_names

#: Decimal exponents of more than three digits: "1e999999999" would be a number of a billion digits.
_LONG_POWER = re.compile(r"[eE][+-]?0*[1-9][\d_]{3}")
#: Characters of a coefficient as text, and the bits of numerator and denominator that fit into them.
_LONGEST, _BITS = 4_000, 13_000


@dataclass(frozen=True, eq=False, repr=False)
class Problem(Shown, Record):
    r"""Minimise a polynomial over a basic semialgebraic set.

    .. math::

        \min_x f(x) \quad\text{subject to}\quad g_j(x) \ge 0,\quad h_l(x) = 0.

    Parameters
    ----------
    minimize : Polynomial or number
        The objective `f`.
    inequalities, equalities : sequence of Polynomial or number
        The `g_j` and the `h_l`.
    variables : sequence of str, optional
        Names and order of the unknowns; by default in order of first appearance.
    squares : Factor, optional
        The polynomials whose squares the objective is the sum of; see `least_squares`.

    Raises
    ------
    InvalidInput
        When something is not a polynomial, or no variable is left; when the squares do not add up to the objective.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> ms.Problem(minimize=x * y, inequalities=[1 - x**2 - y**2]).variables
    ('x', 'y')
    """

    minimize: Polynomial
    inequalities: tuple[Polynomial, ...] = ()
    equalities: tuple[Polynomial, ...] = ()
    variables: tuple[str, ...] = field(default=())
    squares: Factor | None = None

    def __post_init__(self) -> None:
        objective = _as_polynomial(self.minimize, "minimize")
        inequalities = _as_polynomials(self.inequalities, "inequalities")
        equalities = _as_polynomials(self.equalities, "equalities")
        everything = [objective, *inequalities, *equalities]
        over = names(self.variables, "variables") or merge_variables(*(p.variables for p in everything))
        if not over or len(set(over)) != len(over):
            raise InvalidInput(f"variables {over!r:.200}: expected at least one variable, with distinct names")
        object.__setattr__(self, "variables", over)
        object.__setattr__(self, "minimize", objective.over(over))
        object.__setattr__(self, "inequalities", tuple(p.over(over) for p in inequalities))
        object.__setattr__(self, "equalities", tuple(p.over(over) for p in equalities))
        if self.squares is not None and (self.squares.variables != over or self.squares.expanded != self.minimize):
            raise InvalidInput("squares: they do not add up to the objective, in these variables")

    @classmethod
    def least_squares(cls, exponents: Any, R: Any, names: Sequence[str], *, combination: Any = None) -> Problem:
        r"""Make the problem of minimising :math:`|R\,(b(z), -1)|^2` over all of R^n.

        The objective is the square multiplied out, exactly, and the problem remembers its factor: `solve` then works
        with the residuals, whose digits the products have not; see `momentsos.squares`.

        Parameters
        ----------
        exponents : (M, n) integer array
            Monomials `m`, one a row.
        R : (rows, T + 1) array
            The last column belongs to -1: with features in the others it holds the targets.
        names : sequence of str
            Of the variables.
        combination : (T, M) array or sparse matrix, optional
            The `C` of :math:`b = C m`; by default `b` are the monomials. A row with more than one entry stands for a
            polynomial that the bound may take for a variable of its own: nothing is lost by that where one of its
            monomials is a variable that occurs nowhere else.

        Raises
        ------
        InvalidInput
            Shapes that do not fit, exponents that are no nonnegative integers, numbers that are not finite.

        Examples
        --------
        >>> import momentsos as ms
        >>> line = ms.Problem.least_squares([[0, 1], [1, 1]], [[1.0, 2.0, 5.0], [1.0, -1.0, 2.0]], ["a", "b"])
        >>> print(line.minimize)
        29 - 14*b - 16*a*b + 2*b^2 + 2*a*b^2 + 5*a^2*b^2
        """
        factor = Factor.of(exponents, R, names, combination)
        return cls(factor.expanded, variables=factor.variables, squares=factor)

    # -- facts ---------------------------------------------------------------------------------------------

    @property
    def n_variables(self) -> int:
        """The number of unknowns."""
        return len(self.variables)

    @property
    def degree(self) -> int:
        """The largest total degree among objective and constraints."""
        return max(p.degree for p in (self.minimize, *self.inequalities, *self.equalities))

    @property
    def minimum_order(self) -> int:
        r"""The lowest order of the dense relaxation, :math:`k_0 = \max(1, \lceil \deg / 2 \rceil)`."""
        return max(1, -(-self.degree // 2))

    def violation(self, point: NDArray[np.float64]) -> float:
        """Return the largest constraint violation at `point`, each relative to the size of the constraint's terms.

        The size of the terms of `g` at `x` is the sum of :math:`|g_α x^α|`, at least the largest coefficient.

        Raises
        ------
        InvalidInput
            `point` is not one number for each variable.
        """
        point = real_array(point, "point", f"{self.n_variables} numbers")
        if point.shape != (self.n_variables,):
            raise InvalidInput(f"point of shape {point.shape}: expected ({self.n_variables},)")
        worst = 0.0
        for constraints, equal in ((self.inequalities, False), (self.equalities, True)):
            for g in constraints:
                value = g(point)
                worst = max(worst, (abs(value) if equal else -value) / term_size(g, point))
        return worst

    # -- sympy ---------------------------------------------------------------------------------------------

    @classmethod
    def from_sympy(
        cls,
        minimize: Any,
        inequalities: Sequence[Any] = (),
        equalities: Sequence[Any] = (),
        variables: Sequence[Any] | None = None,
    ) -> Problem:
        """Make a problem from sympy expressions.

        Parameters
        ----------
        minimize : sympy expression
        inequalities : sequence of sympy expressions or relations
            An expression `g` means ``g >= 0``; relations ``a >= b`` and ``a <= b`` are taken as they are.
        equalities : sequence of sympy expressions or `sympy.Eq`
        variables : sequence of sympy symbols or str, optional
            By default all free symbols, sorted by name.

        Raises
        ------
        InvalidInput
            When an expression is not a polynomial with real coefficients.
        """
        left = [_one_sided(g, False) for g in items(inequalities, "from_sympy: inequalities", "a list of expressions")]
        equal = [_one_sided(h, True) for h in items(equalities, "from_sympy: equalities", "a list of expressions")]
        if variables is None:
            over = sorted({name for each in (minimize, *left, *equal) for name in free_names(each)})
        else:
            given = items(variables, "from_sympy: variables", "a list of symbols or names")
            over = [converted(str, each, "from_sympy: variables", "symbols or names") for each in given]
            if len(set(over)) != len(over):
                raise InvalidInput(f"from_sympy: variables {over!r:.200}: expected distinct symbols or names")
        return cls(
            minimize=from_sympy(minimize, over),
            inequalities=tuple(from_sympy(g, over) for g in left),
            equalities=tuple(from_sympy(h, over) for h in equal),
            variables=tuple(over),
        )

    def to_sympy(self) -> tuple[Any, list[Any], list[Any]]:
        """Return objective, inequalities (``>= 0``) and equalities (``= 0``) as sympy expressions."""
        return (
            to_sympy(self.minimize),
            [to_sympy(g) for g in self.inequalities],
            [to_sympy(h) for h in self.equalities],
        )

    # -- JSON ----------------------------------------------------------------------------------------------

    @classmethod
    def from_json(cls, source: str | PathLike[str] | Mapping[str, Any]) -> Problem:
        """Read a problem from a JSON file or from the dictionary that such a file holds.

        Raises
        ------
        InvalidInput
            When the file cannot be read or a part of it is not as the format says; the message names the part.
        """
        data = source if isinstance(source, Mapping) else _read_json(source)
        if not isinstance(data, Mapping):
            raise InvalidInput("problem: expected a JSON object with 'variables' and 'minimize'")
        known = {"variables", "minimize", "inequalities", "equalities", "squares"}
        unknown = sorted(shown(key) for key in set(data) - known)
        missing = sorted({"variables", "minimize"} - set(data))
        if unknown or missing:
            raise InvalidInput(f"problem: unknown keys {unknown}, missing keys {missing}")
        given = data["variables"]
        if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
            raise InvalidInput("problem.variables: expected a list of names")

        def polynomials(key: str) -> tuple[Polynomial, ...]:
            listed = data.get(key)
            listed = [] if listed is None else listed
            if not isinstance(listed, list):
                raise InvalidInput(f"problem.{key}: expected a list of polynomials")
            return tuple(_polynomial_from_json(p, given, f"{key}[{i}]") for i, p in enumerate(listed))

        return cls(
            minimize=_polynomial_from_json(data["minimize"], given, "minimize"),
            inequalities=polynomials("inequalities"),
            equalities=polynomials("equalities"),
            variables=tuple(given),
            squares=_factor_from_json(data.get("squares"), given),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as the dictionary that `from_json` reads; exact coefficients become strings.

        Raises
        ------
        InvalidInput
            A coefficient is a fraction of more than 4000 digits.
        """
        return {
            "variables": list(self.variables),
            "minimize": _polynomial_to_json(self.minimize),
            "inequalities": [_polynomial_to_json(g) for g in self.inequalities],
            "equalities": [_polynomial_to_json(h) for h in self.equalities],
            **({} if self.squares is None else {"squares": self.squares.as_dict()}),
        }

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the problem to a JSON file; the file appears whole or not at all.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_whole(path, json.dumps(self.as_dict(), allow_nan=False) + "\n")

    def __str__(self) -> str:
        lines = [f"minimize {self.minimize}"]
        lines += [f"  {g} >= 0" for g in self.inequalities]
        lines += [f"  {h} = 0" for h in self.equalities]
        return "\n".join(lines)


def term_size(polynomial: Polynomial, point: NDArray[np.float64]) -> float:
    """Return the sum of the absolute terms at `point`, at least the largest coefficient (1 for the zero polynomial).

    Rounding makes a value at `point` uncertain by about 1e-16 of this.
    """
    sizes = Polynomial(polynomial.support, np.abs(polynomial.values), polynomial.variables)
    return max(float(sizes(np.abs(point))), polynomial.scale) or 1.0


def _as_polynomial(value: object, name: str) -> Polynomial:
    if isinstance(value, Polynomial):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return converted(Polynomial.constant, value, name, "a polynomial or a number")
    if type(value).__module__.split(".")[0] == "sympy":
        return from_sympy(value)
    raise InvalidInput(f"{name}: expected a polynomial in momentsos variables, got {type(value).__name__}")


def _as_polynomials(values: object, name: str) -> list[Polynomial]:
    if isinstance(values, Polynomial) or not isinstance(values, Iterable):
        raise InvalidInput(f"{name}: expected a list of polynomials, got {type(values).__name__}")
    return [
        _as_polynomial(value, f"{name}[{i}]") for i, value in enumerate(items(values, name, "a list of polynomials"))
    ]


def _one_sided(expression: Any, equality: bool) -> Any:
    import sympy

    if isinstance(expression, sympy.Eq) and equality:
        return expression.lhs - expression.rhs
    if isinstance(expression, sympy.GreaterThan | sympy.LessThan) and not equality:
        return expression.gts - expression.lts
    if isinstance(expression, sympy.core.relational.Relational):
        kind = "an equation" if equality else "'>=' or '<='"
        raise InvalidInput(f"from_sympy: {expression}: expected {kind}; strict relations have no minimum")
    return expression


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these members; a key that comes twice would hide a part of the problem."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key occurs twice among {', '.join(repr(key)[:80] for key, _ in pairs[:8])}")
    return found


def _read_json(path: str | PathLike[str]) -> Any:
    try:
        return json.loads(read_whole(path).decode("utf-8"), object_pairs_hook=_once)
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON that can be read: {error}") from error


def _polynomial_from_json(terms: Any, names: Sequence[str], where: str) -> Polynomial:
    if not isinstance(terms, list):
        raise InvalidInput(f"problem.{where}: expected a list of [coefficient, exponents]")
    rows, values = [], []
    for i, term in enumerate(terms):
        if not (isinstance(term, list) and len(term) == 2 and isinstance(term[1], list)):
            raise InvalidInput(f"problem.{where}[{i}]: expected [coefficient, exponents], got {term!r:.80}")
        coefficient, row = term
        whole = all(isinstance(power, int) and not isinstance(power, bool) for power in row)
        if len(row) != len(names) or not whole or not all(0 <= power <= MAX_DEGREE for power in row):
            raise InvalidInput(
                f"problem.{where}[{i}]: expected {len(names)} nonnegative integers of at most {MAX_DEGREE}, "
                f"got {row!r:.80}"
            )
        rows.append(row)
        values.append(_coefficient_from_json(coefficient, f"{where}[{i}]"))
    return Polynomial.from_terms(np.array(rows, dtype=np.int64).reshape(len(rows), len(names)), values, names)


def _coefficient_from_json(value: Any, where: str) -> float | Fraction:
    try:
        if isinstance(value, str) and len(value) <= _LONGEST and not _LONG_POWER.search(value):
            return Fraction(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(float(value)):
            return value
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    raise InvalidInput(f"problem.{where}: expected a finite number or a fraction such as '1/3', got {value!r:.80}")


def _factor_from_json(given: Any, names: Sequence[str]) -> Factor | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or set(given) != {"exponents", "matrix", "combination"}:
        raise InvalidInput("problem.squares: expected an object with exponents, matrix and combination")
    return Factor.of(given["exponents"], given["matrix"], names, given["combination"])


def _polynomial_to_json(polynomial: Polynomial) -> list[Any]:
    return [
        [_coefficient_to_json(value), [int(power) for power in row]]
        for row, value in zip(polynomial.exponents, polynomial.coefficients, strict=True)
    ]


def _coefficient_to_json(value: Any) -> str | float:
    if not isinstance(value, Fraction):
        return float(value)
    if value.numerator.bit_length() + value.denominator.bit_length() > _BITS:
        raise InvalidInput(f"problem: a coefficient is a fraction of more than {_LONGEST} digits, which no file holds")
    return str(value)
