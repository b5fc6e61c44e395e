"""Invertible affine changes of variables and of scale: what the solvers see has numbers of size one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.caches import kept_beside
from ..machine.records import Record
from ..polynomials import Polynomial
from ..polynomials.affine import change_polynomials
from ..polynomials.shift import two_sum
from ..polynomials.tables import Group, by_support
from ..problem import Problem
from ..problem.matrices import Matrix, from_upper, upper_entries

#: Weight that keeps a variable at scale one when no term says otherwise.
_PULL = 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class AffineChange(Record):
    r"""The change :math:`x = a + T t`, with objective and constraints divided by positive factors of their own.

    All factors are powers of two. When `a` is zero and `T` is a diagonal of powers of two as well, nothing is
    rounded: an identity that is proved for the changed problem is one for the original. In general `exact` forms
    the changed problem in rational arithmetic.

    Attributes
    ----------
    original, problem : Problem
        Before and after.
    shift, fine : (n,) arrays
        The `a` is their sum: `fine` holds the digits of a shift that a float has not.
    matrix : (n, n) array
        The `T`, invertible.
    objective : float
        The changed objective is the original one divided by this.
    inequalities, equalities : tuple of float
        The same for the constraints.
    matrices : tuple of tuple of float
        For each matrix inequality the `d` of its changed form, whose entries are :math:`M_{ij} / (d_i d_j)`.
    """

    original: Problem
    problem: Problem
    shift: NDArray[np.float64]
    fine: NDArray[np.float64]
    matrix: NDArray[np.float64]
    objective: float
    inequalities: tuple[float, ...]
    equalities: tuple[float, ...]
    matrices: tuple[tuple[float, ...], ...] = ()

    def point(self, changed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the original point `a + T t`, or the rows of them."""
        return np.asarray(self.shift + (self.fine + changed @ self.matrix.T))

    def fine_point(self, changed: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the original point as the sum of a float and of what rounding took from it."""
        return two_sum(self.shift, self.fine + self.matrix @ changed)

    def inverse_point(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `t` for an original point, or for the rows of an array."""
        return np.asarray(
            np.linalg.solve(self.matrix, (np.asarray(point) - self.shift - self.fine).T).T, dtype=np.float64
        )

    def value(self, changed: float) -> float:
        """Return the original objective value for a changed one."""
        return float(changed * self.objective)

    def inverse_value(self, value: float) -> float:
        """Return the changed objective value for an original one."""
        return float(value / self.objective)

    @cached_property
    def rounds(self) -> bool:
        """Whether the changed problem is not the original one to the last bit, but for scales: digits were lost."""
        units = np.diag(self.matrix)
        everything = (self.original.minimize, *self.original.inequalities, *self.original.equalities)
        moved = self.shift.any() or self.fine.any() or (self.matrix != np.diag(units)).any()
        if any(_is_rounded(entry) for each in self.original.matrix_inequalities for entry in upper_entries(each)):
            return True
        return bool(moved or (np.abs(np.frexp(units)[0]) != 0.5).any() or any(_is_rounded(p) for p in everything))

    def exact(self) -> Problem:
        """Return the changed problem in rational arithmetic: floats are the binary fractions that they are."""
        shift = [Fraction(a) + Fraction(b) for a, b in zip(self.shift.tolist(), self.fine.tolist(), strict=True)]
        forms = _affine_forms(self.original.variables, shift, self.matrix)

        def changed(polynomial: Polynomial, factor: float) -> Polynomial:
            return _exactly(polynomial).substitute(forms).over(self.original.variables) * (1 / Fraction(factor))

        return Problem(
            changed(self.original.minimize, self.objective),
            tuple(changed(g, s) for g, s in zip(self.original.inequalities, self.inequalities, strict=True)),
            tuple(changed(h, s) for h, s in zip(self.original.equalities, self.equalities, strict=True)),
            variables=self.original.variables,
            matrix_inequalities=[
                [[changed(entry, d[i] * d[j]) for j, entry in enumerate(row)] for i, row in enumerate(each)]
                for each, d in zip(self.original.matrix_inequalities, self.matrices, strict=True)
            ],
            minors=self.original.minors,
        )


def _is_rounded(polynomial: Polynomial) -> bool:
    """Whether a coefficient is no float."""
    if not polynomial.is_exact:
        return False
    return any(
        Fraction(v) != c for v, c in zip(polynomial.values.tolist(), polynomial.coefficients.tolist(), strict=True)
    )


def _exactly(polynomial: Polynomial) -> Polynomial:
    return polynomial if polynomial.is_exact else polynomial * Fraction(1)


def _affine_forms(
    names: tuple[str, ...], shift: Sequence[Fraction], matrix: NDArray[np.float64]
) -> dict[str, Polynomial]:
    """Return the polynomial `a_i + sum_j T_ij t_j` for each variable, in rational arithmetic."""
    n = len(names)
    rows = np.concatenate([np.zeros((1, n), dtype=np.int64), np.eye(n, dtype=np.int64)])
    forms = {}
    for i, name in enumerate(names):
        coefficients = [shift[i], *map(Fraction, matrix[i].tolist())]
        forms[name] = Polynomial.from_terms(rows, coefficients, names)
    return forms


def power_of_two(value: float) -> float:
    """Return the power of two nearest to a positive number on the logarithmic scale, 1 for zero."""
    return 2.0 ** min(max(round(math.log2(value)), -500), 500) if value > 0 else 1.0


def scale_by(problem: Problem, units: NDArray[np.float64]) -> AffineChange:
    """Measure the variables in `units` (rounded to powers of two) and divide every polynomial by its size."""
    factors = np.array([power_of_two(unit) for unit in units])
    everything = (problem.minimize, *problem.inequalities, *problem.equalities)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
        scaled = [
            (places, support, table * np.prod(factors**support.rows, axis=1))
            for places, support, table in by_support(everything)
        ]
    return _changed(problem, scaled, np.zeros(len(units)), np.diag(factors))


def change_affinely(
    problem: Problem, shift: NDArray[np.float64], matrix: NDArray[np.float64], fine: NDArray[np.float64] | None = None
) -> AffineChange:
    """Substitute :math:`x = a + T t`, `a` the sum of `shift` and `fine`, and divide every polynomial by its size."""
    everything = (problem.minimize, *problem.inequalities, *problem.equalities)
    return normalized_change(problem, change_polynomials(everything, shift, matrix, fine), shift, matrix, fine)


def unchanged(problem: Problem) -> AffineChange:
    """Return the change that leaves everything as it is."""
    n, zero = problem.n_variables, np.zeros(problem.n_variables)
    ones = (1.0,) * len(problem.inequalities), (1.0,) * len(problem.equalities)
    of_matrices = tuple((1.0,) * len(each) for each in problem.matrix_inequalities)
    return AffineChange(problem, problem, zero, zero, np.eye(n), 1.0, *ones, of_matrices)


def normalized_change(
    problem: Problem,
    changed: Sequence[Polynomial],
    shift: NDArray[np.float64],
    matrix: NDArray[np.float64],
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    """Normalise objective, inequalities and equalities, listed in this order, and make the record."""
    return _changed(problem, by_support(changed), shift, matrix, fine)


def _changed(
    problem: Problem,
    groups: Iterable[Group],
    shift: NDArray[np.float64],
    matrix: NDArray[np.float64],
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    pairs = _normalized(groups, problem.variables)
    factors = tuple(pairs[place][0] for place in range(len(pairs)))
    polynomials = tuple(pairs[place][1] for place in range(len(pairs)))
    last = 1 + len(problem.inequalities)
    matrices, divisors = _changed_matrices(problem, shift, matrix, fine)
    return AffineChange(
        problem,
        Problem(
            polynomials[0],
            polynomials[1:last],
            polynomials[last:],
            problem.variables,
            matrix_inequalities=matrices,
            minors=problem.minors,
        ),
        shift,
        np.zeros(len(shift)) if fine is None else fine,
        matrix,
        factors[0],
        factors[1:last],
        factors[last:],
        divisors,
    )


def _changed_matrices(
    problem: Problem, shift: NDArray[np.float64], matrix: NDArray[np.float64], fine: NDArray[np.float64] | None
) -> tuple[list[Matrix], tuple[tuple[float, ...], ...]]:
    """Return the matrix inequalities in changed variables, rows and columns divided by powers of two, and these.

    They make the largest coefficients of the diagonal one, about.
    """
    given = problem.matrix_inequalities
    if not given:
        return [], ()
    moved = change_polynomials([entry for each in given for entry in upper_entries(each)], shift, matrix, fine)
    found, divisors, start = [], [], 0
    for each in given:
        size = len(each)
        end = start + size * (size + 1) // 2
        changed, start = from_upper(moved[start:end], size), end
        if not all(np.isfinite(entry.values).all() for entry in upper_entries(changed)):
            raise InvalidInput("problem: sizes of coefficients differ so much that they overflow; change the units")
        d = tuple(power_of_two(changed[i][i].scale ** 0.5) for i in range(size))
        found.append(
            tuple(tuple(entry / (d[i] * d[j]) for j, entry in enumerate(row)) for i, row in enumerate(changed))
        )
        divisors.append(d)
    return found, tuple(divisors)


def _normalized(groups: Iterable[Group], names: tuple[str, ...]) -> dict[int, tuple[float, Polynomial]]:
    """Divide each polynomial by the power of two nearest to its largest coefficient that is not the constant.

    Returns
    -------
    dict from place to (factor, polynomial)
    """
    found = {}
    for places, support, table in groups:
        sizes = np.abs(table)
        largest = sizes[:, support.degrees > 0].max(axis=1, initial=0.0)
        largest = np.where(largest > 0, largest, sizes.max(axis=1, initial=0.0))
        if not np.isfinite(largest).all():
            raise InvalidInput("problem: sizes of coefficients differ so much that they overflow; change the units")
        factors = [power_of_two(size) for size in largest.tolist()]
        for place, factor, values in zip(places, factors, table / np.array(factors)[:, None], strict=True):
            found[place] = factor, Polynomial(support, values, names)
    return found


def balanced_units(problem: Problem) -> NDArray[np.float64]:
    r"""Return units in which the terms of each polynomial have nearly the same size.

    Least squares on logarithms: :math:`\min_{\sigma, \mu} \sum_p \sum_\alpha (\log|c_{p\alpha}| +
    \alpha^\top \sigma - \mu_p)^2`, units :math:`e^{\sigma}`, with a slight pull towards units of one.

    Returns
    -------
    (n,) array of positive numbers
    """
    polynomials = [p for p in (problem.minimize, *problem.inequalities, *problem.equalities) if p]
    return np.exp(_log_units(polynomials, problem.n_variables))


def _log_units(polynomials: Sequence[Polynomial], n: int) -> NDArray[np.float64]:
    left, right = [_PULL * np.eye(n)], [np.zeros(n)]
    for _, support, table in by_support(polynomials):
        rows = support.rows
        logs = np.log(np.abs(table)).mean(axis=0)  # for polynomials with the same terms their mean is as good
        weight = (len(table) / len(rows)) ** 0.5
        left.append(weight * (rows - rows.mean(axis=0)))
        right.append(-weight * (logs - logs.mean()))
    return np.linalg.lstsq(np.concatenate(left), np.concatenate(right), rcond=None)[0]


@kept_beside()
def half_widths(problem: Problem) -> NDArray[np.float64]:
    r"""Return bounds on :math:`|x_i|` over the feasible set where single constraints show them, else infinity.

    Read off are constraints in one variable that are affine, and :math:`c - \sum_i q_i x_i^2 + b^\top x \ge 0`
    (or ``= 0``) with nonnegative :math:`q`, a ball or ellipsoid, for the variables with positive :math:`q_i`.
    """
    n = problem.n_variables
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    width = np.full(n, np.inf)
    for g in problem.inequalities:
        if g.degree == 1 and len(used := np.flatnonzero(g.support.occurs)) == 1:
            i = used[0]
            slope = float(g.values[g.exponents[:, i] == 1][0])
            root = -float(g.values[~g.exponents.any(axis=1)].sum()) / slope
            if slope > 0:
                low[i] = max(low[i], root)
            else:
                high[i] = min(high[i], root)
        elif g.degree == 2:
            width = np.minimum(width, _ellipsoid_widths(g))
    for h in problem.equalities:
        if h.degree == 2:
            width = np.minimum(width, np.minimum(_ellipsoid_widths(h), _ellipsoid_widths(-h)))
    widths = np.minimum(width, np.maximum(np.abs(low), np.abs(high)))
    widths.setflags(write=False)
    return widths


def _ellipsoid_widths(g: Polynomial) -> NDArray[np.float64]:
    """Widths that `g >= 0` implies when `g` is a concave quadratic without mixed terms, else infinity."""
    n = len(g.variables)
    totals = g.exponents.sum(axis=1)
    squares = totals == 2
    pure = (g.exponents[squares].max(axis=1) == 2).all()
    q = -(g.values[squares] @ (g.exponents[squares] // 2)) if pure else np.full(n, -1.0)
    b = g.values[totals == 1] @ g.exponents[totals == 1]
    if (q < 0).any() or (b[q == 0] != 0).any():
        return np.full(n, np.inf)
    inside = q > 0
    constant = float(g.values[totals == 0].sum())
    level = constant + float((b[inside] ** 2 / (4 * q[inside])).sum())
    widths = np.full(n, np.inf)
    widths[inside] = np.abs(b[inside]) / (2 * q[inside]) + np.sqrt(max(level, 0.0) / q[inside])
    return widths
