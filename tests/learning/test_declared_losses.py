"""What a loss declares is what it is: its norm, the variables it adds, whether errors of single samples cancel."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning import LOSSES
from momentsos.learning.instances import Instance, noisy_instance
from momentsos.learning.losses.norms import AbsoluteNorm, Bounds, Largest, SumOfSquares, Total

EVERY = pytest.mark.parametrize("name", LOSSES)


def small() -> Instance:
    return noisy_instance((2, 1), samples=6, width=3, fresh=True)


@EVERY
def test_the_norm_of_the_residuals_is_the_loss_from_the_data(name, rng) -> None:
    case, loss = small(), LOSSES[name]
    formulation = ms.formulate(case.network, case.X, case.Y, name)
    for _ in range(5):
        point = rng.standard_normal(formulation.n_coefficients)
        network = case.network.with_coefficients(formulation.coefficients(point))
        value = loss.value(network, case.X, case.Y)
        assert loss.norm.value(formulation.evaluator.values(point)) == pytest.approx(value, rel=1e-10)
        lifted = formulation.lifted(point)
        assert formulation.objective(lifted) == pytest.approx(value, rel=1e-10)
        assert len(lifted) == formulation.problem.n_variables
        assert min((g(lifted) for g in formulation.problem.inequalities), default=0.0) >= -1e-12


@EVERY
def test_what_rounding_can_change_grows_with_the_errors(name, rng) -> None:
    norm = LOSSES[name].norm
    for _ in range(10):
        values, errors = rng.standard_normal(8), 1e-3 * rng.random(8)
        moved = values + errors * rng.choice([-1.0, 1.0], 8)
        assert abs(norm.value(moved) - norm.value(values)) <= norm.rounding(values, errors) * (1 + 1e-12)


@EVERY
def test_the_variables_after_the_coefficients_are_those_that_the_norm_declares(name) -> None:
    case, norm = small(), LOSSES[name].norm
    formulation = ms.formulate(case.network, case.X, case.Y, name)
    added = formulation.problem.variables[formulation.n_coefficients :]
    if isinstance(norm, AbsoluteNorm):
        assert added == norm.bounds.names(len(formulation.residuals))
    if norm.squared:
        assert added == () and formulation.squares == formulation.residuals
    else:
        assert formulation.squares == ()


@EVERY
def test_errors_of_single_samples_cancel_where_the_loss_says_so(name, rng) -> None:
    case, loss = small(), LOSSES[name]
    exact = case.network.with_coefficients(case.true)
    errors = rng.standard_normal(case.Y.shape)
    Y = exact.predict(case.X) + errors - errors.mean(axis=0)
    assert (loss.value(exact, case.X, Y) < 1e-12) == loss.averaged


@EVERY
def test_losses_without_reductions_do_not_grow_with_the_samples(name) -> None:
    few, many = (noisy_instance((2, 1), samples=count, width=3, fresh=True) for count in (6, 12))
    counts = [len(ms.formulate(case.network, case.X, case.Y, name).residuals) for case in (few, many)]
    assert counts[0] == counts[1] or LOSSES[name].sampled is not None


@pytest.mark.parametrize("name", ["mean_residual", "max_abs", "mse", "mae"])
@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_gaps_are_measured_in_the_units_of_the_loss(name, factor) -> None:
    case, loss = small(), LOSSES[name]
    zero = case.network.with_coefficients(case.network.unknowns.coefficients(np.zeros(4)))
    power = 2 if loss.norm.squared else 1
    sizes = [loss.scale(loss.targets(Y)) for Y in (case.Y, factor * case.Y)]
    assert sizes[1] == pytest.approx(factor**power * sizes[0])
    assert loss.value(zero, case.X, factor * case.Y) == pytest.approx(factor**power * loss.value(zero, case.X, case.Y))


def test_the_default_loss_is_the_mean_over_samples_and_outputs_of_the_squared_residual() -> None:
    case = small()
    fit = ms.learn(case.network, case.X, case.Y)
    assert fit.formulation.loss == "mse"
    assert fit.upper_bound == pytest.approx(((fit.network.predict(case.X) - case.Y) ** 2).mean(), rel=1e-9)
    assert ms.formulate(case.network, case.X, case.Y).loss == "mse"


def test_the_norms_that_there_are() -> None:
    values = np.array([3.0, -4.0])
    assert [norm.value(values) for norm in (Largest(), Total(), SumOfSquares())] == [4.0, 7.0, 25.0]
    assert Bounds.ONE.names(2) == ("theta",) and Bounds.EACH.names(2) == ("theta1", "theta2")
