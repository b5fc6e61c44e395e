"""Least squares on the residuals, the last layer projected out: where `learn` begins."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..points.least_squares import Projected
from ..polynomials.evaluator import Evaluator
from .formulate import Formulation
from .free_start import FreeStart
from .limits import nearest

#: Starts of the least-squares search that supplies the first feasible points.
STARTS = 40
#: Sizes of starts in natural units, in turn. Far out the highest powers rule, and what stands beside a constant of one
#: may be as large; near zero runs settle soonest.
_SIZES = np.array([0.1, 10.0])
#: It ends when the best value was found this many times.
ENOUGH = 2
#: A quick one ends where no more than this share is missing of the squares that linear algebra can explain.
UNEXPLAINED = 1e-3
#: Evaluations of the residuals in one run, and in one that follows a valley.
EVALUATIONS, _VALLEY_EVALUATIONS = 30, 200
#: What MINPACK says when these were too few.
_NOT_CONVERGED = 5


def least_squares_points(
    formulation: Formulation,
    seed: int,
    keep: int = 4,
    until: float = np.inf,
    evaluations: int = EVALUATIONS,
    enough: int = ENOUGH,
    quick: bool = True,
) -> NDArray[np.float64]:
    """Return the best distinct ends of least-squares runs on the residuals, with the loss's own variables.

    No run begins when the time is over (`until`, by `time.perf_counter`), and the one under way is dropped; so is one
    that takes more evaluations of the residuals than `evaluations`. The search ends when the best value was found
    `enough` times, and a `quick` one when nearly all is explained that linear algebra can explain.

    Returns
    -------
    (r, n) array
        Points of the formulation's problem, best first.
    """
    evaluator = formulation.evaluator
    unknowns = formulation.network.unknowns
    inner_units = formulation.units[unknowns.inner]
    projected = _Projected(evaluator, unknowns.inner, unknowns.last, inner_units, until)
    sizes = np.resize(_SIZES, STARTS)[:, None]
    starts = inner_units * sizes * np.random.default_rng(seed).standard_normal((STARTS, len(unknowns.inner)))
    free, enough_explained = FreeStart.of(formulation.residuals), -1.0
    if free is not None:
        starts = np.concatenate([free.point[None, unknowns.inner], starts])
        enough_explained = free.norm_explaining(UNEXPLAINED)
    ends: list[tuple[float, NDArray[np.float64]]] = []
    rounding = 0.0
    for start in starts:
        if time.perf_counter() > until:
            break
        lowest = min((size for size, _ in ends), default=0.0)
        if quick and ends and lowest <= enough_explained + rounding:
            break
        if sum(size <= lowest * (1 + 1e-9) + rounding + 1e-15 for size, _ in ends) >= enough:
            break
        try:
            with np.errstate(all="ignore"):
                point = _projected_search(projected, start, evaluations)
        except _TimeOver:
            break
        if point is not None:
            ends.append((float(np.linalg.norm(evaluator.values(point))), point))
            rounding = 4 * np.finfo(float).eps * float(np.linalg.norm(evaluator.sizes(point)))
    for start in starts[: 0 if ends else keep]:
        if time.perf_counter() > until:
            break
        with np.errstate(all="ignore"):
            point = _plain_search(evaluator, projected.completed(start), formulation.units)
        if np.isfinite(point).all():
            ends.append((float(np.linalg.norm(evaluator.values(point))), point))
    return _distinct(formulation, ends, keep)


def _distinct(
    formulation: Formulation, ends: list[tuple[float, NDArray[np.float64]]], keep: int
) -> NDArray[np.float64]:
    """Return the best ends that differ, at most `keep`, within the bounds of coefficients, lifted."""
    distinct: list[NDArray[np.float64]] = []
    for _, point in sorted(ends, key=lambda pair: pair[0]):
        point = nearest(formulation.network.unknowns.inequalities, point)
        if len(distinct) < keep and not any(np.allclose(point, other, rtol=1e-5, atol=1e-8) for other in distinct):
            distinct.append(point)
    points = [formulation.lifted(point) for point in distinct]
    return np.array(points).reshape(-1, formulation.problem.n_variables)


class _TimeOver(Exception):
    """The time is over in the midst of a run."""


class _Projected(Projected):
    """Residuals with the best coefficients of the last layer, in natural units, while there is time.

    Parameters
    ----------
    evaluator, inner, last
        As of `momentsos.points.least_squares.Projected`.
    units : array
        Those of the inner coefficients.
    until : float
        When the time is over, by `time.perf_counter`: `_TimeOver` is raised then.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        inner: NDArray[np.intp],
        last: NDArray[np.intp],
        units: NDArray[np.float64],
        until: float = np.inf,
    ) -> None:
        super().__init__(evaluator, inner.tolist(), last.tolist())
        self.units, self.until = units, until

    def complete(self, inner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all coefficients, and an orthonormal basis of the columns of the last layer."""
        if time.perf_counter() > self.until:
            raise _TimeOver
        return super().complete(inner)

    def completed(self, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all coefficients, whatever time it is."""
        return super().complete(inner)[0]


def _projected_search(
    projected: _Projected, start: NDArray[np.float64], evaluations: int
) -> NDArray[np.float64] | None:
    """Run Levenberg-Marquardt, or a trust region method where there are fewer residuals than inner coefficients.

    None is returned for a run that does not end within `evaluations`: it is on its way to a worse end, or to infinity.
    """
    from scipy.optimize import least_squares, leastsq

    inner, stop = start, {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
    if len(start) > projected.evaluator.count:
        end = least_squares(
            projected.values, start, projected.jacobian, max_nfev=evaluations, x_scale=projected.units, **stop
        )
        inner, over = end.x, end.status == 0
    elif len(start):
        answer = leastsq(projected.values, start, Dfun=projected.jacobian, full_output=True, maxfev=evaluations, **stop)
        inner, over = answer[0], answer[-1] == _NOT_CONVERGED
    else:
        over = False
    point = projected.completed(inner) if np.isfinite(inner).all() else inner
    return point if not over and np.isfinite(point).all() else None


def _plain_search(evaluator: Evaluator, start: NDArray[np.float64], units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise the squared residuals over all coefficients, in steps too small to reach far into a valley."""
    from scipy.optimize import least_squares

    options = {"max_nfev": _VALLEY_EVALUATIONS, "x_scale": units}
    return np.asarray(least_squares(evaluator.values, start, evaluator.jacobian, **options).x)
