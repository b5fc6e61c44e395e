r"""Conditioning around a local optimum: the change of variables in which partial relaxations are tight early.

The optimum moves to the origin, the linear variables are whitened, and the inner ones are measured by their
natural sensitivity, so that the denominator :math:`1 + \|t\|^2` is small exactly where the minimiser is, with
resolution of the size of the residuals there.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..polynomials import Polynomial, sum_of_squares
from ..polynomials.affine import change_polynomials
from ..polynomials.evaluator import Evaluator
from ..polynomials.tables import distinct_supports
from ..problem import Problem
from .affine import AffineChange, balanced_units, change_affinely, normalized_change, power_of_two
from .split import Split

#: A column of which less than this share is left beside the columns before it depends on them.
_LEAST = 1e-7


def whiten_constraints(
    problem: Problem,
    split: Split,
    optimum: NDArray[np.float64],
    factor: float,
    floor: float,
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    r"""Condition a problem that is affine in `v`, around a feasible point.

    1. :math:`s` is the mean of the constraints at the optimum, at least `floor`: for an epigraph the size of the
       residuals.
    2. With the QR factors of the Jacobian in `v`, columns in ascending `u`-degree, :math:`v = v_0 + s R^{-1} v'`.
       The triangular mix raises no degree.
    3. With the Jacobian in `u`, projected onto the complement of those columns, and its SVD
       :math:`U \Sigma V^\top`, :math:`u = u_0 + \text{factor} \cdot V\, \mathrm{diag}(s / \sigma)\, t`.

    Jacobians are divided by the square root of the number of constraints, so that numbers keep their size.

    Parameters
    ----------
    problem : Problem
        In any units.
    split : Split
    optimum : (n,) array
        A feasible point, best a local minimiser.
    factor : float
        How many residual sizes one unit of `t` is wide.
    floor : float
        Least size of the residuals, in the units of the constraints.
    fine : (n,) array, optional
        Digits of the optimum beyond its floats; the shift goes to the sum.
    """
    return change_affinely(problem, optimum, frame_of_constraints(problem, split, optimum, factor, floor), fine)


def frame_of_constraints(
    problem: Problem, split: Split, optimum: NDArray[np.float64], factor: float, floor: float
) -> NDArray[np.float64]:
    """Return the matrix `T` of the change that `whiten_constraints` makes."""
    constraints = (*problem.inequalities, *problem.equalities)
    evaluator = Evaluator(constraints)
    scale = max(float(np.abs(evaluator.values(optimum)).mean()), floor)
    jacobian = evaluator.jacobian(optimum) / len(constraints) ** 0.5
    linear = _by_inner_degree(constraints, split)
    matrix = np.zeros((problem.n_variables, problem.n_variables))
    q, inverse = _orthonormal(jacobian[:, linear])
    matrix[np.ix_(linear, linear)] = scale * inverse
    inner = list(split.inner)
    rest = jacobian[:, inner] - q @ (q.T @ jacobian[:, inner])
    matrix[np.ix_(inner, inner)] = factor * scale * _sensitivity(rest, jacobian[:, inner])
    return matrix


def whiten_squares(
    problem: Problem,
    split: Split,
    optimum: NDArray[np.float64],
    factor: float,
    squares: tuple[Polynomial, ...] = (),
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    r"""Condition an objective that is quadratic in `v`, around a local minimiser.

    The Hessian `H` takes the place of :math:`2 J^\top J` in `whiten_constraints`; the size of the residuals is
    the square root of the objective there.

    Parameters
    ----------
    problem, split, optimum, factor, fine
        As for `whiten_constraints`.
    squares : tuple of Polynomial
        Polynomials whose squares add up to the objective, if known. They are changed before they are squared,
        so that data of size one do not drown residuals of size 1e-8.
    """
    if squares:
        evaluator = Evaluator(squares)
        root = evaluator.jacobian(optimum)
        value = float((evaluator.values(optimum) ** 2).sum())
        size = float((evaluator.values(np.zeros(problem.n_variables)) ** 2).sum()) or sum(p.scale**2 for p in squares)
    else:
        evaluator = Evaluator((problem.minimize,))
        values, vectors = np.linalg.eigh(evaluator.hessian(optimum, np.ones(1)) / 2)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
        value = abs(float(evaluator.values(optimum)[0]))
        size = problem.minimize.scale
    scale = np.sqrt(max(value, (1e-20 if squares else 1e-10) * size)) or 1.0
    linear, inner = list(split.linear), list(split.inner)
    matrix = np.zeros((problem.n_variables, problem.n_variables))
    linear = _order_by_degree((problem.minimize,), linear, inner)
    q, inverse = _orthonormal(root[:, linear])
    matrix[np.ix_(linear, linear)] = scale * inverse
    if inner:
        rest = root[:, inner] - q @ (q.T @ root[:, inner])
        matrix[np.ix_(inner, inner)] = factor * scale * _sensitivity(rest, root[:, inner])
    return change_squares(problem, squares, optimum, matrix, fine)


def centre_squares(
    problem: Problem,
    optimum: NDArray[np.float64],
    squares: tuple[Polynomial, ...] = (),
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    """Move a point to the origin and measure each variable in units in which all terms have nearly the same size.

    Variables are not mixed, so that the sparsity that the move leaves stays. Where residuals are not tiny against the
    data, an interior-point method needs fewer steps than after `whiten_squares` and ends closer; where they are tiny,
    it is the other way round.

    Parameters
    ----------
    problem, optimum, squares, fine
        As for `whiten_squares`.
    """
    moved = change_squares(problem, squares, optimum, np.eye(problem.n_variables), fine)
    units = [power_of_two(unit) for unit in balanced_units(moved.problem)]
    return change_squares(problem, squares, optimum, np.diag(units), fine)


def change_squares(
    problem: Problem,
    squares: tuple[Polynomial, ...],
    shift: NDArray[np.float64],
    matrix: NDArray[np.float64],
    fine: NDArray[np.float64] | None = None,
) -> AffineChange:
    """Substitute :math:`x = a + T t`; where squares add up to the objective, they are changed before they are added."""
    if not squares:
        return change_affinely(problem, shift, matrix, fine)
    objective = sum_of_squares(change_polynomials(squares, shift, matrix, fine))
    constraints = (*problem.inequalities, *problem.equalities)
    changed = change_polynomials(constraints, shift, matrix, fine) if constraints else []
    return normalized_change(problem, [objective, *changed], shift, matrix, fine)


def _by_inner_degree(polynomials: tuple[Polynomial, ...], split: Split) -> list[int]:
    return _order_by_degree(polynomials, list(split.linear), list(split.inner))


def _order_by_degree(polynomials: tuple[Polynomial, ...], linear: list[int], inner: list[int]) -> list[int]:
    """Order the linear variables by the degree in `u` of their coefficients, lowest first."""
    rows = np.concatenate([support.rows for support in distinct_supports(polynomials)])
    totals = rows[:, inner].sum(axis=1)
    degrees = [int(totals[rows[:, i] > 0].max(initial=0)) for i in linear]
    return [linear[place] for place in np.argsort(degrees, kind="stable")]


def _orthonormal(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return an orthonormal basis `Q` of the span of the columns, and the upper triangular `S` with `columns S = Q`.

    Columns are first divided by their norms, so that units do not matter. A column that depends on those before it
    adds nothing to the basis, and keeps its own direction in `S`.
    """
    norms = np.linalg.norm(columns, axis=0)
    norms[norms == 0] = norms.max(initial=0.0) or 1.0
    rows, width = columns.shape
    unit = columns / norms
    if rows < width:  # few samples: zero rows
        unit = np.concatenate([unit, np.zeros((width - rows, width))])
    q, r = np.linalg.qr(unit)
    dependent = np.abs(np.diag(r)) < _LEAST
    r[dependent] = 0.0
    r[dependent, dependent] = 1.0
    return q[:rows, ~dependent], scipy.linalg.solve_triangular(r, np.eye(len(r))) / norms[:, None]


def _sensitivity(jacobian: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return :math:`D\, V\, \mathrm{diag}(1/\sigma)` from the SVD, with small singular values raised to a floor.

    `D` divides the columns by their norms in `whole`, the Jacobian before the projection, so that units do not matter.
    The floor is 1e-4 of the largest, or 1e-6 of the norm before the projection: where nothing is left of it, the data
    do not determine the inner variables, and they keep a natural unit.
    """
    norms = np.linalg.norm(whole, axis=0)
    norms[norms == 0] = norms.max(initial=0.0) or 1.0
    size = float(np.linalg.norm(whole / norms))
    rows, width = jacobian.shape
    _, singular, transposed = np.linalg.svd(jacobian / norms, full_matrices=rows < width)  # all right singular vectors
    padded = np.zeros(width)
    padded[: len(singular)] = singular
    floor = max(1e-4 * float(padded.max(initial=0.0)), 1e-6 * size) or 1.0
    return np.asarray(transposed.T / np.maximum(padded, floor) / norms[:, None])
