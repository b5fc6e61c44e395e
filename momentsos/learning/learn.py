"""`learn`: formulate, solve, and read the coefficients off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..hierarchy.gaps import closes
from ..hierarchy.request import Asked, check_problem, check_request
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..machine.mappings import ReadOnly
from ..machine.memory import memory_errors_told
from ..machine.progress import reported, tell
from .blocks import refuse_goal, trained_in_blocks
from .exact_loss import exact_loss
from .fit import Fit
from .formulate import Formulation, Goal, formulated
from .identifiability import identifiability
from .intake import explained, taken_in
from .losses.norms import AbsoluteNorm
from .network import PolynomialNetwork
from .normalising import is_chosen, searched_further, suits
from .options import Options
from .reductions import solve_by_reductions
from .starts import least_squares_points

Floats = NDArray[np.float64]

#: Why ``method="auto"`` means the partial hierarchy for losses of all samples.
REDUCED = "auto took the partial hierarchy: every reduction of the loss is affine in the last layer and in its bounds."

#: Seconds that the last layer alone has at least, when layers are trained in blocks.
LAST = 5.0
#: A loss is known at a point where rounding of the residuals changes it by no more than this share, and so well known
#: that it is not evaluated again by the network itself below the other one.
_KNOWN, _WELL_KNOWN = 1e-6, 1e-12
#: Rounding of no more than this share of a loss is taken off a bound as it is, and the loss is not evaluated for it.
_SMALL = 1e-9
#: The share of what rounding can do at worst that stays off a bound where the loss of the network itself is known.
_KEPT = 1e-3


@dataclass(frozen=True, eq=False)
class Truth:
    """The loss of the network itself, as opposed to that of a formulation with rounded coefficients."""

    goal: Goal
    X: Floats
    Y: Floats

    def loss(self, formulation: Formulation, point: Floats) -> float | None:
        """Return it at a point, rounded up; None where it is not evaluated or is not the whole objective."""
        if self.goal.penalties.any:
            return None
        coefficients = formulation.coefficients(point)
        return exact_loss(formulation.network, self.goal.loss, coefficients, self.X, self.Y)


def learn(
    network: PolynomialNetwork,
    X: ArrayLike,
    Y: ArrayLike | None = None,
    loss: str = "mse",
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
    progress: Callable[[str], None] | bool | None = None,
    sample_weight: ArrayLike | None = None,
    ridge: float = 0.0,
    absolute: float = 0.0,
    client: Any = None,
) -> Fit:
    r"""Learn the activation coefficients of a network globally.

    Parameters
    ----------
    network : PolynomialNetwork
        Weights, biases and degrees are given; its coefficients, if any, are ignored.
    X : (N, m_0) array, or chunks
        Memory maps and arrays of dask too; without `Y` an iterable of (X, Y) chunks, or a function that returns one.
    Y : (N, m_{D+1}) array, or (N,) class labels, optional
        Labels stand for targets of 0 and 1, a column for each class in the order of `numpy.unique`.
    loss : {"mse", "mean_residual", "max_abs", "mae"}
        The mean over samples and outputs of the squared residual; the largest entry of the mean residual, in which
        errors of single samples cancel; the largest and the mean absolute residual over all samples and outputs.
    method : str
        As for `momentsos.solve`; or ``"blocks"`` for networks that are too deep for a bound of all layers together:
        blocks of them are trained globally in turn, with Levenberg-Marquardt over all; see `momentsos.learning.blocks`.
    solver, tol, order, max_order, time_limit, solver_options, bound, memory_limit, seed, progress
        As for `momentsos.solve`. `tol` is a relative gap of the loss. An absolute gap closes it too: with the dense
        method below 1e-8 of the size of the targets (the largest mean target; for ``"mse"`` 1e-8 of the mean
        squared target), with the partial one below 1e-19 of it. For ``"max_abs"`` and ``"mae"`` each reduction of the
        loss is solved with these options.
    sample_weight : (N,) array, optional
        How much each sample counts in the mean, scaled to mean one; not for ``"max_abs"``.
    ridge, absolute : float
        For ``"mse"`` and ``"mean_residual"``: weights of :math:`\sum_i c_i^2` and of :math:`\sum_i |c_i|`, over all
        coefficients that are learned, which are added to the loss. No coefficient is normalised then.
    client : Client of dask.distributed, whose workers sum up the data, optional

    Returns
    -------
    Fit
        `minimizers` holds coefficients and the variables that the loss adds. The upper bound is compared with the
        loss at the coefficients as they are returned.

    Raises
    ------
    InvalidInput, BadOption, OrderTooLow, ProblemTooLarge, SolverUnavailable

    Notes
    -----
    For ``"max_abs"`` and ``"mae"`` the problem that is relaxed, `problem` and `formulation` of the fit, sees some of
    the residuals, or sums of them; it is nowhere above the loss, so its lower bound is one of the loss. The upper
    bound is the loss of all samples, and `certify` proves the lower one where an order has closed the gap (boxes of
    inner coefficients have no certificate, orders that are asked for have one); see `momentsos.learning.reductions`.

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
    began = time.perf_counter()
    goal = Goal.of(loss, ridge, absolute)
    with reported(progress) as report, memory_errors_told("learning these coefficients"):
        asked = Asked(
            order, max_order, method, solver, tol, time_limit, solver_options, bound, memory_limit, seed, report
        )
        check_request(asked)
        options = Options(asked, began + (np.inf if time_limit is None else time_limit))
        inputs, targets, goal = taken_in(network, X, Y, goal, sample_weight, client, options.formed_until)
        given = goal.suited(network).seeing(inputs)
        how = _learn_whole if goal.loss.sampled is None else _learn_by_reductions
        if asked.method == "blocks":
            refuse_goal(goal)
            how = _learn_in_blocks
        fit = how(given, inputs, targets, goal, options, began)
    return _with_words(fit, explained(fit.network, inputs, targets, goal)) if goal.loss.averaged else fit


