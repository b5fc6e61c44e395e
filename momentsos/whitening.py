r"""Conditioning around a local optimum: the change of variables in which partial relaxations are tight early.

The optimum moves to the origin, the linear variables are whitened, and the inner ones are measured by their
natural sensitivity, so that the denominator :math:`1 + \|t\|^2` is small exactly where the minimiser is, with
resolution of the size of the residuals there.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .conditioning import AffineChange, change_affinely, normalized_change
from .local import Evaluator
from .polynomials import Polynomial, sum_of_squares
from .polynomials.affine import change_polynomials
from .problem import Problem
from .relaxations.split import Split

#: Singular values below this share of the largest count as this share: such directions are not determined.
_LEAST = 1e-7


def whiten_constraints(
    problem: Problem, split: Split, optimum: NDArray[np.float64], factor: float, floor: float
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
    """
    constraints = (*problem.inequalities, *problem.equalities)
    evaluator = Evaluator(constraints)
    scale = max(float(np.abs(evaluator.values(optimum)).mean()), floor)
    jacobian = evaluator.jacobian(optimum) / len(constraints) ** 0.5
    linear = _by_inner_degree(constraints, split)
    matrix = np.zeros((problem.n_variables, problem.n_variables))
    q, r = np.linalg.qr(jacobian[:, linear])
    rank_q = q[:, np.abs(np.diag(r)) > _LEAST * np.abs(r).max()]
    matrix[np.ix_(linear, linear)] = scale * _triangular_inverse(r)
    inner = list(split.inner)
    rest = jacobian[:, inner] - rank_q @ (rank_q.T @ jacobian[:, inner])
    matrix[np.ix_(inner, inner)] = factor * scale * _sensitivity(rest, float(np.linalg.norm(jacobian[:, inner])))
    return change_affinely(problem, optimum, matrix)


def whiten_squares(
    problem: Problem,
    split: Split,
    optimum: NDArray[np.float64],
    factor: float,
    squares: tuple[Polynomial, ...] = (),
) -> AffineChange:
    r"""Condition an objective that is quadratic in `v`, around a local minimiser.

    The Hessian `H` takes the place of :math:`2 J^\top J` in `whiten_constraints`; the size of the residuals is
    the square root of the objective there.

    Parameters
    ----------
    problem, split, optimum, factor
        As for `whiten_constraints`.
    squares : tuple of Polynomial
        Polynomials whose squares add up to the objective, if known. They are changed before they are squared,
        so that data of size one do not drown residuals of size 1e-8.
    """
    if squares:
        evaluator = Evaluator(squares)
        root = evaluator.jacobian(optimum)
        value = float((evaluator.values(optimum) ** 2).sum())
        size = float((evaluator.values(np.zeros(problem.n_variables)) ** 2).sum())
    else:
        evaluator = Evaluator((problem.minimize,))
        values, vectors = np.linalg.eigh(evaluator.hessian(optimum, np.ones(1)) / 2)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
        value = abs(float(evaluator.values(optimum)[0]))
        size = problem.minimize.scale
    scale = np.sqrt(max(value, (1e-20 if squares else 1e-10) * size))
    linear, inner = list(split.linear), list(split.inner)
    matrix = np.zeros((problem.n_variables, problem.n_variables))
    linear = _order_by_degree((problem.minimize,), linear, inner)
    q, r = np.linalg.qr(root[:, linear])
    rank_q = q[:, np.abs(np.diag(r)) > _LEAST * np.abs(r).max()]
    matrix[np.ix_(linear, linear)] = scale * _triangular_inverse(r)
    if inner:
        rest = root[:, inner] - rank_q @ (rank_q.T @ root[:, inner])
        matrix[np.ix_(inner, inner)] = factor * scale * _sensitivity(rest, float(np.linalg.norm(root[:, inner])))
    if not squares:
        return change_affinely(problem, optimum, matrix)
    objective = sum_of_squares(change_polynomials(squares, optimum, matrix))
    constraints = (
        change_polynomials((*problem.inequalities, *problem.equalities), optimum, matrix)
        if (problem.inequalities or problem.equalities)
        else []
    )
    return normalized_change(problem, [objective, *constraints], optimum, matrix)


def _by_inner_degree(polynomials: tuple[Polynomial, ...], split: Split) -> list[int]:
    return _order_by_degree(polynomials, list(split.linear), list(split.inner))


def _order_by_degree(polynomials: tuple[Polynomial, ...], linear: list[int], inner: list[int]) -> list[int]:
    """Order the linear variables by the degree in `u` of their coefficients, lowest first."""
    rows = np.concatenate([p.exponents for p in polynomials])
    totals = rows[:, inner].sum(axis=1)
    degrees = [int(totals[rows[:, i] > 0].max(initial=0)) for i in linear]
    return [linear[place] for place in np.argsort(degrees, kind="stable")]


def _triangular_inverse(r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert an upper triangular factor whose small diagonal entries are first replaced by a floor."""
    size = float(np.abs(r).max(initial=0.0)) or 1.0
    diagonal = np.diag(r).copy()
    small = np.abs(diagonal) < _LEAST * size
    r = r.copy()
    r[small] = 0.0  # an undetermined variable keeps its own direction
    diagonal[small] = size
    np.fill_diagonal(r, diagonal)
    return np.asarray(scipy.linalg.solve_triangular(r, np.eye(len(r))))


def _sensitivity(jacobian: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    r"""Return :math:`V\, \mathrm{diag}(1/\sigma)` from the SVD, with small singular values raised to a floor.

    The floor is 1e-4 of the largest, or 1e-6 of `size`, the norm before the projection: where nothing is left of
    it, the data do not determine the inner variables, and they keep a natural unit.
    """
    _, singular, transposed = np.linalg.svd(jacobian, full_matrices=True)
    padded = np.zeros(jacobian.shape[1])
    padded[: len(singular)] = singular
    floor = max(1e-4 * float(padded.max(initial=0.0)), 1e-6 * size) or 1.0
    return np.asarray(transposed.T / np.maximum(padded, floor))
