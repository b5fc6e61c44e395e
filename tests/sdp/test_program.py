"""svec order, residuals, rays and forced zeros, on programs small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import momentsos as ms
from momentsos.bounds.dual import DualBound, dual_bound
from momentsos.errors import InvalidInput
from momentsos.relaxations import assemble, dense_plan
from momentsos.sdp import (
    SDP,
    check_dual_ray,
    check_primal_ray,
    congruence,
    forced_zeros,
    lower_by_columns,
    recompute_residuals,
    restrict,
    smat,
    svec,
)
from momentsos.solvers import SolverOptions, solver_named


def test_svec_is_an_isometry_and_smat_its_inverse(rng) -> None:
    a, b = rng.standard_normal((2, 4, 4))
    a, b = a + a.T, b + b.T
    assert svec(a) @ svec(b) == pytest.approx((a * b).sum())
    assert np.allclose(smat(svec(np.stack([a, b]))), [a, b])
    assert np.allclose(svec(a)[lower_by_columns(4)][:4], a[:, 0] * np.array([1, 2**0.5, 2**0.5, 2**0.5]))


def test_congruence_is_the_svec_of_the_product(rng) -> None:
    c, m = rng.standard_normal((3, 5)), rng.standard_normal((5, 5))
    m = m + m.T
    assert np.allclose(congruence(sp.csr_matrix(c)) @ svec(m), svec(c @ m @ c.T))


def one_by_one(cost: list[float], rows: list[list[float]]) -> SDP:
    """Minimise cost · y subject to rows y >= 0, with y_0 = 1."""
    fixed = sp.csr_matrix(np.eye(1, len(cost)))
    return SDP(np.array(cost), fixed, np.ones(1), sp.csr_matrix(np.array(rows)), (1,) * len(rows))


def test_residuals_of_a_known_pair_are_zero() -> None:
    sdp = one_by_one([0.0, 1.0], [[-2.0, 1.0]])  # min y subject to y >= 2
    residuals = recompute_residuals(sdp, np.array([1.0, 2.0]), np.array([2.0]), np.array([1.0]))
    assert residuals.worst == 0.0
    wrong = recompute_residuals(sdp, np.array([1.0, 1.0]), np.array([2.0]), np.array([-1.0]))
    assert wrong.primal_cone > 0.1 and wrong.dual_cone > 0.1 and wrong.dual > 0.1


def test_rays_are_accepted_only_when_they_prove_something() -> None:
    infeasible = one_by_one([0.0, 1.0], [[-2.0, 1.0], [1.0, -1.0]])  # y >= 2 and y <= 1
    assert check_dual_ray(infeasible, np.array([1.0]), np.array([1.0, 1.0])) is not None
    assert check_dual_ray(infeasible, np.array([1.0]), np.array([1.0, 0.5])) is None
    assert check_dual_ray(infeasible, np.array([-1.0]), np.array([1.0, 1.0])) is None
    unbounded = one_by_one([0.0, -1.0], [[0.0, 1.0]])
    assert check_primal_ray(unbounded, np.array([0.0, 5.0])) is not None
    assert check_primal_ray(unbounded, np.array([1.0, 5.0])) is None
    assert check_primal_ray(infeasible, np.array([0.0, -5.0])) is None


def test_forced_zeros_are_the_newton_polytope_of_an_unconstrained_problem() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**6 + y**2 + x * y)  # y^2, y^3, x y, ... cannot occur in a sum of squares
    relaxation = assemble(dense_plan(problem, 3))
    zero = forced_zeros(relaxation.sdp)
    left = {tuple(row) for row in relaxation.plan.blocks[0].basis[~zero]}
    assert left == {(0, 0), (1, 0), (2, 0), (3, 0), (0, 1)}
    reduced, rows = restrict(relaxation.sdp, ~zero)
    assert reduced.sizes == (5,) and len(rows) == 15


@pytest.mark.parametrize("solver", ["native", "clarabel"])
def test_a_bound_is_absorbed_where_an_exact_identity_exists(solver) -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**4 + y**4 - x * y, [])
    relaxation = assemble(dense_plan(problem, 2))
    solution = solver_named(solver).solve(relaxation.sdp, SolverOptions())
    bound = dual_bound(relaxation, solution, np.ones(2))
    assert bound is not None and bound.value <= -0.125 + 1e-9
    assert bound.value == pytest.approx(-0.125, abs=1e-6)


def test_a_bound_that_does_not_hold_is_never_absorbed() -> None:
    x, y = ms.variables("x y")
    motzkin = ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1)
    relaxation = assemble(dense_plan(motzkin, 3))
    for solver in ("native", "clarabel"):
        solution = solver_named(solver).solve(relaxation.sdp, SolverOptions())
        bound = dual_bound(relaxation, solution, np.ones(2))
        assert bound is None or not bound.absorbed


def test_a_bound_on_a_box_falls_when_the_box_grows_to_contain_a_point() -> None:
    rows = np.array([[0, 0], [1, 0], [2, 2]])
    bound = DualBound(1.0, np.array([0.0, 1e-3, -1e-6]), rows, np.ones(2))
    assert bound.value == pytest.approx(1.0 - 1e-3 - 1e-6) and not bound.absorbed
    assert bound.containing(np.array([-1.0, 0.5])) is bound
    wider = bound.containing(np.array([2.0, -3.0]))
    assert wider is not None and wider.value == pytest.approx(1.0 - 2e-3 - 36e-6)
    assert bound.containing(np.array([100.0, 0.0])) is None  # worth nothing there
    everywhere = DualBound(1.0, None, rows, np.ones(2))
    assert everywhere.containing(np.array([1e9, 0.0])) is everywhere and everywhere.value == 1.0


def test_a_bound_on_a_box_is_worth_nothing_where_powers_overflow() -> None:
    bound = DualBound(1.0, np.array([0.0, 1e-9]), np.array([[0, 0], [0, 2]]), np.ones(2))
    assert bound.is_worth_something
    assert bound.containing(np.array([0.0, 1e200])) is None


def test_a_program_whose_shapes_do_not_fit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="operator has shape"):
        SDP(np.zeros(2), sp.csr_matrix((1, 2)), np.zeros(1), sp.csr_matrix((2, 2)), (2,))
    with pytest.raises(InvalidInput, match="not finite"):
        SDP(np.array([np.nan]), sp.csr_matrix((0, 1)), np.zeros(0), sp.csr_matrix((1, 1)), (1,))