def _learn_whole(network: PolynomialNetwork, X: Floats, Y: Floats, goal: Goal, options: Options, began: float) -> Fit:
    """Learn with the problem of the whole loss."""
    tell(options.asked.progress, f"writing the loss of {len(X):,} samples as a polynomial")
    formulation = formulated(network, X, Y, goal, options.formed_until)
    check_problem(formulation.problem)
    formed = time.perf_counter() - began
    tell(options.asked.progress, f"searching in {formulation.n_coefficients} coefficients by least squares")
    points = least_squares_points(formulation, options.asked.seed, until=options.until)
    seed, until, chosen = options.asked.seed, options.formed_until, is_chosen(formulation.network)
    if chosen and not suits(formulation, points, X) and time.perf_counter() < options.until:
        formulation, points = searched_further(formulation, goal, points, X, Y, seed, until)
    result = _solved(formulation, points, options, Truth(goal, X, Y))
    if not _is_certified(result) and len(result.minimizers) and time.perf_counter() < options.until:
        if chosen:
            other, points = searched_further(formulation, goal, result.minimizers, X, Y, seed, until)
        else:
            other, points = formulation, least_squares_points(formulation, seed, until=options.until, quick=False)
        best = formulation.objective(result.minimizers[0]) * (1 - options.asked.tol)
        if len(points) and (other.objective(points[0]) < best or other.network.chart != formulation.network.chart):
            second = _solved(other, points, options, Truth(goal, X, Y))
            if _is_certified(second) or _gap(second) < _gap(result):
                formulation, result = other, second
    result = _with_exact_loss(result, formulation, Truth(goal, X, Y))
    result = replace(result, seconds=ReadOnly({**result.seconds, "formulate": formed}))
    return _fit(formulation.network, result, formulation, formulation, began)


def _with_exact_loss(result: Result, formulation: Formulation, truth: Truth) -> Result:
    """Return a result whose upper bound is the loss of the network itself, or no less where rounding is small."""
    if result.lower_bound is None or result.upper_bound is None or result.fine is None or not len(result.minimizers):
        return result
    if _is_known(formulation, result.minimizers[0], _WELL_KNOWN):
        rounding = formulation.rounding(result.minimizers[0]) if formulation.norm.squared else 0.0
        return replace(result, upper_bound=result.upper_bound + rounding)
    upper = truth.loss(formulation, result.minimizers[0])
    if upper is None:  # the loss is that of the residuals, but for rounding
        upper = result.upper_bound + formulation.rounding(result.minimizers[0])
    lower = result.lower_bound if result.lower_bound <= upper else 0.0  # refuted; a norm is never negative
    fine = np.concatenate([0.0 * result.fine[:1], result.fine[1:]])
    found = replace(result, lower_bound=lower, upper_bound=upper, fine=fine)
    if _is_certified(found) and not closes(lower, upper, found.unit, found.tol):
        found = replace(found, status=Status.BOUNDED, message=f"{Status.BOUNDED.meaning} {Status.BOUNDED.remedy}")
    return found


