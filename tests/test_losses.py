"""The largest and the mean absolute residual: certified by reductions, against the data and against local searches."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_matrix

import momentsos as ms
from momentsos.cli import main
from momentsos.learning import loss_named, reductions
from momentsos.learning.expansion import Expansion
from momentsos.learning.incumbents import Incumbents
from momentsos.learning.instances import Instance, noisy_instance
from momentsos.learning.losses import mean_abs
from momentsos.learning.residual_table import ResidualTable
from momentsos.learning.sequential_lp import descend_by_linear_programs
from momentsos.learning.starts import least_squares_points

BOTH = pytest.mark.parametrize("loss", ["max_abs", "mae"])


def small(degrees: tuple[int, ...] = (2, 1), samples: int = 30, **options) -> Instance:
    return noisy_instance(degrees, samples=samples, width=5, fresh=True, **options)


def learned(case: Instance, loss: str, **options) -> ms.learning.Fit:
    return ms.learn(case.network, case.X, case.Y, loss=loss, **options)


def rounded_up(bound: float, loss: float) -> bool:
    """Whether a bound is the loss, with what rounding in its evaluation may have taken from it."""
    return loss <= bound <= loss * (1 + 1e-9)


def from_data(case: Instance, network: ms.PolynomialNetwork, loss: str) -> float:
    sizes = np.abs(network.predict(case.X) - case.Y)
    return float(sizes.max() if loss == "max_abs" else sizes.mean())


def table_of(case: Instance) -> ResidualTable:
    return ResidualTable.of(Expansion.of(case.network), case.X, case.Y)


@BOTH
@pytest.mark.parametrize("degrees", [(2, 1), (2, 2)])
@pytest.mark.parametrize("samples", [30, 200])
def test_no_local_search_finds_less_than_the_certified_loss(loss, degrees, samples) -> None:
    case = small(degrees, samples)
    fit = learned(case, loss)
    assert fit.status is ms.Status.CERTIFIED and fit.relative_gap <= 1e-6
    assert rounded_up(fit.upper_bound, from_data(case, fit.network, loss))
    n = fit.formulation.n_coefficients
    here = fit.minimizers[0][:n]

    def value(c: np.ndarray) -> float:
        return from_data(case, case.network.with_coefficients(fit.formulation.coefficients(c)), loss)

    rng = np.random.default_rng(0)
    found = []
    for number in range(50):
        start = here + 0.02 * rng.standard_normal(n) if number % 2 else rng.standard_normal(n)
        method = "SLSQP" if number % 4 < 2 else "Nelder-Mead"
        with np.errstate(all="ignore"):
            end = minimize(value, start, method=method, options={"maxiter": 150})
        found.append(end.fun)
    assert min(found) >= fit.lower_bound
    assert min(found) >= fit.upper_bound * (1 - 1e-12)
    assert min(found) <= 1.5 * fit.upper_bound  # the searches come near, so that the comparison says something


@BOTH
@pytest.mark.parametrize("degrees", [(2, 1), (2, 2)])
def test_data_without_noise_give_no_loss_and_the_true_coefficients(loss, degrees) -> None:
    case = small(degrees, noise=0.0)
    fit = learned(case, loss)
    assert fit.status is ms.Status.CERTIFIED
    assert 0 <= fit.upper_bound <= 1e-12 and abs(fit.lower_bound) <= 1e-13
    assert all(np.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip(fit.coefficients, case.true, strict=True))


@BOTH
@pytest.mark.parametrize("scale", [1e-5, 1e5])
def test_a_loss_that_is_rounding_is_called_so_at_any_scale(loss, scale) -> None:
    exact, noisy = small(noise=0.0), small()
    fit = learned(replace(exact, Y=scale * exact.Y), loss)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-13 * scale
    assert "rounding can make of zero" in fit.message
    fit, reference = learned(replace(noisy, Y=scale * noisy.Y), loss), learned(noisy, loss)
    assert "rounding" not in fit.message
    assert fit.upper_bound == pytest.approx(scale * reference.upper_bound, rel=1e-6)


@BOTH
def test_targets_that_are_zero_are_met_exactly(loss) -> None:
    case = replace(small(), Y=np.zeros((30, 5)))
    fit = learned(case, loss)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-15


@BOTH
def test_a_single_layer_is_a_linear_program(loss) -> None:
    case = small((3,), 40)
    fit = learned(case, loss)
    powers = (case.X @ case.network.weights[0].T)[:, :, None] ** np.arange(4)
    columns = np.einsum("oh,nhp->nop", case.network.weights[1], powers).reshape(-1, 4)
    target = case.Y.reshape(-1)
    rows = len(target)
    bounds = np.ones((rows, 1)) if loss == "max_abs" else np.eye(rows)
    cost = np.append(np.zeros(4), np.ones(bounds.shape[1]) / bounds.shape[1])
    matrix = np.block([[columns, -bounds], [-columns, -bounds]])
    exact = linprog(cost, matrix, np.append(target, -target), bounds=(None, None), method="highs").fun
    assert fit.status is ms.Status.CERTIFIED
    assert abs(fit.upper_bound - exact) <= 1e-8 and abs(fit.lower_bound - exact) <= 1e-8


@BOTH
def test_the_relaxation_does_not_grow_with_the_samples(loss) -> None:
    sizes = {}
    for samples in (50, 5000):
        case = small((2, 1), samples)
        fit = learned(case, loss)
        assert fit.status is ms.Status.CERTIFIED
        assert rounded_up(fit.upper_bound, from_data(case, fit.network, loss))
        sizes[samples] = fit.sizes["moments"]
        assert len(fit.formulation.residuals) <= 30
    assert sizes[5000] == sizes[50] < 120


def test_an_outlier_rules_the_largest_residual_and_not_the_mean_one() -> None:
    clean = small((2, 1), 60)
    Y = clean.Y.copy()
    Y[7, 2] += 5.0
    dirty = replace(clean, Y=Y)
    flat = np.concatenate(clean.true)
    largest, mean = learned(dirty, "max_abs"), learned(dirty, "mae")
    assert largest.status is mean.status is ms.Status.CERTIFIED
    assert largest.upper_bound > 1.0  # half of what was added, less what bending the network takes off
    assert np.abs(np.concatenate(largest.coefficients) - flat).max() > 0.2
    assert np.abs(np.concatenate(mean.coefficients) - flat).max() < 0.02
    assert np.abs(mean.network.predict(dirty.X) - Y)[7, 2] > 4.9


@BOTH
def test_a_reduction_is_never_above_the_loss_and_meets_it_where_it_was_made(loss, rng) -> None:
    chosen, case = loss_named(loss), small((2, 2), 40)
    table = table_of(case)
    place = rng.standard_normal(len(table.names))
    here, slopes = table.at(place), table.jacobian(place)
    parts = chosen.parts(10, here, slopes)
    for _ in range(4):
        weights = chosen.weights(parts, here)
        assert chosen.norm.value(weights @ here) == pytest.approx(chosen.of_residuals(here), rel=1e-12)
        for size in (1e-3, 0.1, 1.0, 10.0):
            there = table.at(place + size * rng.standard_normal(len(place)))
            assert chosen.norm.value(weights @ there) <= chosen.of_residuals(there) * (1 + 1e-12)
        finer = chosen.enlarged(chosen.refined(parts, weights, there, 8), here, 5)
        after = chosen.norm.value(chosen.weights(finer, here) @ there)
        assert after >= chosen.norm.value(weights @ there) * (1 - 1e-12)
        assert len(finer) > len(parts)
        members = np.concatenate(finer)
        assert len(set(members.tolist())) == len(members)
        parts = finer


def test_dividing_all_groups_by_signs_loses_nothing_at_either_point(rng) -> None:
    chosen = loss_named("mae")
    one, other = rng.standard_normal((2, 300))
    parts = chosen.parts(0, one, rng.standard_normal((300, 5)))
    weights = chosen.weights(parts, one)
    finer = chosen.weights(chosen.refined(parts, weights, other, 10**6), one)
    assert chosen.norm.value(weights @ other) < 0.9 * chosen.of_residuals(other)
    for values in (one, other):
        assert chosen.norm.value(finer @ values) == pytest.approx(chosen.of_residuals(values), rel=1e-12)


@BOTH
def test_reductions_that_see_too_little_are_refined_until_the_gap_closes(loss, monkeypatch) -> None:
    case = small((2, 2), 200)
    reference = learned(case, loss)
    monkeypatch.setattr(reductions, "SINGLES_PER_COEFFICIENT", 1)
    monkeypatch.setattr(mean_abs, "HALVINGS", 0)
    fit = learned(case, loss)
    assert "(1 solved)" not in fit.message
    assert fit.status is ms.Status.CERTIFIED
    assert fit.upper_bound == pytest.approx(reference.upper_bound, rel=1e-6)
    assert fit.lower_bound <= reference.upper_bound


def test_a_bound_above_the_loss_is_dropped() -> None:
    case = small()
    fit = learned(case, "max_abs")
    squared = ms.formulate(case.network, case.X, case.Y)
    known = Incumbents(loss_named("max_abs"), squared, least_squares_points(squared, 0), case.X, case.Y, None)
    false = replace(fit, lower_bound=1.01 * fit.upper_bound)
    result = reductions._combined([(false, fit.formulation)], known, 1e-6).result
    assert result.status is ms.Status.BOUNDED and result.lower_bound == 0.0
    result = reductions._combined([(false, fit.formulation), (fit, fit.formulation)], known, 1e-6).result
    assert result.status is ms.Status.CERTIFIED
    assert fit.lower_bound * (1 - 1e-9) <= result.lower_bound <= fit.lower_bound


@BOTH
def test_all_residuals_at_once_give_the_same_loss(loss) -> None:
    case = noisy_instance((2, 1), samples=4, width=3, fresh=True)
    fit = learned(case, loss)
    whole = ms.formulate(case.network, case.X, case.Y, loss)
    assert len(whole.residuals) == 12 and len(whole.problem.inequalities) == 24
    coefficients = fit.formulation.flatten(fit.coefficients)
    assert whole.objective(whole.lifted(coefficients)) == pytest.approx(fit.upper_bound, rel=1e-12)
    result = ms.solve(whole.problem, method="partial", candidates=whole.lifted(coefficients)[None, :])
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(fit.upper_bound, rel=1e-6)


@BOTH
def test_minimizers_are_points_of_the_relaxed_problem_whose_objective_is_the_loss(loss) -> None:
    case = small((2, 2), 50)
    fit = learned(case, loss)
    for point in fit.minimizers:
        assert fit.problem.minimize(point) == pytest.approx(fit.upper_bound, rel=1e-7)
        assert min(g(point) for g in fit.problem.inequalities) >= -1e-15
    assert fit.problem.minimize(fit.minimizers[0]) == pytest.approx(fit.upper_bound, rel=1e-14)


@BOTH
def test_the_certificate_proves_the_bound_of_the_reduction(loss) -> None:
    fit = learned(small(), loss)
    certificate = fit.certify()
    assert certificate.verify(fit.problem).holds
    assert fit.lower_bound * (1 - 1e-4) <= float(certificate.bound) <= fit.upper_bound
    assert float(certificate.upper_bound) == pytest.approx(fit.upper_bound, rel=1e-9)


@BOTH
def test_the_descent_ends_no_higher_and_stays_at_a_minimum(loss) -> None:
    chosen, case = loss_named(loss), small((2, 2), 50)
    table = table_of(case)
    true = case.network.unknowns.flatten(case.true)
    end = descend_by_linear_programs(chosen, table, true + 0.01, case.network.unknowns.inequalities)
    assert chosen.of_residuals(table.at(end)) < chosen.of_residuals(table.at(true))
    again = descend_by_linear_programs(chosen, table, end, case.network.unknowns.inequalities)
    assert chosen.of_residuals(table.at(again)) == pytest.approx(chosen.of_residuals(table.at(end)), rel=1e-9)


@BOTH
def test_residual_tables_agree_with_the_network_and_with_differences(loss, rng) -> None:
    case = small((2, 2), 10)
    table = table_of(case)
    point = rng.standard_normal(len(table.names))
    network = case.network.with_coefficients(case.network.unknowns.coefficients(point))
    assert np.allclose(table.at(point), (network.predict(case.X) - case.Y).reshape(-1), rtol=1e-12, atol=1e-12)
    assert loss_named(loss).value(network, case.X, case.Y) == from_data(case, network, loss)
    step = 1e-6 * np.eye(len(point))
    differences = np.array([(table.at(point + e) - table.at(point - e)) / 2e-6 for e in step]).T
    assert np.allclose(table.jacobian(point), differences, rtol=1e-6, atol=1e-6)
    both = table.combined(csr_matrix(np.eye(2, len(table.values))))
    assert [p(point) for p in both] == pytest.approx(table.at(point)[:2])


@BOTH
def test_residuals_that_do_not_fit_into_memory_are_refused(loss) -> None:
    with pytest.raises(ms.ProblemTooLarge, match="150 residuals"):
        learned(small(), loss, memory_limit=1000)


@BOTH
def test_a_time_limit_ends_with_an_honest_status(loss) -> None:
    case = small((2, 2), 50)
    fit = learned(case, loss, time_limit=1e-3)
    assert fit.lower_bound is None or fit.lower_bound <= fit.upper_bound
    assert rounded_up(fit.upper_bound, from_data(case, fit.network, loss))


@BOTH
def test_fewer_residuals_than_coefficients_are_fitted_exactly(loss) -> None:
    case = noisy_instance((2, 2), samples=1, width=2, fresh=True)
    fit = learned(case, loss)
    assert fit.upper_bound <= 1e-8 and fit.lower_bound <= fit.upper_bound
    assert fit.identifiability.undetermined


@BOTH
def test_the_command_line_learns_with_every_loss(loss, tmp_path, capsys) -> None:
    case = small()
    weights = {f"W{i}": w for i, w in enumerate(case.network.weights, start=1)}
    np.savez(tmp_path / "data.npz", X=case.X, Y=case.Y, **weights)
    code = main(["learn", str(tmp_path / "data.npz"), "--degrees", "2", "1", "--loss", loss, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0 and found["status"] == "CERTIFIED"
    network = case.network.with_coefficients(found["coefficients"])
    assert rounded_up(found["upper_bound"], from_data(case, network, loss))
    assert found["reason"].startswith("auto took the partial hierarchy")


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("degrees", [(2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)])
def test_the_families_of_the_tables_are_certified(loss, degrees) -> None:
    for seed in range(3):
        fit = learned(noisy_instance(degrees, seed=seed, fresh=True), loss)
        assert fit.status is ms.Status.CERTIFIED


def test_rounding_of_huge_outputs_closes_no_gap() -> None:
    """Outputs round to far more than the targets, which predicting nothing misses by their own size."""
    rng = np.random.default_rng(0)
    network = ms.PolynomialNetwork([rng.standard_normal((3, 3)) for _ in range(3)], degrees=[2, 2])
    inputs, targets = 5e5 * rng.standard_normal((10, 3)), 0.1 * rng.standard_normal((10, 3))
    squared = ms.formulate(network, inputs, targets)
    known = Incumbents(loss_named("mae"), squared, least_squares_points(squared, 0), inputs, targets, None)
    known.points = [(300.0, np.ones(len(known.table.names)))]
    assert known.rounding(known.best[1]) > 300.0
    assert known.scale == np.abs(targets).mean()
    answer = ms.learn(network, inputs, targets, loss="mae")
    assert answer.upper_bound <= np.abs(targets).mean() or answer.status is not ms.Status.CERTIFIED
