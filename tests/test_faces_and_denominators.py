"""The squares that can occur, carried through changes of variables; and the quadratic that proves the most."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

import momentsos as ms
from momentsos.conditioning.affine import AffineChange, change_affinely, unchanged
from momentsos.conditioning.split import Split, affine_split, quadratic_split
from momentsos.conditioning.whitening import whiten_constraints
from momentsos.learning.instances import noisy_instance
from momentsos.polynomials import monomial_basis
from momentsos.relaxations import (
    assemble,
    centre_and_axes,
    denominator_program,
    dense_plan,
    mixed_plan,
    partial_plan,
)
from momentsos.relaxations.carried_face import carried, squares_that_occur
from momentsos.sdp import SDPSolution, SDPStatus, svec
from momentsos.solvers import SolverOptions, solve_sdp

Terms = dict[tuple[int, ...], fmpq]
#: Divisors of the first are not all there; the second is closed under divisors; the third lacks low degrees; in the
#: last, constants cancel to zero.
ROWS = [
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 0, 0], [2, 1, 0]],
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]],
    [[1, 1, 0], [2, 1, 0], [1, 2, 0], [0, 0, 2]],
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
]


def rational(value: float) -> fmpq:
    return fmpq(*float(value).as_integer_ratio())


def expanded(row: list[int], change: AffineChange) -> Terms:
    """The monomial of the original variables as a polynomial in the changed ones, in rational arithmetic."""
    n = len(row)
    unit = [tuple(e) for e in np.eye(n, dtype=int).tolist()]
    result: Terms = {(0,) * n: fmpq(1)}
    for i, power in enumerate(row):
        form = {(0,) * n: rational(change.shift[i]) + rational(change.fine[i])}
        form |= {unit[j]: rational(change.matrix[i, j]) for j in range(n)}
        for _ in range(power):
            step: Terms = {}
            for (a, x), (b, y) in product(result.items(), form.items()):
                key = tuple(p + q for p, q in zip(a, b, strict=True))
                step[key] = step.get(key, fmpq(0)) + x * y
            result = step
    return {key: value for key, value in result.items() if value != 0}


def table_of(polynomials: list[Terms], basis: list[tuple[int, ...]]) -> fmpq_mat:
    assert {key for p in polynomials for key in p} <= set(basis)
    return fmpq_mat([[p.get(key, fmpq(0)) for key in basis] for p in polynomials])


def stacked(above: fmpq_mat, below: fmpq_mat) -> fmpq_mat:
    return fmpq_mat(above.tolist() + below.tolist())


def a_change(shift: np.ndarray, matrix: np.ndarray, fine: np.ndarray | None = None) -> AffineChange:
    x, y, z = ms.variables("x y z")
    return change_affinely(ms.Problem(x + y + z), shift, matrix, fine)


# -- faces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("seed", range(3))
def test_carried_rows_span_what_the_monomials_span(rows, seed) -> None:
    """Small integers in, so that the rows, before they get length one, are rational numbers that can be read off."""
    rng = np.random.default_rng(seed)
    matrix = np.array([[1.0, 0, 0], [2, 1, 0], [0, -1, 1]]) @ np.array(
        [[1.0, rng.integers(1, 4), 0], [0, 1, 2], [0, 0, 1]]
    )
    change = a_change(rng.integers(-3, 4, 3).astype(float), matrix)
    basis, combinations = carried(np.array(rows), change)
    keys = list(map(tuple, basis.tolist()))
    original = table_of([expanded(row, change) for row in rows], keys)
    assert original.rank() == len(rows)
    if combinations is None:
        assert len(basis) == len(rows)  # all polynomials in these monomials, and their number is the dimension
        return
    found = combinations.toarray()
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0)
    ratios = found / found[np.arange(len(found)), np.abs(found).argmax(axis=1)][:, None]
    guessed = [[Fraction(v).limit_denominator(10_000) for v in row] for row in ratios.tolist()]
    assert np.abs(ratios - np.array(guessed, dtype=float)).max() < 1e-14
    read = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in guessed])
    assert read.rank() == stacked(original, read).rank() == len(rows)


@pytest.mark.parametrize("rows", [ROWS[0], ROWS[2], ROWS[3]])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_carried_rows_are_the_reduced_basis_to_the_last_digits(rows, size) -> None:
    """In `s` with `x = a + s`, the basis that is reduced at the monomials `s^beta` is unique; then `s = T t`."""
    rng = np.random.default_rng(7)
    shift = size * rng.uniform(0.5, 2.0, 3)
    fine = shift * 2.0**-54 * rng.uniform(-1, 1, 3)
    matrix = rng.standard_normal((3, 3))
    basis, combinations = carried(np.array(rows), a_change(shift, matrix, fine))
    only_shift = a_change(shift, np.eye(3), fine)
    shifted = [expanded(row, only_shift) for row in rows]
    leading = [tuple(row) for row in rows]
    columns = leading + sorted({key for p in shifted for key in p} - set(leading))
    reduced, rank = table_of(shifted, columns).rref()
    assert rank == len(rows)
    only_matrix = a_change(np.zeros(3), matrix)
    keys = list(map(tuple, basis.tolist()))
    exact = reduced * table_of([expanded(list(key), only_matrix) for key in columns], keys)
    order = np.argsort(np.array(rows).sum(axis=1), kind="stable")
    for row, number in zip(combinations.toarray(), order, strict=True):
        wanted = [exact[int(number), k] for k in range(len(keys))]
        top = int(np.argmax(np.abs(row)))
        for entry, value in zip(row.tolist(), wanted, strict=True):
            error = rational(entry) * wanted[top] - value * rational(row[top])
            assert abs(error) <= fmpq(1, 2**50) * abs(value * rational(row[top]))


def names_that_occur(f: ms.Polynomial, order: int) -> set[tuple[int, ...]]:
    plan = dense_plan(ms.Problem(f), order)
    (alive,) = squares_that_occur(plan)
    return set(map(tuple, plan.blocks[0].basis[alive].tolist()))


def test_motzkin_and_its_like_have_few_squares() -> None:
    x, y = ms.variables("x y")
    assert names_that_occur(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1, 3) == {(0, 0), (1, 1), (2, 1), (1, 2)}
    assert names_that_occur(x**6 * y**2 + x**2 * y**6 - 3 * x**4 * y**4 + 1, 4) == {
        (0, 0), (1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3)
    }  # fmt: skip
    assert names_that_occur(1 + x**2 * y**2 + x**4 * y**2 - 4 * x**2 * y, 3) == {(0, 0), (1, 1), (2, 1)}


@pytest.mark.parametrize("seed", range(8))
def test_squares_that_make_up_a_polynomial_are_never_left_out(seed) -> None:
    rng = np.random.default_rng(seed)
    everything = monomial_basis(3, 3)
    total, used = 0.0, set()
    for _ in range(3):
        rows = everything[rng.choice(len(everything), 3, replace=False)]
        root = ms.Polynomial.from_terms(rows, rng.standard_normal(3), ("x", "y", "z"))
        total, used = total + root * root, used | set(map(tuple, rows.tolist()))
    kept = names_that_occur(total, 3)
    assert used <= kept
    assert len(kept) < len(everything) or used >= {(3, 0, 0), (0, 3, 0), (0, 0, 3)}


def inner_change(problem: ms.Problem, split: Split, seed: int) -> AffineChange:
    """A change that maps inner variables to inner ones, and linear ones to anything of degree one in them."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((problem.n_variables,) * 2)
    for part in (list(split.inner), list(split.linear)):
        matrix[np.ix_(part, part)] = np.triu(rng.standard_normal((len(part),) * 2)) + 2 * np.eye(len(part))
    return change_affinely(problem, rng.standard_normal(problem.n_variables), matrix)


