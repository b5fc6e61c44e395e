"""`learn`: formulate, solve, and read the coefficients off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .hierarchy import solve
from .methods import methods_named
from .networks import Formulation, Identifiability, PolynomialNetwork, formulate, identifiability
from .polynomials.evaluator import Evaluator
from .request import check_request
from .result import GAP_FLOOR, Result, Status, closes

#: Starts of the least-squares search that supplies the first feasible points.
STARTS = 40
#: It ends when the best value was found this many times.
ENOUGH = 2
#: Evaluations of the residuals in one run, and in one that follows a valley.
STEPS, _VALLEY_STEPS = 30, 200
#: What MINPACK says when these were too few.
_NOT_CONVERGED = 5


@dataclass(frozen=True, eq=False)
class Fit(Result):
    """A result with the network that it describes.

    Attributes
    ----------
    network : PolynomialNetwork
        The network with the learned coefficients; without any when no feasible point was found.
    coefficients : list of (d_l + 1,) arrays or None
        In ascending powers.
    formulation : Formulation or None
    identifiability : Identifiability or None
        Which of the coefficients the data determine, at the learned ones; None without any.
    """

    network: PolynomialNetwork | None = None
    coefficients: list[NDArray[np.float64]] | None = None
    formulation: Formulation | None = None
    identifiability: Identifiability | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of a result, with the coefficients."""
        learned = None if self.coefficients is None else [c.tolist() for c in self.coefficients]
        known = self.identifiability
        undetermined = None if known is None else list(known.undetermined)
        return {**super().as_dict(), "coefficients": learned, "undetermined": undetermined}


