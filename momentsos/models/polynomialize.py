"""`polynomialize`: a trained model in, the same kind of model with the best polynomial activations out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadOption, InvalidInput
from ..hierarchy.gaps import closes
from ..hierarchy.request import Asked, check_request
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..learning.activation import Activation
from ..learning.fit import Fit
from ..machine.checks import is_integer, items, shown
from ..machine.mappings import ReadOnly
from ..machine.memory import memory_errors_told
from ..machine.notebooks import Shown
from ..machine.records import Record
from ..machine.threads import limited_threads
from .baselines import MOST, fitted_on_inputs, fitted_on_intervals, inputs_of, sought_of
from .batches import are_batches, joined
from .costs import depth_of, levels_of
from .degrees import chosen_degrees
from .fitting import Fitted, Task, fitted
from .kinds import home_of, model_of
from .measure import Ruler, layers_of, outputs_of, scores_of
from .model import Model
from .normalising import normalised
from .report import ModelReport
from .samples import HELD_OUT, Samples, checked_share, divided, inputs_array, samples_of
from .series import Series
from .sought import Sought

Floats = NDArray[np.float64]

#: What closes a gap here, where neither orders nor regions are asked for.
_REMEDY = "Raise time_limit, take a lower degree in one of the layers, or give more samples or a ridge."
#: What rounding may change in the loss between its residuals and a forward pass, as a share of the mean squared target.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class Polynomialized(Shown, Record):
    """A model with polynomial activations, what is proved of them, and what they do.

    Attributes
    ----------
    model : object
        Of the kind that was given; a copy.
    fit : Fit
        Its bounds are those of the loss over all coefficients that were sought; `coefficients` are the ascending powers
        of each activation's input, `minimizers` are in the units of `series`.
    report : ModelReport
    series : tuple of Series
        The activations, in natural units of their inputs.
    squared : object
        What `fold` returns.
    row : tuple of int
        The shape of a sample.
    """

    model: Any = field(compare=False)
    fit: Fit
    report: ModelReport
    series: tuple[Series, ...]
    squared: Any = field(compare=False)
    row: tuple[int, ...] = ()

    def fold(self) -> Any:
        """Return the model with quadratic activations as bare squares, where the layers around take the rest.

        Each saves a level where levels are scarce, as under encryption; outputs are the same up to rounding.
        """
        return self.squared

    def to_onnx(self, path: Any, precision: str = "double", *, fold: bool = False) -> None:
        """Write the model to an ONNX file, which appears whole or not at all; any number of samples goes in at a time.

        Parameters
        ----------
        path : str or path
        precision : {"double", "single"}
            Of input, output and all between. In double precision convolutions and average pooling are written as
            products of matrices, for onnxruntime has no others.
        fold : bool
            Whether quadratic activations are written as bare squares, as `fold` makes them.

        Raises
        ------
        BadOption, InvalidInput
            There is another precision, a package is missing, the model cannot be exported, the file cannot be written.
        """
        model = self.squared if fold else self.model
        home_of("onnx.exporting", "onnx").write(model, self.row, path, precision)

    def __str__(self) -> str:
        return str(self.report)


def polynomialize(
    model: Any,
    X: ArrayLike,
    Y: ArrayLike | None = None,
    degrees: int | Sequence[int] | str = 3,
    *,
    activations: Sequence[Activation] | None = None,
    truth: ArrayLike | None = None,
    holdout: Any = HELD_OUT,
    ridge: float = 0.0,
    widen: float | str = "auto",
    sample_weight: ArrayLike | None = None,
    method: str = "auto",
    solver: str = "auto",
    tol: float = 1e-6,
    time_limit: float | None = 60.0,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Polynomialized:
    r"""Replace the activations of a trained model by the best polynomials, weights as they are.

    With :math:`f(x; c)` the model with polynomials of coefficients `c` in place of its activations, the loss
    :math:`\frac{1}{N m} \sum_i \|f(x_i; c) - y_i\|^2` is minimised over the coefficients of all activations together,
    and bounded from below over all of R^n.

    Parameters
    ----------
    model : object
        A trained model whose parts between activations are affine, in evaluation mode. It is never changed.
    X : (N, ...) array, or an iterable of batches
        Rows are samples. Batches, as from a loader of torch, are read once and into memory; in pairs the second part
        is `truth`, where that is not given.
    Y : (N, m) array or (N,) class labels, optional
        Targets; labels stand for 0 and 1 in a column a class. By default the model's own outputs.
    degrees : int, sequence of int, or "auto"
        Of all activations, or of each; ``"auto"`` raises one or all while the loss of folds left out falls.
    activations : sequence of Activation, optional
        In place of degrees: chosen powers, fixed coefficients.
    truth : (N,) class labels or (N, m) array, optional
        What the report scores against; by default `Y`, else the outputs. It is not fitted.
    holdout : float, (X, Y, truth), or an iterable of batches
        The share of the samples that the report keeps for scores, or samples of their own.
    ridge : float
        The weight of the sum of squares of all coefficients, in natural units of their inputs.
    widen : float or "auto"
        The weight of a penalty that keeps polynomials near the activations beyond the inputs of training;
        ``"auto"`` chooses it by cross-validation, where folds left out are much worse than the others.
    sample_weight : (N,) array, optional
    method : str
        As for `momentsos.learn`, but ``"auto"`` is ``"squares"`` and nothing else.
    solver, tol, seed, progress
        As for `momentsos.learn`.
    time_limit : float, optional
        Seconds for the fit; reading and the report come on top.

    Returns
    -------
    Polynomialized

    Raises
    ------
    InvalidInput, BadOption, ProblemTooLarge, SolverUnavailable
        A model that is not affine between its activations is refused with the name of the place.

    Notes
    -----
    Where the whole is too large for the bound, activations are fitted in blocks that hold the last one, and together
    by Levenberg-Marquardt; the status is then `BOUNDED`, and the message says which steps are global.
    """
    began, cpu = time.perf_counter(), time.process_time()
    method = "squares" if method == "auto" else method
    asked = Asked(None, None, method, solver, tol, time_limit, None, "auto", None, seed, progress)
    check_request(asked)
    until = began + (np.inf if time_limit is None else time_limit)
    weight = None if isinstance(widen, str) and widen == "auto" else checked_share(widen, "widen")
    penalty = checked_share(ridge, "ridge")
    with memory_errors_told("fitting these activations"), limited_threads(1):
        X, truth = _read(X, truth)
        rows = inputs_array(X)
        given = model_of(model, rows)
        outputs = next(given.passes(rows[:1])).outputs.shape[1]
        samples = samples_of(rows, Y, truth, sample_weight, outputs)
        if are_batches(holdout):
            X_held, truth_held = joined(holdout, "holdout")
            holdout = (X_held, None, truth_held)
        training, held_out = divided(samples, holdout, seed, outputs)
        inputs, own = inputs_of(given, training.X)
        targets = own if training.Y is None else training.Y
        task = Task(given, training.X, targets, training.weights, inputs, Sought((), ()), asked, penalty, weight, until)
        shapes, words = _activations(task, degrees, activations)
        sought = sought_of(inputs, shapes)
        least, interval = fitted_on_inputs(inputs, sought), fitted_on_intervals(given, inputs, sought)
        task = replace(task, sought=normalised(given, training.X, sought, least) if not penalty else sought)
        found = fitted(task, [least, interval])
        fit = _fit(found, task, began)
        object_out = given.with_series(found.series)
        squared, squares = given.folded(found.series)
        variants = [("interval", interval), ("least squares", least), ("ours", found.series)]
        told = _Told("outputs" if Y is None else "Y", words, squares, time.process_time() - cpu)
        report = _report(task, found, fit, training, held_out, variants, told)
    return Polynomialized(object_out, fit, report, tuple(found.series), squared, tuple(rows.shape[1:]))


def _read(X: Any, truth: Any) -> tuple[Any, Any]:
    """Return samples, and what is true of them, with batches put together."""
    if not are_batches(X):
        return X, truth
    inputs, told = joined(X)
    return inputs, told if truth is None else truth


@dataclass(frozen=True)
class _Told:
    """What a report is told: the target, how degrees were chosen, which sites are squares, seconds of the fit."""

    target: str
    degrees: str
    squares: tuple[int, ...]
    seconds: float


def _report(
    task: Task,
    found: Fitted,
    fit: Fit,
    training: Samples,
    held_out: Samples | None,
    variants: Sequence[tuple[str, Sequence[Series]]],
    told: _Told,
) -> ModelReport:
    """Measure, and write down."""
    model = task.model
    ruler = Ruler.of(outputs_of(model, training.X), training.truth)
    powers = [series.degree for series in found.series]
    return ModelReport(
        kind=model.kind,
        target=told.target,
        samples=len(training),
        held_out_samples=0 if held_out is None else len(held_out),
        training=scores_of(model, training, variants, ruler),
        held_out=() if held_out is None else scores_of(model, held_out, variants, ruler),
        layers=layers_of(model, training, held_out, found.series),
        status=fit.status.name,
        bounds=(fit.lower_bound, fit.upper_bound),
        message=fit.message,
        steps=tuple(_step_words(model, step) for step in found.steps),
        widening=found.widening.words,
        degrees=told.degrees,
        depth=depth_of(model, powers),
        levels=levels_of(model, powers),
        folded_levels=levels_of(model, powers, told.squares),
        seconds=told.seconds,
    )


def _activations(task: Task, degrees: Any, activations: Any) -> tuple[list[Activation], str]:
    """Return one activation for each site, and how degrees were chosen."""
    count = len(task.model.sites)
    if activations is not None:
        given = items(activations, "activations", "a list of one Activation for each activation of the model")
        if len(given) != count or not all(isinstance(each, Activation) for each in given):
            raise InvalidInput(f"activations: expected {count} of momentsos.Activation, {_listed(task.model)}")
        for number, each in enumerate(given):
            plain = each.are_powers and not (each.per_unit or each.bounds or each.constraints or each.shape)
            if not plain or each.size - 1 > MOST or not each.free:
                raise BadOption(
                    f"activations[{number}]: expected powers up to {MOST}, some of them perhaps fixed; no other basis, "
                    f"no bounds, nothing for each unit"
                )
        return given, ""
    if isinstance(degrees, str):
        if degrees != "auto":
            raise BadOption(f"degrees = {shown(degrees)}: expected integers, or 'auto'")
        chosen, words = chosen_degrees(task)
        return [Activation(degree) for degree in chosen], words
    listed = [degrees] * count if is_integer(degrees) else items(degrees, "degrees", "an integer, or one a site")
    if len(listed) != count:
        raise InvalidInput(f"degrees: expected {count}, got {len(listed)}; {_listed(task.model)}")
    wrong = [each for each in listed if not is_integer(each) or not 1 <= each <= MOST]
    if wrong:
        raise InvalidInput(f"degrees: expected integers from 1 to {MOST}, got {shown(wrong[0])}")
    return [Activation(int(degree)) for degree in listed], ""


def _listed(model: Model) -> str:
    sites = ", ".join(f"{site.name} ({site.title})" for site in model.sites[:8])
    return f"the activations are {sites}{', …' if len(model.sites) > 8 else ''}"


def _fit(found: Fitted, task: Task, began: float) -> Fit:
    """Return the result as a fit whose loss is that of the model itself."""
    result = _with_loss_of_pass(found, task)
    own = {item.name: getattr(result, item.name) for item in fields(Result)}
    own["message"] = result.message.replace(Status.BOUNDED.remedy, _REMEDY)
    own["seconds"] = ReadOnly({**result.seconds, "total": time.perf_counter() - began})
    return Fit(**own, coefficients=[series.powers for series in found.series])


def _with_loss_of_pass(found: Fitted, task: Task) -> Result:
    """Return a result whose upper bound is no less than a forward pass shows, where that differs beyond rounding."""
    result = found.result
    if result.upper_bound is None or task.ridge or found.widening.weight:
        return result
    errors = ((outputs_of(task.model, task.X, found.series) - task.Y) ** 2).mean(axis=1)
    loss = float(np.average(errors, weights=task.weights))
    size = float((task.Y**2).mean()) or 1.0
    if not loss > result.upper_bound + _ROUNDING * size + 1e-9 * loss:
        return result
    changed = replace(result, upper_bound=loss)
    proved = result.status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN)
    if not proved or closes(result.lower_bound, loss, result.unit, result.tol):
        return changed
    return replace(changed, status=Status.BOUNDED, message=f"{Status.BOUNDED.meaning} {Status.BOUNDED.remedy}")


def _step_words(model: Model, step: Any) -> str:
    names = " + ".join(model.sites[j].name for j in step.sites)
    low, high = ("none" if value is None else f"{value:.6g}" for value in (step.lower, step.upper))
    return f"{names}: {step.status.name}, loss between {low} and {high}"
