"""Every solver keeps the same contract on either side of a program: bounds, duals, Gram matrices, rays."""

from __future__ import annotations

from importlib.metadata import distributions
from importlib.util import find_spec

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.programs import BOUNDED, INFEASIBLE, QUIET, REQUIRED, UNBOUNDED, program, solve

from momentsos.sdp import SDP, SDPStatus, smat
from momentsos.solvers import available_solvers
from momentsos.solvers.registry import SOLVERS

#: Where a solver, given the side that is not its own, ends short of its accuracy, and says so.
WEAK = {
    ("csdp", "gram"): {"booth"},
    ("splitting", "moments"): {"linear_program", "hock_schittkowski_71"},  # without a point to start from
    ("splitting", "gram"): {"six_hump_camel", "hock_schittkowski_71"},
}
if find_spec("sdpap") and not any(True for _ in distributions(name="sdpa-multiprecision")):
    WEAK["sdpa", "gram"] = {"hock_schittkowski_71"}


@pytest.fixture(params=["moments", "gram"])
def side(request: pytest.FixtureRequest) -> str:
    """The side of the program that the solver is given."""
    return str(request.param)


def test_only_what_no_registry_serves_is_missing() -> None:
    missing = {name: state.reason for name, state in available_solvers().items() if not state.available}
    assert not REQUIRED & set(missing), missing
    assert SOLVERS["mosek"].is_installed(), "the registries serve it; it is built and checked up to its licence"
    if missing:
        why = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        pytest.skip(f"{len(missing)} of {len(SOLVERS)} solvers solve nothing here: {why}")


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_and_residuals(solver, side, name) -> None:
    sdp, optimum = program(name), BY_NAME[name].optimum
    answer = solve(solver, sdp, side=side)
    if name in WEAK.get((solver.name, side), ()):
        assert answer.status is not SDPStatus.OPTIMAL
        return
    tolerance = 10 * solver.accuracy
    assert answer.status in (SDPStatus.OPTIMAL, SDPStatus.INACCURATE), answer.words
    assert answer.residuals.worst <= tolerance
    for value in (answer.residuals.primal_objective, answer.residuals.dual_objective):
        assert abs(value - optimum) <= max(tolerance, 1e-6) * (1 + abs(optimum))


@pytest.mark.parametrize("name", ["quadratic_on_simplex", "product_on_sphere", "linear_program"])
def test_the_vectors_are_a_primal_dual_pair(solver, side, name) -> None:
    """Checked without the package's own residuals: signs, triangle order and √2 of every adapter."""
    sdp = program(name)
    answer = solve(solver, sdp, side=side)
    if name in WEAK.get((solver.name, side), ()):
        assert answer.status is not SDPStatus.OPTIMAL
        return
    rows = sdp.operator @ answer.moments
    tolerance = 100 * solver.accuracy * (1 + np.abs(rows).max() + np.abs(sdp.cost).max())
    assert np.abs(sdp.equalities @ answer.moments - sdp.right_side).max() <= tolerance
    gradient = sdp.equalities.T @ answer.equality_duals + sdp.operator.T @ answer.gram
    assert np.abs(gradient - sdp.cost).max() <= tolerance
    for block, dual in zip(sdp.split(rows), sdp.split(answer.gram), strict=True):
        assert np.linalg.eigvalsh(smat(block)).min() >= -tolerance
        assert np.linalg.eigvalsh(smat(dual)).min() >= -tolerance
        assert abs(block @ dual) <= tolerance


def test_gram_matrices_mean_the_same(solver, side) -> None:
    """The dual of this program is unique: a multiplier of the sphere's equality and one Gram matrix."""
    sdp = program("least_eigenvalue_4")
    expected = SOLVERS["native"]().solve(sdp, QUIET)
    answer = solve(solver, sdp, side=side)
    assert np.abs(answer.gram - expected.gram).max() <= 1e3 * max(solver.accuracy, 1e-7)
    assert np.abs(answer.equality_duals - expected.equality_duals).max() <= 1e3 * max(solver.accuracy, 1e-7)


@pytest.mark.parametrize("name", INFEASIBLE)
def test_an_infeasible_program_is_proved_or_not_claimed(solver, side, name) -> None:
    sdp = program(name)
    answer = solve(solver, sdp, side=side)
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.primal_ray is None
    assert (answer.status is SDPStatus.PRIMAL_INFEASIBLE) == (answer.dual_ray is not None)
    if answer.dual_ray is not None:
        ray = answer.dual_ray
        assert sdp.right_side @ ray.equality_duals == pytest.approx(1)
        assert np.abs(sdp.equalities.T @ ray.equality_duals + sdp.operator.T @ ray.gram).max() <= 1e-6
        assert min(np.linalg.eigvalsh(smat(block)).min() for block in sdp.split(ray.gram)) >= -1e-6


@pytest.mark.parametrize("name", UNBOUNDED)
def test_an_unbounded_program_is_proved_or_not_claimed(solver, side, name) -> None:
    sdp = program(name)
    answer = solve(solver, sdp, side=side)
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.dual_ray is None
    assert (answer.status is SDPStatus.DUAL_INFEASIBLE) == (answer.primal_ray is not None)
    if answer.primal_ray is not None:
        moments = answer.primal_ray.moments
        size = 1 + np.abs(sdp.operator @ moments).max()
        assert sdp.cost @ moments == pytest.approx(-1)
        assert np.abs(sdp.equalities @ moments).max() <= 1e-6 * size
        assert min(np.linalg.eigvalsh(smat(b)).min() for b in sdp.split(sdp.operator @ moments)) >= -1e-6 * size


def test_equalities_that_leave_nothing_to_do(solver) -> None:
    """Fixed moments, feasible and not: some solvers break off on programs without unknowns."""
    for value, feasible in ((0.5, True), (2.0, False)):
        operator = sp.csr_matrix(np.array([[1.0, 0.0], [0.0, 2**0.5], [1.0, 0.0]]))
        sdp = SDP(np.array([0.0, 3.0]), sp.csr_matrix(np.eye(2)), np.array([1.0, value]), operator, (2,))
        answer = solve(solver, sdp)
        if feasible and answer.status is SDPStatus.OPTIMAL:
            assert answer.residuals.dual_objective == pytest.approx(3 * value, abs=1e-4)
        elif not feasible:
            assert answer.status is not SDPStatus.OPTIMAL


def test_redundant_equalities_do_no_harm(solver) -> None:
    sdp = program("quadratic_on_simplex")
    twice = sp.csr_matrix(sp.vstack([sdp.equalities, 2 * sdp.equalities[:2], 0 * sdp.equalities[:1]]))
    right = np.concatenate([sdp.right_side, 2 * sdp.right_side[:2], [0.0]])
    answer = solver.solve(SDP(sdp.cost, twice, right, sdp.operator, sdp.sizes), QUIET)
    optimum = BY_NAME["quadratic_on_simplex"].optimum
    assert answer.residuals.dual_objective == pytest.approx(optimum, abs=max(10 * solver.accuracy, 1e-6))


def test_an_equality_without_unknowns_is_seen(solver) -> None:
    sdp = program("booth")
    nothing = sp.csr_matrix(sp.vstack([sdp.equalities, 0 * sdp.equalities]))
    answer = solve(solver, SDP(sdp.cost, nothing, np.array([1.0, 1.0]), sdp.operator, sdp.sizes))
    assert answer.status is not SDPStatus.OPTIMAL