def learn(
    network: PolynomialNetwork,
    X: ArrayLike,
    Y: ArrayLike,
    loss: str = "mean_residual",
    method: str = "auto",
    solver: str = "auto",
    tol: float = 1e-6,
    *,
    order: int | None = None,
    max_order: int | None = None,
    time_limit: float | None = None,
    solver_options: Mapping[str, Any] | None = None,
    bound: str | float | None = "auto",
    memory_limit: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Fit:
    r"""Learn the activation coefficients of a network globally.

    Parameters
    ----------
    network : PolynomialNetwork
        Weights, biases and degrees are given; its coefficients, if any, are ignored.
    X : (N, m_0) array
    Y : (N, m_{D+1}) array
    loss : {"mean_residual", "mse"}
        The largest entry of the mean residual, or the mean over the samples of the squared residual norm.
    method, solver, tol, order, max_order, time_limit, solver_options, bound, memory_limit, seed, progress
        As for `momentsos.solve`. `tol` is a relative gap of the loss. An absolute gap closes it too: with the dense
        method below 1e-8 of the size of the targets (the largest mean target; for ``"mse"`` 1e-8 of the mean
        squared target), with the partial one below 1e-19 of it.

    Returns
    -------
    Fit
        `minimizers` holds coefficients and the variables that the loss adds. The upper bound is compared with the
        loss at the coefficients as they are returned.

    Raises
    ------
    InvalidInput, BadOption, OrderTooLow, ProblemTooLarge, SolverUnavailable

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> rng = np.random.default_rng(0)
    >>> W = [rng.standard_normal((4, 4)) / 2 for _ in range(3)]
    >>> true = ms.PolynomialNetwork(W, degrees=[2, 1]).with_coefficients([[1, 0.5, -0.3], [0.2, -1]])
    >>> X = rng.standard_normal((20, 4))
    >>> fit = ms.learn(ms.PolynomialNetwork(W, degrees=[2, 1]), X, true.predict(X))
    >>> fit.status.name
    'CERTIFIED'
    """
    check_request(solver=solver, tol=tol, time_limit=time_limit, bound=bound)
    began = time.perf_counter()
    formulation = formulate(network, X, Y, loss)
    seconds = time.perf_counter() - began
    starts = least_squares_points(formulation, seed)
    result = solve(
        formulation.problem,
        order,
        max_order,
        method,
        solver,
        tol,
        None if time_limit is None else max(1e-3, time_limit - seconds),
        solver_options,
        bound=bound,
        candidates=starts,
        objective_scale=formulation.scale * methods_named(method, formulation.problem).methods[0].resolution,
        squares=formulation.squares,
        memory_limit=memory_limit,
        seed=seed,
        progress=progress,
    )
    own = {field.name: getattr(result, field.name) for field in fields(Result)}
    learned = determined = None
    if len(result.minimizers):
        points = np.array([formulation.lifted(point) for point in result.minimizers])
        learned = formulation.coefficients(points[0])
        own |= {"minimizers": points, **_recomputed(result, formulation, points[0], tol)}
        determined = identifiability(formulation, points[0])
        if determined.undetermined:
            own["message"] = f"{own['message']} Note: {determined}."
    total = time.perf_counter() - began
    own["seconds"] = MappingProxyType({**result.seconds, "formulate": seconds, "total": total})
    return Fit(
        **own,
        network=network if learned is None else network.with_coefficients(learned),
        coefficients=learned,
        formulation=formulation,
        identifiability=determined,
    )


def _recomputed(result: Result, formulation: Formulation, point: NDArray[np.float64], tol: float) -> dict[str, Any]:
    """Compare the upper bound with the loss at the floats of the best point; return what changes in the result.

    The bound stands where the two differ by no more than rounding can explain: of the coefficients to floats, and of
    the evaluation. The message tells when that matters. Otherwise the recomputed loss takes its place.
    """
    upper, loss = result.upper_bound, formulation.objective(point)
    assert upper is not None
    if abs(loss - upper) <= tol * max(abs(upper), GAP_FLOOR):
        return {}
    if loss - upper <= formulation.rounding(point):
        note = f"Rounding the coefficients to floats changes the loss from {upper:.6g} to {loss:.6g}."
        return {"message": f"{result.message} {note}"}
    lower = None if result.lower_bound is None else min(result.lower_bound, loss)
    changed: dict[str, Any] = {"upper_bound": loss, "lower_bound": lower}
    if result.status is Status.CERTIFIED and not closes(lower, loss, result.scale, tol):
        changed |= {"status": Status.BOUNDED, "message": Status.BOUNDED.meaning}
    return changed


def least_squares_points(formulation: Formulation, seed: int, keep: int = 4) -> NDArray[np.float64]:
    """Return the best distinct ends of least-squares runs on the residuals, with the loss's own variables.

    Returns
    -------
    (r, n) array
        Points of the formulation's problem, best first.
    """
    evaluator = formulation.evaluator
    projected = _Projected(evaluator, formulation.network.degrees[-1] + 1)
    starts = np.random.default_rng(seed).standard_normal((STARTS, formulation.n_coefficients - projected.last))
    ends: list[tuple[float, NDArray[np.float64]]] = []
    rounding = 0.0
    for start in starts:
        lowest = min((size for size, _ in ends), default=0.0)
        if sum(size <= lowest * (1 + 1e-9) + rounding + 1e-15 for size, _ in ends) >= ENOUGH:
            break
        with np.errstate(all="ignore"):
            point = _projected_search(projected, start)
        if point is not None:
            ends.append((float(np.linalg.norm(evaluator.values(point))), point))
            rounding = 4 * np.finfo(float).eps * float(np.linalg.norm(evaluator.sizes(point)))
    if not ends:
        with np.errstate(all="ignore"):
            found = [_plain_search(evaluator, projected.complete(start)[0]) for start in starts[:keep]]
        ends = [(float(np.linalg.norm(evaluator.values(point))), point) for point in found if np.isfinite(point).all()]
    distinct: list[NDArray[np.float64]] = []
    for _, point in sorted(ends, key=lambda pair: pair[0]):
        if len(distinct) < keep and not any(np.allclose(point, other, rtol=1e-5, atol=1e-8) for other in distinct):
            distinct.append(point)
    points = [formulation.lifted(point) for point in distinct]
    return np.array(points).reshape(-1, formulation.problem.n_variables)


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
    last : int
        The number of coefficients of the last layer.
    """

    def __init__(self, evaluator: Evaluator, last: int) -> None:
        self.evaluator, self.last = evaluator, last
        self._known: tuple[bytes, NDArray[np.float64], NDArray[np.float64]] | None = None

    def complete(self, inner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all coefficients, and an orthonormal basis of the columns of the last layer."""
        if self._known is None or self._known[0] != inner.tobytes():
            base = np.append(inner, np.zeros(self.last))
            columns = self.evaluator.jacobian(base)[:, len(inner) :]
            lengths = np.linalg.norm(columns, axis=0)
            lengths[lengths == 0] = 1.0
            u, s, vt = np.linalg.svd(columns / lengths, full_matrices=False)
            rank = int((s > 1e-10 * s[0]).sum())
            inside = (u[:, :rank].T @ self.evaluator.values(base)) / s[:rank]
            base[len(inner) :] = -(vt[:rank].T @ inside) / lengths
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
        columns = self.evaluator.jacobian(point)[:, : len(inner)]
        return np.asarray(columns - basis @ (basis.T @ columns))


def _projected_search(projected: _Projected, start: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Run Levenberg-Marquardt, or a trust region method where there are fewer residuals than inner coefficients.

    None is returned for a run that does not end within `STEPS`: it is on its way to a worse end, or to infinity.
    """
    from scipy.optimize import least_squares, leastsq

    inner, small = start, {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
    if len(start) > len(projected.evaluator.polynomials):
        end = least_squares(projected.values, start, projected.jacobian, max_nfev=STEPS, **small)
        inner, over = end.x, end.status == 0
    elif len(start):
        answer = leastsq(projected.values, start, Dfun=projected.jacobian, full_output=True, maxfev=STEPS, **small)
        inner, over = answer[0], answer[-1] == _NOT_CONVERGED
    else:
        over = False
    point = projected.complete(inner)[0] if np.isfinite(inner).all() else inner
    return point if not over and np.isfinite(point).all() else None


def _plain_search(evaluator: Evaluator, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise the squared residuals over all coefficients, in steps too small to reach far into a valley."""
    from scipy.optimize import least_squares

    return np.asarray(least_squares(evaluator.values, start, evaluator.jacobian, max_nfev=_VALLEY_STEPS).x)