@pytest.mark.parametrize(
    ("degrees", "loss", "order", "size"), [((2, 1, 1), "mean_residual", 1, 4), ((1, 1, 1), "mse", 0, 5)]
)
def test_the_first_block_of_a_network_stays_small_after_a_change(degrees, loss, order, size) -> None:
    case = noisy_instance(degrees, samples=20, width=6)
    problem = ms.formulate(case.network, case.X, case.Y, loss).problem
    plan, split = (mixed_plan, quadratic_split(problem)) if loss == "mse" else (partial_plan, affine_split(problem))
    before, after = plan(problem, order), plan(inner_change(problem, split, 0), order)
    assert before.blocks[0].size == after.blocks[0].size == size
    assert [block.size for block in before.blocks] == [block.size for block in after.blocks]
    assert len(after.blocks[0].basis) > len(before.blocks[0].basis) == size  # and the change hides it


# -- denominators ------------------------------------------------------------------------------------------------


def moved(problem: ms.Problem, base: AffineChange, split: Split, a: np.ndarray, axes: np.ndarray) -> AffineChange:
    """Substitute `u = a + A s` in the variables of `base`."""
    inner, n = list(split.inner), problem.n_variables
    shift, matrix = np.zeros(n), np.eye(n)
    shift[inner], matrix[np.ix_(inner, inner)] = a, axes
    return change_affinely(problem, base.shift + base.matrix @ shift, base.matrix @ matrix)


def solved(sdp):
    answer = solve_sdp("native", sdp, SolverOptions())
    assert answer.status is SDPStatus.OPTIMAL
    return answer


def bound_of(change: AffineChange) -> float:
    sdp = assemble(partial_plan(change, 1)).sdp
    return change.value(float(sdp.right_side @ solved(sdp).equality_duals))