def _is_certified(result: Result) -> bool:
    return result.status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN)


def _gap(result: Result) -> float:
    return np.inf if result.gap is None else result.gap


def _solved(formulation: Formulation, points: NDArray[np.float64], options: Options, truth: Truth) -> Result:
    """Solve a formulation, and judge what comes by the loss."""
    result = options.solve(formulation, points)
    if not len(result.minimizers):
        return result
    return _at_losses(_with_known_digits(result, formulation, points), formulation, truth)


def _learn_in_blocks(
    network: PolynomialNetwork, X: Floats, Y: Floats, goal: Goal, options: Options, began: float
) -> Fit:
    """Learn block by block; the last step bounds the loss over the last layer, in which it is quadratic."""
    own = replace(options, asked=replace(options.asked, method="auto", order=None, max_order=None))
    found = trained_in_blocks(network, X, Y, goal, own)
    last = found.network.holding(found.last, found.point)
    grace = replace(own, until=max(own.until, time.perf_counter() + LAST))
    formulation = formulated(last, X, Y, goal, grace.formed_until)
    truth = Truth(goal, X, Y)
    result = _solved(formulation, formulation.lifted(found.point[found.last])[None, :], grace, truth)
    result = _with_exact_loss(result, formulation, truth)
    lower = max([found.lower, *(step.lower for step in found.steps if step.layers == found.learned)])
    status = Status.CERTIFIED if closes(lower, result.upper_bound, result.unit, result.tol) else Status.BOUNDED
    words = status.meaning if status is Status.CERTIFIED else found.message
    whole = replace(
        result,
        status=status,
        lower_bound=lower,
        message=words,
        method="blocks",
        proved=False,
        relaxation=None,
        solution=None,
    )
    return replace(_fit(found.network, whole, formulation, formulation, began), steps=found.steps)


def _learn_by_reductions(
    network: PolynomialNetwork, X: Floats, Y: Floats, goal: Goal, options: Options, began: float
) -> Fit:
    """Learn with reductions of the loss."""
    loss, squares = goal.loss.sampled, Goal.of("mse")
    assert loss is not None
    auto = options.asked.method == "auto"
    own = replace(options, asked=replace(options.asked, method="partial")) if auto else options
    tell(options.asked.progress, f"writing the residuals of {len(X):,} samples as polynomials")
    squared = formulated(network, X, Y, squares, options.formed_until)
    check_problem(squared.problem)
    seed, until, formed = options.asked.seed, options.until, time.perf_counter() - began
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused when it is formulated
        points = least_squares_points(squared, seed, until=until)
        if is_chosen(network) and not suits(squared, points, X) and time.perf_counter() < until:
            squared, points = searched_further(squared, squares, points, X, Y, seed, until)
    reduced = solve_by_reductions(squared, points, X, Y, loss, own)
    seconds = ReadOnly({**reduced.result.seconds, "formulate": formed + reduced.result.seconds["formulate"]})
    result = _with_exact_loss(reduced.result, reduced.formulation, Truth(goal, X, Y))
    result = replace(result, reason=REDUCED if auto else result.reason, seconds=seconds)
    return _fit(squared.network, result, reduced.formulation, squared, began)


def _fit(
    network: PolynomialNetwork, result: Result, formulation: Formulation, determining: Formulation, began: float
) -> Fit:
    """Add the network to a result; the residuals of `determining` say which coefficients the data determine."""
    own = {field.name: getattr(result, field.name) for field in fields(Result)}
    learned = determined = None
    if len(result.minimizers):
        learned = formulation.coefficients(result.minimizers[0])
        determined = identifiability(determining, result.minimizers[0])
        if determined.undetermined:
            own["message"] = f"{own['message']} Note: {determined}."
    total = time.perf_counter() - began
    own["seconds"] = ReadOnly({**result.seconds, "total": total})
    return Fit(
        **own,
        network=network if learned is None else network.with_coefficients(learned),
        coefficients=learned,
        formulation=formulation,
        identifiability=determined,
    )


