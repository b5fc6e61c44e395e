"""The sparse planner: cliques, blocks that cover the problem, and the bounds that theory says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from catalogue import BY_NAME, CASES
from chains import broyden, chained_singular, chained_wood, in_a_box, polynomial, ring_of_spins, rosenbrock

import momentsos as ms
from momentsos.relaxations import Block, BlockKind, Plan, assemble, dense_plan, sparse_plan
from momentsos.relaxations.cliques import chordal_cliques, clique_order, correlative_cliques
from momentsos.sdp import smat
from momentsos.solvers import SolverOptions, solve_sdp

CHAINS = [rosenbrock(9), broyden(8), chained_singular(10), chained_wood(10), ring_of_spins(5), in_a_box(broyden(6), 2)]
SMALL = [case for case in CASES if math.comb(case.problem().n_variables + 2 * case.order, 2 * case.order) <= 130]


def bound(plan: Plan) -> float:
    answer = solve_sdp("auto", assemble(plan).sdp, SolverOptions())
    assert answer.residuals is not None and answer.residuals.worst < 1e-6
    return answer.residuals.dual_objective


def products(blocks: tuple[Block, ...]) -> set[tuple[int, ...]]:
    """The monomials whose moments the blocks see."""
    found = set()
    for block in blocks:
        rows = block.basis
        if block.kind is BlockKind.PSD:
            rows = (rows[:, None, :] + rows[None, :, :]).reshape(-1, rows.shape[1])
        for term in block.polynomial.exponents:
            found |= set(map(tuple, (rows + term).tolist()))
    return found


def random_chain(seed: int, n: int = 7) -> ms.Problem:
    """Quartics in neighbours that grow, with an inequality and an equality in neighbours somewhere."""
    rng = np.random.default_rng(seed)
    terms = [(20.0, {i: 4}) for i in range(n)]
    for i in range(n - 1):
        for _ in range(3):
            a, b = rng.integers(0, 3, 2)
            terms.append((float(rng.integers(1, 5)), {i: int(a), i + 1: int(b)}))
    disc = polynomial(n, [(4, {}), (-1, {2: 2}), (-1, {3: 2})])
    curve = polynomial(n, [(1, {4: 1}), (-1, {5: 2})])
    return ms.Problem(polynomial(n, terms), [disc], [curve])


def test_the_cliques_of_a_chain_are_its_neighbours() -> None:
    cliques = correlative_cliques(rosenbrock(6), 2)
    assert sorted(cliques) == [(i, i + 1) for i in range(5)]


def test_a_ring_is_filled_in_with_triangles() -> None:
    ring = [{(i - 1) % 8, (i + 1) % 8} for i in range(8)]
    cliques = chordal_cliques(ring)
    assert len(cliques) == 6 and all(len(clique) == 3 for clique in cliques)
    assert all(any({i, (i + 1) % 8} <= set(clique) for clique in cliques) for i in range(8))


@pytest.mark.parametrize("seed", range(6))
def test_cliques_are_maximal_cover_every_edge_and_have_the_running_intersection_property(seed) -> None:
    rng = np.random.default_rng(seed)
    graph: list[set[int]] = [set() for _ in range(30)]
    for i, j in rng.integers(0, 30, (40, 2)).tolist():
        graph[i].add(j)
        graph[j].add(i)
    cliques = [set(clique) for clique in clique_order(chordal_cliques(graph))]
    assert all(any({i, j} <= clique for clique in cliques) for i, near in enumerate(graph) for j in near)
    assert not any(one < other for one in cliques for other in cliques)
    seen: set[int] = set()
    for number, clique in enumerate(cliques):
        assert not number or any(clique & seen <= other for other in cliques[:number])
        seen |= clique
    assert seen == set(range(30))


@pytest.mark.parametrize("problem", [*CHAINS, *map(random_chain, range(4))])
def test_the_blocks_cover_every_monomial_of_the_problem(problem) -> None:
    plan = sparse_plan(problem, 2)
    seen = products(plan.blocks)
    for p in (problem.minimize, *problem.inequalities, *problem.equalities):
        assert set(map(tuple, p.exponents.tolist())) <= seen
    kinds = [(block.kind, block.factors) for block in plan.blocks if block.factors]
    assert {(BlockKind.PSD, (j,)) for j in range(len(problem.inequalities))} <= set(kinds)
    assert {(BlockKind.ZERO, (j,)) for j in range(len(problem.equalities))} <= set(kinds)


def test_a_plan_without_one_of_its_moment_matrices_covers_the_problem_no_more() -> None:
    problem = broyden(6)
    plan = sparse_plan(problem, 2)
    wanted = set(map(tuple, problem.minimize.exponents.tolist()))
    for number in range(len(plan.blocks)):
        assert not wanted <= products((*plan.blocks[:number], *plan.blocks[number + 1 :]))


@pytest.mark.parametrize("problem", [rosenbrock(45), in_a_box(broyden(40), 3), ring_of_spins(21), random_chain(1, 33)])
def test_many_variables_are_assembled_as_few_are(problem) -> None:
    """The moments of one point give the value of the objective, and in each block its polynomial times squares."""
    rng = np.random.default_rng(3)
    relaxation = assemble(sparse_plan(problem, 2))
    point = rng.uniform(0.5, 1.5, problem.n_variables)
    y = np.prod(point**relaxation.monomials.rows, axis=1)
    assert relaxation.sdp.cost @ y == pytest.approx(problem.minimize(point), rel=1e-12)
    matrices = [smat(part) for part in relaxation.sdp.split(relaxation.sdp.operator @ y)]
    for block, matrix in zip(relaxation.psd_blocks, matrices, strict=True):
        values = np.prod(point**block.basis, axis=1)
        assert matrix == pytest.approx(block.polynomial(point) * np.outer(values, values), rel=1e-9, abs=1e-9)
    zero = [block for block in relaxation.plan.blocks if block.kind is BlockKind.ZERO]
    values = [block.polynomial(point) * np.prod(point**block.basis, axis=1) for block in zero]
    assert relaxation.sdp.equalities[1:] @ y == pytest.approx(np.concatenate([[], *values]), rel=1e-9, abs=1e-9)
    assert (relaxation.monomials.find(relaxation.monomials.rows) == np.arange(len(y))).all()


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_the_bound_is_at_most_the_optimum_and_that_of_the_dense_relaxation(case) -> None:
    problem = case.problem()
    scale = max(1.0, abs(case.optimum), problem.minimize.scale)
    sparse, dense = bound(sparse_plan(problem, case.order)), bound(dense_plan(problem, case.order))
    assert sparse <= case.optimum + 1e-6 * scale
    assert sparse <= dense + 1e-6 * scale


@pytest.mark.parametrize("name", ["hock_schittkowski_71", "himmelblau", "polynomial_system", "binary_quadratic_4"])
def test_a_problem_without_sparsity_has_the_dense_relaxation(name) -> None:
    problem, order = BY_NAME[name].problem(), BY_NAME[name].order
    sparse, dense = assemble(sparse_plan(problem, order)), assemble(dense_plan(problem, order, in_quotient=False))
    assert sparse.sizes == dense.sizes
    assert (sparse.monomials.rows == dense.monomials.rows).all()


@pytest.mark.parametrize(
    "name", ["six_hump_camel", "quartic_on_annulus", "product_on_sphere", "choi_lam_form_on_sphere"]
)
def test_term_sparsity_divides_one_clique_and_loses_nothing(name) -> None:
    problem, order = BY_NAME[name].problem(), BY_NAME[name].order
    assert len(correlative_cliques(problem, order)) == 1
    sparse, dense = assemble(sparse_plan(problem, order)), assemble(dense_plan(problem, order, in_quotient=False))
    assert sparse.sizes["largest_block"] < dense.sizes["largest_block"]
    assert bound(sparse.plan) == pytest.approx(bound(dense.plan), abs=1e-6)


def test_even_problems_have_blocks_of_one_parity() -> None:
    x, y = ms.variables("x y")
    plan = sparse_plan(ms.Problem(x**4 + y**4 - x**2 * y**2 - x**2 + 1), 2)
    assert len(plan.blocks) > 1
    for block in plan.blocks:
        assert len(np.unique(block.basis % 2, axis=0)) == 1


def test_an_objective_that_no_squares_bound_keeps_its_monomials() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**2 * y + x**4)
    assert set(map(tuple, problem.minimize.exponents.tolist())) <= products(sparse_plan(problem, 2).blocks)
    assert ms.solve(problem, method="sparse").status is ms.Status.UNBOUNDED


def test_variables_that_never_meet_share_no_block() -> None:
    x, y, z = ms.variables("x y z")
    plan = sparse_plan(ms.Problem(x**4 - x + (y * z) ** 2 + y**4 + z**4 - y, [1 - z]), 2)
    for block in plan.blocks:
        assert not (block.basis[:, 0].any() and block.basis[:, 1:].any())


def test_a_constraint_that_no_clique_has_is_multiplied_by_a_number() -> None:
    n = 6
    budget = polynomial(n, [(1, {}), *((-1, {i: 1}) for i in range(n))])
    problem = ms.Problem(polynomial(n, [(1, {i: 1, i + 1: 1}) for i in range(n - 1)]), [budget])
    plan = sparse_plan(problem, 1)
    (block,) = (block for block in plan.blocks if block.factors)
    assert block.basis.shape == (1, n) and not block.basis.any()
    assert correlative_cliques(problem, 2) == (tuple(range(n)),)


def test_cliques_of_variables_can_lose_what_the_dense_relaxation_has() -> None:
    problem = weaker()
    assert bound(dense_plan(problem, 2)) - bound(sparse_plan(problem, 2)) > 1e-3


def weaker() -> ms.Problem:
    x, y, z = ms.variables("x y z")
    first = 2 * x - x**2 - x * y + x**3 - 3 * x**2 * y + 2 * x**4 + 2 * x**3 * y - 3 * x**2 * y**2 + 3 * x * y**3
    second = 4 * y - 2 * z + 2 * y * z + z**2 + 2 * y**3 - y**2 * z + y * z**2 + 2 * z**3
    third = 3 * y**4 - 3 * y**3 * z - 2 * y**2 * z**2 - y * z**3 + 3 * z**4
    return ms.Problem(first + second + third, [1 - x**2, 1 - y**2, 1 - z**2])


def test_an_order_that_is_too_low_or_too_large_is_refused() -> None:
    with pytest.raises(ms.OrderTooLow, match="begins at order 2"):
        sparse_plan(rosenbrock(5), 1)
    with pytest.raises(ms.ProblemTooLarge, match="sparse relaxation"):
        ms.relax(rosenbrock(30), 4, method="sparse", memory_limit=100_000)
    assert ms.relax(rosenbrock(300), method="sparse").sizes["largest_block"] == 6


@pytest.mark.parametrize("problem", [in_a_box(chained_wood(6), 2), ring_of_spins(3), random_chain(2, 6)])
def test_undivided_matrices_have_the_same_bound_and_chordal_blocks_no_higher_one(problem) -> None:
    plans = {terms: sparse_plan(problem, 2, terms=terms) for terms in ("undivided", "components", "cliques")}
    largest = {terms: assemble(plan).sizes["largest_block"] for terms, plan in plans.items()}
    assert largest["cliques"] <= largest["components"] <= largest["undivided"]
    size = 1 + problem.minimize.scale
    assert bound(plans["undivided"]) == pytest.approx(bound(plans["components"]), abs=1e-6 * size)
    assert bound(plans["cliques"]) <= bound(plans["components"]) + 1e-6 * size


def test_chordal_blocks_are_smaller_where_terms_are_few() -> None:
    x, y, z = ms.variables("x y z")
    problem = ms.Problem(x**4 + y**4 + z**4 + x * y + y * z + x**2 * z - x)
    cliques, components = (assemble(sparse_plan(problem, 2, terms=terms)) for terms in ("cliques", "components"))
    assert cliques.sizes["largest_block"] < components.sizes["largest_block"]
    seen = products(cliques.plan.blocks)
    assert set(map(tuple, problem.minimize.exponents.tolist())) <= seen


def test_an_unknown_division_is_refused() -> None:
    with pytest.raises(ms.BadOption, match="components, cliques, undivided"):
        sparse_plan(rosenbrock(4), 2, terms="blocks")
