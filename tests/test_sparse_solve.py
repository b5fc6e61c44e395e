"""The sparse method end to end: chains are certified at their known optima, and what is weaker is said to be open."""

from __future__ import annotations

import json
import math
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from catalogue import BY_NAME, CASES, HARD
from chains import (
    STYBLINSKI,
    broyden,
    chained_singular,
    chained_wood,
    in_a_box,
    polynomial,
    ring_of_spins,
    rosenbrock,
    styblinski_tang,
    trid,
)
from test_sparse import weaker

import momentsos as ms
from momentsos.bounds.region import Balls
from momentsos.bounds.repair import absorb
from momentsos.certificates.errors import CertificateError
from momentsos.cli.main import main
from momentsos.extraction.gluing import glued_points
from momentsos.hierarchy.gaps import closes
from momentsos.hierarchy.methods import methods_named
from momentsos.hierarchy.status import Status
from momentsos.learning import formulate
from momentsos.learning.instances import noisy_instance
from momentsos.machine.compiled import uses_compiled

#: Many variables, and the optimum.
CHAINS = {
    "rosenbrock_20": (rosenbrock(20), 0.0),
    "rosenbrock_100": (rosenbrock(100), 0.0),
    "broyden_40": (broyden(40), 0.0),
    "broyden_20_in_a_box": (in_a_box(broyden(20), 2), 0.0),
    "chained_singular_20": (chained_singular(20), 0.0),
    "chained_wood_40": (chained_wood(40), 0.0),
    "trid_100": (trid(100), -100 * 104 * 99 / 6),
    "styblinski_tang_200": (styblinski_tang(200), 200 * STYBLINSKI),
    "ring_of_15_spins": (ring_of_spins(15), -15 * math.cos(math.pi / 15)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains_are_certified_at_the_known_optimum(name) -> None:
    problem, optimum = CHAINS[name]
    result = ms.solve(problem, method="sparse")
    size = max(abs(optimum), result.unit)
    # Whether a defect is absorbed hangs on the last digits, and those of the iteration in NumPy are others.
    allowed = {Status.CERTIFIED} if uses_compiled() else {Status.CERTIFIED, Status.CERTIFIED_WITHIN}
    assert result.status in allowed and result.method == "sparse"
    assert result.lower_bound <= optimum + 1e-9 * size
    assert abs(result.upper_bound - optimum) <= 1e-6 * size
    for point in result.minimizers:
        assert problem.violation(point) <= 1e-8
        assert problem.minimize(point) <= optimum + 1e-6 * size


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_bound_of_the_catalogue_is_above_the_optimum(case) -> None:
    result = ms.solve(case.problem(), case.order, method="sparse")
    size = max(abs(case.optimum), result.unit)
    assert result.status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN, Status.BOUNDED)
    assert all(a.lower_bound is None or a.lower_bound <= case.optimum + 1e-8 * size for a in result.attempts)
    assert result.upper_bound == pytest.approx(case.optimum, abs=1e-6 * size)


@pytest.mark.parametrize("case", HARD, ids=lambda case: case.name)
def test_what_has_no_minimum_or_no_tight_bound_is_not_certified_falsely(case) -> None:
    result = ms.solve(case.problem(), method="sparse")
    if case.expected in ("INFEASIBLE", "UNBOUNDED"):
        assert result.status.name == case.expected
    if result.status is Status.CERTIFIED:
        assert case.expected == "NOT_TIGHT"
        assert closes(result.lower_bound, case.infimum, result.unit, 2e-6)


def test_a_chain_that_cannot_be_satisfied_is_infeasible() -> None:
    n = 30
    steps = [polynomial(n, [(1, {i + 1: 1}), (-1, {i: 1}), (-1, {})]) for i in range(n - 1)]
    ends = [polynomial(n, [(1, {0: 1})]), polynomial(n, [(10, {}), (-1, {n - 1: 1})])]
    result = ms.solve(ms.Problem(polynomial(n, [(1, {3: 2})]), [*steps, *ends]), method="sparse")
    assert result.status is Status.INFEASIBLE


def test_a_gap_of_the_cliques_is_said_to_be_open() -> None:
    sparse = ms.solve(weaker(), 2, method="sparse", bound=None)
    assert sparse.status is Status.BOUNDED
    assert sparse.gap > 1e-3
    assert ms.solve(weaker(), 2, method="dense", bound=None).gap < 1e-5


def test_balls_around_cliques_close_it_and_exclude_nothing() -> None:
    result = ms.solve(weaker(), 2, method="sparse")
    assert result.status is Status.CERTIFIED
    assert result.coverage == "all of R^n"


def test_auto_takes_the_sparse_hierarchy_and_says_why() -> None:
    result = ms.solve(broyden(9))
    assert (result.method, result.status) == ("sparse", Status.CERTIFIED)
    assert "took the sparse hierarchy: at most 155 moments against 715" in result.reason
    assert result.sizes["moments"] == 155


def test_auto_has_the_dense_hierarchy_next() -> None:
    choice = methods_named("auto", broyden(9))
    assert [method.name for method in choice.methods] == ["sparse", "dense"]
    assert [method.name for method in methods_named("auto", weaker()).methods] == ["dense"]
    assert [method.name for method in methods_named("auto", rosenbrock(7)).methods] == ["partial", "dense"]
    assert methods_named("auto", rosenbrock(1000)).methods[0].name == "sparse"


@pytest.mark.parametrize("place", range(3))
def test_a_point_at_the_wall_of_any_added_ball_is_at_the_wall(place) -> None:
    balls = Balls(((0,), (1,), (2,)), (1.0, 1.0, 1.0))
    assert not balls.at_the_wall(np.zeros(3)) and balls.at_the_wall(0.995 * np.eye(3)[place])


def test_a_dense_relaxation_that_does_not_fit_is_not_asked() -> None:
    names = [f"x{i}" for i in range(120)]
    x = ms.variables(" ".join(names))
    pairs = (
        x[i] ** 4 * x[i + 1] ** 2 + x[i] ** 2 * x[i + 1] ** 4 - 3 * x[i] ** 2 * x[i + 1] ** 2 for i in range(0, 120, 2)
    )
    result = ms.solve(ms.Problem(sum(pairs, ms.Polynomial.constant(0.0, names))), bound=None)
    assert result.method in ("sparse", "branch") and result.status is not Status.CERTIFIED
    assert result.upper_bound == pytest.approx(-60)


@pytest.mark.parametrize("degrees", [(2, 2), (5, 2), (1, 1, 1, 1)])
def test_networks_keep_the_partial_hierarchy(degrees) -> None:
    case = noisy_instance(degrees)
    problem = formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    assert methods_named("auto", problem).methods[0].name == "partial"


@pytest.mark.parametrize(
    ("problem", "order"),
    [
        (broyden(20), None),
        (in_a_box(rosenbrock(6), 2), None),
        (ring_of_spins(5), None),
        (BY_NAME["floudas_3_1_3"].problem(), 2),
        (BY_NAME["knapsack_4"].problem(), 2),
        (BY_NAME["motzkin_form_on_sphere"].problem(), 4),
    ],
    ids=["unconstrained", "inequalities", "equalities", "quadratic", "binary", "sphere"],
)
def test_sparse_bounds_become_theorems(problem, order) -> None:
    result = ms.solve(problem, order, method="sparse")
    certificate = result.certify(exact=True)
    assert certificate.verify(problem).holds
    assert float(certificate.bound) <= result.lower_bound
    allowed = 1e-4 * max(abs(result.lower_bound), 1e-4 * result.unit)  # see `certify`
    assert float(certificate.bound) >= result.lower_bound - 1.1 * allowed
    assert len(certificate.document["blocks"]) == result.sizes["blocks"]


def test_more_variables_than_a_certificate_may_have_are_refused_at_once() -> None:
    result = ms.solve(styblinski_tang(201), method="sparse")
    with pytest.raises(CertificateError, match="201 variables: certificates have at most 200"):
        result.certify()


def test_balls_around_cliques_are_named_in_the_result_and_in_the_certificate() -> None:
    x, y, z = ms.variables("x y z")
    motzkin = [a**4 * b**2 + a**2 * b**4 - 3 * a**2 * b**2 + 1 for a, b in ((x, y), (y, z))]
    problem = ms.Problem(sum(motzkin))
    result = ms.solve(problem, 4, method="sparse", bound=2.0)
    assert result.status is Status.CERTIFIED
    assert result.coverage == "the ball of radius 2 around the origin"
    certificate = result.certify()
    assert "Inequalities 0 to 1 were added" in certificate.verify(problem).statement
    broken = json.loads(json.dumps(certificate.document))
    broken["added"] = broken["added"][1:]
    from momentsos.certificates.statement import verify_document

    assert not verify_document(broken).holds


def test_the_points_of_cliques_that_agree_are_glued() -> None:
    cliques = [(0, 1), (1, 2), (2, 3)]
    atoms = [
        np.array([[1.0, 2.0], [-1.0, -2.0]]),
        np.array([[-2.0, -3.0], [2.0, 3.0]]),
        np.array([[3.0, 4.0], [-3.0, 5.0]]),
    ]
    points = glued_points(cliques, atoms, 4)
    assert [point.tolist() for point in points] == [[1.0, 2.0, 3.0, 4.0], [-1.0, -2.0, -3.0, 5.0]]


def test_minimisers_come_from_the_moments_where_local_search_has_none() -> None:
    """The moments of a problem with one minimiser are those of a point; it is found from the relaxation alone."""
    from momentsos.hierarchy.methods import Sparse
    from momentsos.hierarchy.methods.base import Progress
    from momentsos.hierarchy.request import Asked, Facts, Request
    from momentsos.points.beginning import first_points
    from momentsos.relaxations import assemble

    problem = styblinski_tang(6)
    request = Request.of(problem, Asked(bound=None), Facts(), began=0.0)
    known = replace(first_points(problem, request.search_options()), points=())
    (setting,) = Sparse().propose(Progress(known, request, (), ())).settings
    relaxation = assemble(Sparse().plan(setting.change, 2))
    found = Sparse().candidates(setting, relaxation, request.solve(relaxation.sdp), known, False)
    values = [known.change.value(point.value) for point in found.points]
    assert min(values) == pytest.approx(6 * STYBLINSKI, rel=1e-9)


def test_an_absorbed_bound_in_fronts_is_an_exact_identity_and_not_above_the_optimum() -> None:
    relaxation = ms.relax(broyden(60), method="sparse")
    result = ms.solve(broyden(60), method="sparse")
    assert result.attempts[0].absorbed and result.coverage == "all of R^n"
    sdp, solution = result.relaxation.sdp, result.solution
    found = absorb(sdp, solution.moments, solution.equality_duals, solution.gram)
    assert found.exact
    gamma = float(sdp.right_side @ found.multipliers)
    assert -1e-8 < gamma <= 1e-12  # the minimum is 0
    assert relaxation.sdp.n_moments == sdp.n_moments


def test_the_control_example_is_certified_and_proved(capsys) -> None:
    example = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "nonlinear_control.py"))
    result = example["main"](8)
    assert (result.status, result.method) == (Status.CERTIFIED, "sparse")
    assert "proved: 0.7756" in capsys.readouterr().out


def test_the_command_line_takes_the_method(tmp_path, capsys) -> None:
    path = tmp_path / "problem.json"
    broyden(5).to_json(path)
    assert main(["solve", str(path), "--method", "sparse", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["method"], answer["status"]) == ("sparse", "CERTIFIED")
    assert answer["sizes"]["largest_block"] == 10
