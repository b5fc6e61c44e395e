"""Bounds that are said to be proved: their identities are made in fractions, and known optima are never passed."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import pytest
from catalogue import BY_NAME, CASES, HARD
from chains import broyden, ring_of_spins
from flint import arb, ctx
from signs import optimum, signs

import momentsos as ms
from momentsos.bounds import rigor
from momentsos.bounds.changed import exactly_changed
from momentsos.bounds.defect import identity_of
from momentsos.bounds.implied import implied_box
from momentsos.bounds.meaning import meaning_of
from momentsos.bounds.on_box import prove_on_box
from momentsos.bounds.proof import Unproved
from momentsos.bounds.repair import absorb
from momentsos.bounds.rigor import prove_empty, prove_everywhere
from momentsos.bounds.span import span_of
from momentsos.conditioning.affine import AffineChange, balanced_units, change_affinely, scale_by
from momentsos.errors import InvalidInput
from momentsos.polynomials.quotient import Quotient
from momentsos.relaxations import Relaxation, assemble, dense_plan, partial_plan
from momentsos.sdp import DualRay, SDPSolution, svec, svec_index
from momentsos.solvers import SolverOptions, solver_named

x, y = ms.variables("x y")
(t,) = ms.variables("t")
#: A sum of squares that vanishes to the fourth order, in no box that is implied.
UNPROVED = {"powell_singular"}
THIRD = Fraction(1, 3)
NAMES = ["six_hump_camel", "motzkin_on_ball", "hock_schittkowski_71", "quadratic_on_simplex", "max_cut_5_cycle"]


def solved(problem: ms.Problem, order: int) -> tuple[Relaxation, SDPSolution]:
    relaxation = assemble(dense_plan(problem, order))
    return relaxation, solver_named("native").solve(relaxation.sdp, SolverOptions())


def absorbed(relaxation: Relaxation, answer: SDPSolution, excess: float = 0.0):
    multipliers = answer.equality_duals + excess * np.eye(1, len(answer.equality_duals))[0]
    return absorb(relaxation.sdp, answer.moments, multipliers, answer.gram)


def exact(change: AffineChange) -> ms.Problem:
    given = change.shift, change.fine, change.matrix, change.objective, change.inequalities, change.equalities
    return exactly_changed(change.original, *given)


def fractions(array: np.ndarray) -> np.ndarray:
    return np.array([Fraction(v) for v in array.reshape(-1).tolist()], dtype=object).reshape(array.shape)


def exact_defect(
    relaxation: Relaxation, problem: ms.Problem, multipliers: np.ndarray, blocks: list[np.ndarray]
) -> dict:
    """The defect from the plan alone, in fractions, monomial by monomial."""
    plan = relaxation.plan
    found: dict[tuple[int, ...], Fraction] = {}

    def add(polynomial: ms.polynomials.Polynomial, shift: np.ndarray, factor: Fraction) -> None:
        for row, c in zip(polynomial.exponents, polynomial.coefficients.tolist(), strict=True):
            key = tuple((row + shift).tolist())
            found[key] = found.get(key, Fraction(0)) + factor * Fraction(c)

    zero = np.zeros(problem.n_variables, dtype=np.int64)
    add(problem.minimize, zero, Fraction(1))
    add(plan.normalization, zero, -multipliers[0])
    place = 1
    matrices = iter(blocks)
    for block in plan.blocks:
        if block.kind.name == "PSD":
            matrix = next(matrices)
            g = problem.inequalities[block.factors[0]] if block.factors else block.polynomial
            for i, first in enumerate(block.basis):
                for k, second in enumerate(block.basis):
                    add(g, first + second, -matrix[i, k])
        else:
            for row in block.basis:
                add(problem.equalities[block.factors[0]], row, -multipliers[place])
                place += 1
    return found if plan.quotient is None else reduced_exactly(found, plan.quotient, problem)


def reduced_exactly(terms: dict, quotient: Quotient, problem: ms.Problem) -> dict:
    """Rewrite powers by the equalities until none is left, in fractions."""
    waiting, found = dict(terms), {}
    while waiting:
        key, value = waiting.popitem()
        rule = next((rule for rule in quotient.rules if key[rule.variable] >= rule.degree), None)
        if rule is None:
            found[key] = found.get(key, Fraction(0)) + value
            continue
        h = problem.equalities[rule.number]
        rows = [tuple(row) for row in h.exponents.tolist()]
        lead = tuple(rule.degree * (i == rule.variable) for i in range(len(key)))
        parts = dict(zip(rows, map(Fraction, h.coefficients.tolist()), strict=True))
        for row, c in parts.items():
            if row != lead:
                other = tuple(k - a + b for k, a, b in zip(key, lead, row, strict=True))
                waiting[other] = waiting.get(other, Fraction(0)) - value * c / parts[lead]
    return found


def is_semidefinite(matrix: np.ndarray) -> bool:
    """Pivots in 400 bits."""
    with ctx.workprec(400):
        rows = [[arb(v.numerator) / v.denominator for v in row] for row in matrix.tolist()]
        for j in range(len(rows)):
            if not rows[j][j] > 0:
                return all(v == 0 for v in matrix[j]) and False
            for i in range(j + 1, len(rows)):
                factor = rows[i][j] / rows[j][j]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[j], strict=True)]
    return True


@pytest.mark.parametrize("name", ["motzkin_on_ball", "max_cut_5_cycle", "quadratic_on_simplex"])
def test_a_proved_bound_has_an_identity_in_fractions(name, monkeypatch) -> None:
    """The Gram matrices of the proof, with the rest spread over their entries, fulfil the identity exactly."""
    problem = BY_NAME[name].problem()
    relaxation, answer = solved(problem, BY_NAME[name].order)
    seen = []
    whole = rigor._gram

    def noted(sdp, near, middle):
        seen.append(middle)
        return whole(sdp, near, middle)

    corrected = rigor._corrected

    def noted_multipliers(*given):
        found = corrected(*given)
        seen.append(found[0])
        return found

    monkeypatch.setattr(rigor, "_gram", noted)
    monkeypatch.setattr(rigor, "_corrected", noted_multipliers)
    found = absorbed(relaxation, answer)
    proof = prove_everywhere(relaxation, problem, found.near)
    assert proof.proved and proof.value <= BY_NAME[name].optimum + 1e-9
    near, middle, pair = found.near, seen[-1], seen[-2]
    multipliers = fractions(pair[0]) + fractions(pair[1])
    assert multipliers[0] == Fraction(proof.value)
    blocks: dict[int, np.ndarray] = {}
    sizes = np.array(near.sdp.sizes)
    for (size, _), roots, (high, low) in zip(near.sdp.groups, near.roots, middle, strict=True):
        for number, root, one, two in zip(np.flatnonzero(sizes == size), roots, high, low, strict=True):
            exact = fractions(root)
            blocks[int(number)] = exact @ (fractions(one) + fractions(two)) @ exact.T
    assert len(near.rows) == relaxation.sdp.operator.shape[0]  # nothing was dropped
    ordered = [blocks[number] for number in range(len(sizes))]
    defect = exact_defect(relaxation, problem, multipliers, ordered)
    basis = relaxation.plan.blocks[0].basis
    assert not relaxation.plan.blocks[0].factors
    keys = [[tuple((a + b).tolist()) for b in basis] for a in basis]
    quotient = relaxation.plan.quotient
    if quotient is not None:  # of signs: every product is one monomial
        keys = [[next(iter(reduced_exactly({key: Fraction(1)}, quotient, problem))) for key in row] for row in keys]
    count: dict[tuple[int, ...], int] = {}
    for row in keys:
        for key in row:
            count[key] = count.get(key, 0) + 1
    spread = np.array([[defect.get(key, Fraction(0)) / count[key] for key in row] for row in keys], dtype=object)
    ordered[0] = ordered[0] + spread
    assert not any(exact_defect(relaxation, problem, multipliers, ordered).values())
    assert all(is_semidefinite(matrix) for matrix in ordered)


@pytest.mark.parametrize("name", NAMES)
def test_the_defect_is_what_fractions_say(name) -> None:
    problem = BY_NAME[name].problem()
    relaxation, answer = solved(problem, BY_NAME[name].order)
    sdp, identity = relaxation.sdp, identity_of(relaxation, problem)
    rng = np.random.default_rng(0)
    entries = np.concatenate([rng.standard_normal(len(part)) for part in sdp.split(answer.gram)])
    low = 1e-17 * entries
    (high_part, low_part), unknown = identity.defect(
        (answer.equality_duals, 0 * answer.equality_duals), (entries, low), 0 * low
    )
    matrices = []
    for part, small, size in zip(sdp.split(entries), sdp.split(low), sdp.sizes, strict=True):
        matrix = np.full((size, size), Fraction(0), dtype=object)
        for place, (i, k) in enumerate(zip(*svec_index(size), strict=True)):
            matrix[i, k] = matrix[k, i] = Fraction(float(part[place])) + Fraction(float(small[place]))
        matrices.append(matrix)
    true = exact_defect(relaxation, problem, fractions(answer.equality_duals), matrices)
    for row, high, rest, error in zip(relaxation.monomials.rows.tolist(), high_part, low_part, unknown, strict=True):
        wrong = Fraction(float(high)) + Fraction(float(rest)) - true.get(tuple(row), Fraction(0))
        assert abs(wrong) <= Fraction(float(error)) <= Fraction(1, 10**25)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("excess", [0.0, 1e-13, 1e-10, 1e-7, 1e-3, 1.0])
def test_nothing_is_proved_above_a_known_optimum(name, excess) -> None:
    problem, known = BY_NAME[name].problem(), BY_NAME[name].optimum
    relaxation, answer = solved(problem, BY_NAME[name].order)
    proof = prove_everywhere(relaxation, problem, absorbed(relaxation, answer, excess).near)
    assert not proof.proved or proof.value <= known + 1e-13 * max(1.0, abs(known))
    box = implied_box(problem, known + 1e-6 * max(1.0, abs(known)))
    multipliers = answer.equality_duals + excess * np.eye(1, len(answer.equality_duals))[0]
    proof = prove_on_box(relaxation, problem, multipliers, answer.gram, box.low, box.high)
    assert not proof.proved or proof.value <= known + 1e-13 * max(1.0, abs(known))


@pytest.mark.parametrize("case", [c for c in CASES if c.order <= 2][::2], ids=lambda case: case.name)
def test_most_of_the_catalogue_is_proved_and_loses_little(case) -> None:
    problem = case.problem()
    change = scale_by(problem, balanced_units(problem))
    meant = exact(change)
    relaxation, answer = solved(change.problem, case.order)
    limit = case.optimum + 1e-6 * max(1.0, abs(case.optimum))
    values = [prove_everywhere(relaxation, meant, absorbed(relaxation, answer).near)]
    box = implied_box(problem, limit)
    if box.finite:
        units = np.diag(change.matrix)
        values.append(
            prove_on_box(relaxation, meant, answer.equality_duals, answer.gram, box.low / units, box.high / units)
        )
        assert values[-1].proved
    for proof in values:
        if proof.proved:
            assert change.value(proof.value) <= case.optimum + 1e-12 * max(1.0, abs(case.optimum))
    best = max((change.value(proof.value) for proof in values if proof.proved), default=-math.inf)
    assert best >= case.optimum - 1e-4 * max(1.0, abs(case.optimum)) or case.name in UNPROVED


@pytest.mark.parametrize(("problem", "least", "method"), [
    (broyden(20), 0.0, "sparse"), (ring_of_spins(7), -7 * math.cos(math.pi / 7), "sparse"),
    (signs(6, 1), None, "dense"),
], ids=["broyden", "ring", "signs"])  # fmt: skip
def test_sparse_relaxations_and_merged_equalities_are_proved(problem, least, method) -> None:
    relaxation = ms.relax(problem, 2, method=method)
    answer = solver_named("native").solve(relaxation.sdp, SolverOptions())
    known = optimum(problem) if least is None else least
    proof = prove_everywhere(relaxation, problem, absorbed(relaxation, answer).near)
    assert proof.proved and known - 1e-5 <= proof.value <= known + 1e-13 * max(1.0, abs(known))


def test_fractions_that_floats_are_not_are_not_forgotten() -> None:
    """The floats of this parabola have the minimum +0.0124, the fractions -0.0025."""
    a = 10**7
    problem = ms.Problem(t**2 - (2 * a - Fraction(1, 10)) * t + (Fraction(a) ** 2 - Fraction(a, 10)))
    relaxation, answer = solved(problem, 1)
    least = Fraction(-1, 400)
    on_box = prove_on_box(relaxation, problem, answer.equality_duals, answer.gram, np.array([0.0]), np.array([2.0 * a]))
    for proof in (prove_everywhere(relaxation, problem, absorbed(relaxation, answer).near), on_box):
        assert not proof.proved or Fraction(proof.value) <= least
    meaning = meaning_of(relaxation.plan, problem)
    assert not meaning.objective.exact and 0 < np.abs(meaning.objective.low).max() < 1.0


def test_a_third_costs_the_last_digits_only() -> None:
    problem = ms.Problem(x**2 * Fraction(1, 3) + y**2 - x * y * Fraction(1, 7), [1 - x**2 - y**2])
    relaxation, answer = solved(problem, 1)
    proof = prove_on_box(relaxation, problem, answer.equality_duals, answer.gram, -np.ones(2), np.ones(2))
    assert proof.proved and -1e-6 <= proof.value <= 0.0
    proof = prove_everywhere(relaxation, problem, absorbed(relaxation, answer).near)
    assert proof.proved and -1e-6 <= proof.value <= 0.0


def test_a_bound_for_another_problem_is_not_taken_for_one_of_this() -> None:
    problem = ms.Problem(x**4 - x * y + y**4, [1 - x**2 - y**2])
    relaxation, answer = solved(problem, 2)
    found = absorbed(relaxation, answer)
    for other in (
        ms.Problem(x**4 - x * y + y**4 - 1, [1 - x**2 - y**2]),
        ms.Problem(x**4 - x * y + y**4 - 0.01 * x**3, [1 - x**2 - y**2]),
        ms.Problem(x**4 - x * y + y**4, [2 - x**2 - y**2]),
    ):
        low, high = -2 * np.ones(2), 2 * np.ones(2)
        on_box = prove_on_box(relaxation, other, answer.equality_duals, answer.gram, low, high)
        for proof in (prove_everywhere(relaxation, other, found.near), on_box):
            points = [np.array(p) for p in combinations_with_replacement(np.linspace(-1.4, 1.4, 57), 2)]
            least = min(other.minimize(p) for p in points if other.violation(p) <= 0)
            assert not proof.proved or proof.value <= least


def test_what_stands_in_the_way_is_said() -> None:
    problem = ms.Problem(x**4 - x * y + y**4, [1 - x**2 - y**2])
    relaxation, answer = solved(problem, 2)
    nothing = absorb(relaxation.sdp, None, answer.equality_duals, answer.gram)
    assert prove_everywhere(relaxation, problem, nothing.near).reason is Unproved.NO_IDENTITY
    infinite = np.full(2, np.inf)
    on_box = prove_on_box(relaxation, problem, answer.equality_duals, answer.gram, -infinite, infinite)
    assert (on_box.proved, on_box.value, on_box.reason) == (False, -math.inf, Unproved.UNBOUNDED_BOX)
    assert prove_on_box(relaxation, problem, None, answer.gram, -infinite, infinite).reason is Unproved.NO_IDENTITY
    huge = 1e90 * answer.equality_duals
    assert prove_on_box(relaxation, problem, huge, answer.gram, -infinite, infinite).reason is Unproved.TOO_LARGE
    wider = ms.Problem(problem.minimize + x**3, problem.inequalities)
    assert not prove_everywhere(relaxation, wider, absorbed(relaxation, answer).near).proved
    beyond = ms.Problem(problem.minimize + x**5, problem.inequalities)
    assert prove_everywhere(relaxation, beyond, absorbed(relaxation, answer).near).reason is Unproved.OTHER_POLYNOMIALS


def test_a_value_that_is_known_caps_the_bound() -> None:
    problem = ms.Problem(x**2 + y**2)
    relaxation, answer = solved(problem, 1)
    box = implied_box(problem, 1.0)
    given = relaxation, problem, answer.equality_duals, answer.gram, box.low, box.high
    assert prove_on_box(*given, value=-3.0).value == -3.0
    assert -1e-8 <= prove_on_box(*given, value=1.0).value <= 0.0


def test_a_denominator_is_counted() -> None:
    """In the partial hierarchy the identity is one of `w (f - γ)`, and some monomials have no block of their own."""
    problem = ms.Problem(y, [y - (x - 1) ** 2 + 0.5, y + (x - 1) ** 2])
    relaxation = assemble(partial_plan(problem, 1))
    assert relaxation.plan.normalization.degree == 2
    answer = solver_named("native").solve(relaxation.sdp, SolverOptions())
    proof = prove_everywhere(relaxation, problem, absorbed(relaxation, answer).near)
    assert not proof.proved or -0.25 - 1e-5 <= proof.value <= -0.25 + 1e-13
    low, high = np.array([-5.0, -5.0]), np.array([5.0, 5.0])
    on_box = prove_on_box(relaxation, problem, answer.equality_duals, answer.gram, low, high)
    assert on_box.proved and -0.25 - 1e-5 <= on_box.value <= -0.25 + 1e-13


def test_a_box_of_another_dimension_is_refused() -> None:
    problem = ms.Problem(x**2 + y**2)
    relaxation, answer = solved(problem, 1)
    with pytest.raises(InvalidInput, match="box"):
        prove_on_box(relaxation, problem, answer.equality_duals, answer.gram, np.zeros(1), np.ones(1))


@pytest.mark.parametrize("case", [c for c in HARD if c.infimum == math.inf], ids=lambda case: case.name)
def test_rays_prove_that_sets_are_empty(case) -> None:
    problem = case.problem()
    found = []
    for order in (problem.minimum_order, problem.minimum_order + 1):
        relaxation, answer = solved(problem, order)
        found += [] if answer.dual_ray is None else [prove_empty(relaxation, problem, answer.dual_ray)]
    assert found and all(found)


def test_a_ray_of_a_set_with_points_far_out_proves_nothing() -> None:
    problem = ms.Problem(x + y, [x - 1e6, y - 1e6, 1 + (x - y) ** 3])
    relaxation, answer = solved(problem, 2)
    rays = [] if answer.dual_ray is None else [answer.dual_ray]
    one = np.eye(1, len(answer.equality_duals))[0] if answer.equality_duals is not None else np.ones(1)
    gram = np.concatenate([svec(np.eye(size)) for size in relaxation.sdp.sizes])
    rays += [DualRay(one, scale * gram, 0.0) for scale in (1e-12, 1.0)]
    assert not any(prove_empty(relaxation, problem, ray) for ray in rays)


@pytest.mark.parametrize("seed", range(3))
def test_a_bound_in_changed_variables_is_proved_for_the_problem_as_it_was_given(seed) -> None:
    """There are fewer equations than monomials: as many as the identities have dimensions before the change."""
    rng = np.random.default_rng(seed)
    u, v, w, size = ms.variables("u v w size")
    data = rng.standard_normal((8, 4)).tolist()
    residuals = [a * v * u**2 + b * v + c * w - d for a, b, c, d in data]
    limits = [size + sign * r for r in residuals for sign in (1.0, -1.0)]
    problem = ms.Problem(size, limits, variables=("u", "v", "w", "size"))
    matrix = np.diag([0.7, 1.0, 0.3, 1.1])
    matrix[1, 2] = 0.4
    change = change_affinely(problem, np.append(rng.standard_normal(3), 0.0), matrix)
    relaxation = assemble(partial_plan(change, 1))
    answer = solver_named("native").solve(relaxation.sdp, SolverOptions())
    found, span = absorbed(relaxation, answer), span_of(relaxation.plan, problem, change.matrix)
    assert found.exact and span == len(found.near.columns) < relaxation.sdp.n_moments
    proof = prove_everywhere(relaxation, exact(change), found.near, span)
    assert proof.proved and not prove_everywhere(relaxation, exact(change), found.near).proved
    points = rng.standard_normal((4000, 3)) * np.array([2.0, 1.0, 1.0])
    losses = [np.abs(a * p[1] * p[0] ** 2 + b * p[1] + c * p[2] - d) for p in [points.T] for a, b, c, d in data]
    assert change.value(proof.value) <= np.max(losses, axis=0).min()