def _with_known_digits(result: Result, formulation: Formulation, starts: NDArray[np.float64]) -> Result:
    """Return a result whose best point is one at which the loss of the network is known.

    The problem has residuals with coefficients that were rounded. Where the data leave a direction free, points may run
    away along it to where nothing but that rounding decides.
    """
    if _is_known(formulation, result.minimizers[0]):
        return result
    known = [point for point in (*result.minimizers, *starts) if _is_known(formulation, point)]
    if not known:
        return result
    best = min(known, key=formulation.objective)
    return replace(result, minimizers=best[None, :], fine=np.zeros((1, len(best))))


def _is_known(formulation: Formulation, point: NDArray[np.float64], share: float = _KNOWN) -> bool:
    least = formulation.scale * (share if formulation.norm.squared and share < _KNOWN else 1.0)  # roots are compared
    return formulation.rounding(point) <= share * max(abs(formulation.objective(point)), least)


def _rounded_away(
    formulation: Formulation, point: NDArray[np.float64], truth: Truth | None
) -> tuple[float | None, float]:
    r"""Return the loss of the network itself where it is needed, and what rounding may have added to a lower bound.

    That is judged at the best point. It is at most what errors of all residuals with the worst signs make there, a
    share `s` of the loss `f`. For sums of squares the difference to the loss of the network itself takes its place: the
    minima of both differ by no more than that and :math:`s^2 f`, for errors of the residuals move a stationary point by
    no more than themselves; `_KEPT` of the worst is taken off beside, for points that are nearly stationary.
    """
    most, stored = formulation.rounding(point), formulation.objective(point)
    if (
        truth is None
        or not formulation.norm.squared
        or _is_known(formulation, point, _WELL_KNOWN)
        or not 0.0 < most < stored
    ):
        return None, most
    true = truth.loss(formulation, point)
    if true is None:
        return None, most
    exact = formulation.loss_at(point, np.zeros_like(point))
    return true, min(most, abs(exact - true) + most * (most / stored + _KEPT))


def _with_words(fit: Fit, share: float | None) -> Fit:
    """Say of a loss of averages what it does not see."""
    if share is None:
        return fit
    words = f"Errors of single samples cancel in this loss; the network explains {share:.1%} of the targets' variance."
    return replace(fit, message=f"{fit.message} {words}")


def _at_losses(result: Result, formulation: Formulation, truth: Truth | None = None) -> Result:
    """Return a result whose points are where their coefficients put them: its upper bound is a loss, evaluated exactly.

    The first point is its floats together with the digits that these have not; the message tells when that matters.
    """
    assert result.fine is not None
    n, tol = formulation.n_coefficients, result.tol
    points = np.array([formulation.lifted(point) for point in result.minimizers])
    fine = result.fine.copy()
    fine[:, n:] = 0.0
    upper = rounded = formulation.loss_at(points[0], np.zeros_like(fine[0]))
    if fine[0].any():
        upper = formulation.loss_at(points[0], fine[0])
    # The problem has rounded coefficients: what that may have added to the bound at the best point is taken off.
    worst = formulation.rounding(points[0])
    enough = worst <= _SMALL * abs(upper) or (result.lower_bound is not None and result.lower_bound <= worst)
    true, added = (None, worst) if enough else _rounded_away(formulation, points[0], truth)
    if not _is_known(formulation, points[0]):
        upper = rounded = rounded + added if true is None else true
    lower = None if result.lower_bound is None else max(0.0, result.lower_bound - added)
    message = result.message
    if rounded <= upper or closes(lower, rounded, result.unit, tol):
        upper, fine[0] = rounded, 0.0
    else:
        message += f" Rounding the coefficients to floats changes the loss from {upper:.6g} to {rounded:.6g}."
    if isinstance(formulation.norm, AbsoluteNorm):  # an epigraph: its bounds add up to the loss
        points[0, n] = np.nextafter(points[0, n] + max(0.0, upper - float(points[0, n:].sum())), np.inf)
    changed = replace(result, lower_bound=lower, upper_bound=upper, minimizers=points, fine=fine, message=message)
    if result.status not in (Status.CERTIFIED, Status.CERTIFIED_WITHIN) or closes(lower, upper, result.unit, tol):
        return changed
    return replace(changed, status=Status.BOUNDED, message=f"{Status.BOUNDED.meaning} {Status.BOUNDED.remedy}")
