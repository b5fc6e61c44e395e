"""Solve one case and measure what came out."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProblemTooLarge, SolverFailed
from ..hierarchy.gaps import closes
from ..hierarchy.status import Status
from ..learning.fit import Fit
from ..learning.instances import Instance
from ..learning.learn import learn
from .cases import Case


@dataclass(frozen=True)
class Outcome:
    r"""What one case gave; numbers that do not exist are None.

    Attributes
    ----------
    status : str
        The name of a `Status`.
    message, method, solver : str
    region : str
        The kind of the set on which the lower bound holds; see `momentsos.bounds.region`.
    lower_bound, upper_bound, relative_gap : float or None
    order : int or None
    coefficients : list of list of float, or None
        In ascending powers, one list a layer.
    abs_error, rel_error : float or None
        :math:`\|c_{true} - c_{pred}\|_2`, and the same over the norm of the noise vector.
    mse, rmse : float or None
        :math:`\frac1N \sum_i \|\varepsilon_i\|_2^2` for the residuals on the test pairs, and its root.
    mse_true : float or None
        The same for the true coefficients: what the noise of the test pairs alone gives.
    seconds, cpu_seconds : float
        Wall time and processor time of `learn`.
    moments, largest_block : int or None
    attempts : list of dict
        Every relaxation that was solved: order, kind of region, lower bound, whether it meets the upper bound,
        flatness.
    """

    status: str
    message: str
    method: str
    solver: str = ""
    region: str = ""
    lower_bound: float | None = None
    upper_bound: float | None = None
    relative_gap: float | None = None
    order: int | None = None
    coefficients: list[list[float]] | None = None
    abs_error: float | None = None
    rel_error: float | None = None
    mse: float | None = None
    rmse: float | None = None
    mse_true: float | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    moments: int | None = None
    largest_block: int | None = None
    attempts: tuple[dict[str, Any], ...] = ()

    @property
    def certified(self) -> bool:
        """Whether the minimum is proved to the tolerance."""
        return self.status == Status.CERTIFIED.name

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {**asdict(self), "attempts": list(self.attempts)}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Outcome:
        """Return the outcome of `as_dict`."""
        known = {field.name: given[field.name] for field in fields(cls)}
        return cls(**{**known, "attempts": tuple(given["attempts"])})


def measure(case: Case) -> Outcome:
    """Draw the instance, learn its coefficients, compare them with the true ones and test them on fresh pairs.

    A problem that is too large, or a solver that fails, is an outcome, with the status that says so.
    """
    instance, settings = case.draw(), case.settings
    began, busy = time.perf_counter(), time.process_time()
    try:
        fit = learn(
            instance.network,
            instance.X,
            instance.Y,
            loss="mean_residual",
            method=settings.method,
            solver=settings.solver,
            tol=settings.tol,
            order=settings.order,
            max_order=settings.max_order,
            time_limit=settings.time_limit,
            bound=settings.bound,
        )
    except ProblemTooLarge as error:
        return Outcome(Status.STOPPED.name, str(error), settings.method)
    except SolverFailed as error:
        return Outcome(Status.FAILED.name, str(error), settings.method)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    return Outcome(
        status=fit.status.name,
        message=fit.message,
        method=fit.method,
        solver=fit.solver,
        region=fit.region.kind,
        lower_bound=_finite(fit.lower_bound),
        upper_bound=_finite(fit.upper_bound),
        relative_gap=_finite(fit.relative_gap),
        order=fit.order,
        coefficients=None if fit.coefficients is None else [c.tolist() for c in fit.coefficients],
        seconds=seconds,
        cpu_seconds=busy,
        moments=fit.sizes.get("moments"),
        largest_block=fit.sizes.get("largest_block"),
        attempts=tuple(_attempts(fit)),
        **errors(case, instance, fit),
    )


def errors(case: Case, instance: Instance, fit: Fit) -> dict[str, float | None]:
    """Return the errors of the learned coefficients, and of the network on fresh pairs."""
    if fit.coefficients is None or fit.network is None:
        return {}
    exact = instance.network.with_coefficients(instance.true)
    noise = float(np.linalg.norm((instance.Y - exact.predict(instance.X))[0]))
    abs_error = float(np.linalg.norm(np.concatenate(instance.true) - np.concatenate(fit.coefficients)))
    found: dict[str, float | None] = {"abs_error": abs_error}
    if case.kind == "noisy":
        X, Y = case.draw_test(instance)
        mse = mean_squared(fit.network.predict(X) - Y)
        found |= {"rel_error": abs_error / noise, "mse": mse, "rmse": mse**0.5}
        found["mse_true"] = mean_squared(exact.predict(X) - Y)
    return found


def mean_squared(residual: NDArray[np.float64]) -> float:
    """Return the mean over the rows of the squared Euclidean norm."""
    return float((residual**2).sum(axis=1).mean())


def _attempts(fit: Fit) -> list[dict[str, Any]]:
    return [
        {
            "order": each.order,
            "region": each.region.kind,
            "lower_bound": _finite(each.lower_bound),
            "meets": closes(each.lower_bound, fit.upper_bound, fit.unit, fit.tol),
            "flat": None if each.flatness is None else bool(each.flatness.flat),
            "sdp_status": each.sdp_status.name,
            "seconds": each.seconds,
        }
        for each in fit.attempts
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