def test_the_value_is_nonnegative_exactly_when_some_quadratic_proves_the_target() -> None:
    case = noisy_instance((2, 2), samples=20, width=6)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    optimum, split = ms.learn(case.network, case.X, case.Y, loss="mean_residual").minimizers[0], affine_split(problem)
    base = whiten_constraints(problem, split, optimum, 1.0, 1e-6)  # not the best metric
    relaxation, m = assemble(partial_plan(base, 1)), len(split.inner)
    own = bound_of(base)

    def value(target: float):
        program = denominator_program(relaxation, base.problem.minimize, split, base.inverse_value(target))
        answer = solved(program)
        return float(program.cost @ answer.moments), centre_and_axes(program, answer)

    low, high = own, problem.minimize(optimum) * 1.1
    assert value(low)[0] > 0 > value(high)[0]
    found = []
    for _ in range(8):
        middle = (low + high) / 2
        s, place = value(middle)
        found.append((middle, s))
        proved = bound_of(moved(problem, base, split, *place))
        if s >= 0:
            low = middle
            assert proved >= middle * (1 - 1e-6)  # by the quadratic that was found
        else:
            high = middle
        assert proved <= high * (1 + 1e-6)
    assert 10 * own < low < high < 1.01 * low
    values = [s for _, s in sorted(found)]
    assert values == sorted(values, reverse=True)  # higher targets leave less
    rng = np.random.default_rng(0)
    for _ in range(6):  # no quadratic proves more
        axes = np.linalg.qr(rng.standard_normal((m, m)))[0] * 10.0 ** rng.uniform(-1, 0, m)
        assert bound_of(moved(problem, base, split, 0.3 * rng.standard_normal(m), axes)) <= high * (1 + 1e-6)


def weights_as_solution(weights: np.ndarray):
    """A program of which the last block has these weights as its dual."""
    case = noisy_instance((2, 2), samples=10, width=4)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    split = affine_split(problem)
    assert len(split.inner) == 2
    relaxation = assemble(partial_plan(problem, 1))
    program = denominator_program(relaxation, problem.minimize, split, 0.0)
    gram = np.zeros(program.operator.shape[0])
    gram[program.offsets[-2] :] = svec(weights)
    return program, SDPSolution(SDPStatus.OPTIMAL, "", gram=gram)


@pytest.mark.parametrize("seed", range(6))
def test_in_centre_and_axes_the_quadratic_is_a_multiple_of_one_plus_the_norm_squared(seed) -> None:
    root = np.random.default_rng(seed).standard_normal((3, 3))
    weights = root @ root.T + 0.1 * np.eye(3)
    centre, axes = centre_and_axes(*weights_as_solution(weights))
    given = [[Fraction(v) for v in row] for row in weights.tolist()]
    forms = [[Fraction(1), Fraction(0), Fraction(0)]]  # 1, and u = a + A s, in 1, s_1, s_2
    forms += [[Fraction(a), *map(Fraction, row)] for a, row in zip(centre.tolist(), axes.tolist(), strict=True)]
    q = [
        [sum(forms[i][r] * given[i][j] * forms[j][c] for i in range(3) for j in range(3)) for c in range(3)]
        for r in range(3)
    ]
    assert q[0][0] > 0
    for r in range(3):
        for c in range(3):
            assert abs(q[r][c] / q[0][0] - (r == c)) < Fraction(1, 10**12)


def test_a_flat_quadratic_is_made_definite_and_none_is_made_from_nothing() -> None:
    vector = np.array([1.0, -2.0, 0.5])
    centre, axes = centre_and_axes(*weights_as_solution(np.outer(vector, vector)))
    raised = np.outer(vector, vector) + 1e-6 * (vector @ vector) * (
        np.eye(3) - np.outer(vector, vector) / (vector @ vector)
    )
    change = np.block([[np.ones((1, 1)), np.zeros((1, 2))], [centre[:, None], axes]])
    q = change.T @ raised @ change
    assert np.isfinite(axes).all() and np.abs(q / q[0, 0] - np.eye(3)).max() < 1e-6
    assert centre_and_axes(*weights_as_solution(np.zeros((3, 3)))) is None
    program, solution = weights_as_solution(np.eye(3))
    assert centre_and_axes(program, SDPSolution(SDPStatus.FAILED, "")) is None
    nothing = solution.gram * np.nan
    assert centre_and_axes(program, SDPSolution(SDPStatus.FAILED, "", gram=nothing)) is None


def test_without_a_denominator_there_is_no_program() -> None:
    case = noisy_instance((2, 1), samples=10, width=4)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    relaxation = assemble(partial_plan(unchanged(problem), 0))
    assert denominator_program(relaxation, problem.minimize, affine_split(problem), 0.0) is None
