"""Least squares on the residuals, the last layer projected out: where `learn` begins."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..polynomials.evaluator import Evaluator
from .formulate import Formulation
from .limits import nearest

#: Starts of the least-squares search that supplies the first feasible points.
STARTS = 40
#: Sizes of starts in natural units, in turn. Far out the highest powers rule and runs settle soonest, and what stands
#: beside a constant of one may be as large. Of 60 losses two were missed from these, ten from the last alone.
_SIZES = np.array([100.0, 10.0, 1.0])
#: It ends when the best value was found this many times.
ENOUGH = 2
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
) -> NDArray[np.float64]:
    """Return the best distinct ends of least-squares runs on the residuals, with the loss's own variables.

    No run begins when the time is over (`until`, by `time.perf_counter`), and the one under way is dropped; so is one
    that takes more evaluations of the residuals than `evaluations`. The search ends when the best value was found
    `enough` times.

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
    ends: list[tuple[float, NDArray[np.float64]]] = []
    rounding = 0.0
    for start in starts:
        if time.perf_counter() > until:
            break
        lowest = min((size for size, _ in ends), default=0.0)
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
    distinct: list[NDArray[np.float64]] = []
    for _, point in sorted(ends, key=lambda pair: pair[0]):
        point = nearest(unknowns.inequalities, point)
        if len(distinct) < keep and not any(np.allclose(point, other, rtol=1e-5, atol=1e-8) for other in distinct):
            distinct.append(point)
    points = [formulation.lifted(point) for point in distinct]
    return np.array(points).reshape(-1, formulation.problem.n_variables)


class _TimeOver(Exception):
    """The time is over in the midst of a run."""


class _Projected:
    r"""Residuals with the best coefficients of the last layer, in which they are affine, for given inner ones.

    With :math:`r(u, v) = b(u) + A(u) v` and `P` the projection onto the complement of the columns of `A`, the
    residuals are :math:`P b`, and :math:`P\, \partial_u r` at the best `v` stands for their Jacobian. Starts with
    large data are so much better conditioned, and fewer of them get stuck.

    Source: Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973), with the simplification of Kaufman, BIT 15 (1975).

    Parameters
    ----------
    evaluator : Evaluator
        Of the residuals.
    inner, last : integer arrays
        Which unknowns `u` and `v` are.
    units : array
        Those of `u`.
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
        self.evaluator, self.inner, self.last, self.units, self.until = evaluator, inner, last, units, until
        self._known: tuple[bytes, NDArray[np.float64], NDArray[np.float64]] | None = None

    def complete(self, inner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all coefficients, and an orthonormal basis of the columns of the last layer."""
        if time.perf_counter() > self.until:
            raise _TimeOver
        return self._found(inner)

    def completed(self, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all coefficients, whatever time it is."""
        return self._found(inner)[0]

    def _found(self, inner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self._known is None or self._known[0] != inner.tobytes():
            base = np.zeros(len(self.inner) + len(self.last))
            base[self.inner] = inner
            columns = np.take(self.evaluator.jacobian(base), self.last, axis=1)
            lengths = np.linalg.norm(columns, axis=0)
            lengths[lengths == 0] = 1.0
            u, s, vt = np.linalg.svd(columns / lengths, full_matrices=False)
            rank = int((s > 1e-10 * s.max(initial=0.0)).sum())
            inside = (u[:, :rank].T @ self.evaluator.values(base)) / s[:rank]
            base[self.last] = -(vt[:rank].T @ inside) / lengths
            self._known = inner.tobytes(), base, u[:, :rank]
        return self._known[1:]

    def values(self, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the residuals."""
        point, basis = self.complete(inner)
        values = self.evaluator.values(point)
        return np.asarray(values - basis @ (basis.T @ values))

    def jacobian(self, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what stands for their derivatives in the inner coefficients."""
        point, basis = self.complete(inner)
        columns = np.take(self.evaluator.jacobian(point), self.inner, axis=1)
        return np.asarray(columns - basis @ (basis.T @ columns))


def _projected_search(
    projected: _Projected, start: NDArray[np.float64], evaluations: int
) -> NDArray[np.float64] | None:
    """Run Levenberg-Marquardt, or a trust region method where there are fewer residuals than inner coefficients.

    None is returned for a run that does not end within `evaluations`: it is on its way to a worse end, or to infinity.
    """
    from scipy.optimize import least_squares, leastsq

    inner, stop = start, {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
    if len(start) > len(projected.evaluator.polynomials):
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
