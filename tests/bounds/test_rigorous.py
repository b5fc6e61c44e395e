"""The rigorous bound against exact arithmetic, and against optima that are known."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from flint import arb, ctx

from momentsos import relax
from momentsos.bounds.rigorous import _shifts, rigorous_bound
from momentsos.errors import InvalidInput
from momentsos.sdp import SDP, svec, svec_index
from momentsos.solvers import SolverOptions, solver_named

CASES = ["six_hump_camel", "hock_schittkowski_71", "motzkin_on_ball", "quadratic_on_simplex", "max_cut_5_cycle"]
#: No minimiser of these is outside this box.
BOX = 6.0


def solved(name):
    case = BY_NAME[name]
    relaxation = relax(case.problem(), case.order)
    answer = solver_named("native").solve(relaxation.sdp, SolverOptions())
    return relaxation.sdp, answer, np.prod(BOX**relaxation.monomials.rows, axis=1), case.optimum


def exact_bound(sdp, multipliers, gram, reach):
    """The right side of the inequality in rational arithmetic, with the shifts that were used."""
    residual = [Fraction(value) for value in sdp.cost]
    for matrix, vector in ((sdp.equalities, multipliers), (sdp.operator, gram)):
        entries = matrix.tocoo()
        for row, column, value in zip(entries.row, entries.col, entries.data, strict=True):
            residual[column] -= Fraction(float(value)) * Fraction(float(vector[row]))
    lost = sum((abs(r) * Fraction(float(y)) for r, y in zip(residual, reach, strict=True)), Fraction(0))
    for j, shift in enumerate(_shifts(sdp, gram)):
        row, column = svec_index(sdp.sizes[j])
        diagonal = sdp.operator[slice(*sdp.offsets[j : j + 2])][np.flatnonzero(row == column)].toarray()
        for moment, entries in enumerate(diagonal.T):
            trace = sum(map(Fraction, entries.tolist()), Fraction(0))
            lost += Fraction(float(shift)) * abs(trace) * Fraction(float(reach[moment]))
    gained = sum((Fraction(a) * Fraction(b) for a, b in zip(sdp.right_side, multipliers, strict=True)), Fraction(0))
    return gained - lost


def is_definite(rows, size, shift):
    """Whether a block plus a multiple of the identity is definite, by pivots in 300 bits."""
    with ctx.workprec(300):
        row, column = svec_index(size)
        matrix = [[arb(0)] * size for _ in range(size)]
        for value, i, k in zip(rows.tolist(), row.tolist(), column.tolist(), strict=True):
            matrix[i][k] = matrix[k][i] = arb(value) + shift if i == k else arb(value) / arb(2).sqrt()
        for j in range(size):
            if not matrix[j][j] > 0:
                return False
            for i in range(j + 1, size):
                factor = matrix[i][j] / matrix[j][j]
                matrix[i] = [a - factor * b for a, b in zip(matrix[i], matrix[j], strict=True)]
        return True


@pytest.mark.parametrize("name", CASES)
def test_never_above_what_exact_arithmetic_proves(name):
    sdp, answer, reach, optimum = solved(name)
    bound = rigorous_bound(sdp, answer.equality_duals, answer.gram, reach)
    exact = exact_bound(sdp, answer.equality_duals, answer.gram, reach)
    assert Fraction(bound) <= exact
    assert float(exact) - bound <= 1e-6 * (1 + abs(optimum))
    assert bound <= optimum + 1e-12 * (1 + abs(optimum))


@pytest.mark.parametrize("name", CASES)
def test_shifted_blocks_are_definite(name):
    sdp, answer, _, _ = solved(name)
    rng = np.random.default_rng(0)
    for noise in (0.0, 1e-6):
        gram = answer.gram + noise * rng.standard_normal(answer.gram.shape)
        for rows, size, shift in zip(sdp.split(gram), sdp.sizes, _shifts(sdp, gram), strict=True):
            assert is_definite(rows, size, float(shift)) or (size == 1 and rows[0] + shift >= 0)


@pytest.mark.parametrize("noise", [1e-9, 1e-5, 1e-1])
def test_wrong_dual_vectors_cost_digits_but_not_the_truth(noise):
    rng = np.random.default_rng(1)
    for name in CASES:
        sdp, answer, reach, optimum = solved(name)
        gram = answer.gram + noise * rng.standard_normal(answer.gram.shape)
        multipliers = answer.equality_duals + noise * rng.standard_normal(answer.equality_duals.shape)
        bound = rigorous_bound(sdp, multipliers, gram, reach)
        assert np.isfinite(bound) and bound <= optimum + 1e-12 * (1 + abs(optimum))
        assert Fraction(bound) <= exact_bound(sdp, multipliers, gram, reach)


def test_a_bound_that_is_exact_in_floats_is_not_missed():
    """Minimise y₁ subject to y₀ = 1 and [[y₁ - 2 y₀]] ≥ 0: the optimum is 2, its dual has small integers."""
    operator = sp.csr_matrix(np.array([[-2.0, 1.0]]))
    sdp = SDP(np.array([0.0, 1.0]), sp.csr_matrix([[1.0, 0.0]]), np.ones(1), operator, (1,))
    bound = rigorous_bound(sdp, np.array([2.0]), np.ones(1), np.array([1.0, 10.0]))
    assert 2.0 - 1e-13 <= bound <= 2.0
    assert rigorous_bound(sdp, np.array([2.5]), np.ones(1), np.array([1.0, 10.0])) <= 2.0


def test_nothing_is_claimed_without_bounds_on_moments_or_with_numbers_that_are_not_finite():
    sdp, answer, reach, _ = solved("six_hump_camel")
    assert rigorous_bound(sdp, answer.equality_duals, answer.gram, np.full_like(reach, np.inf)) == -np.inf
    assert rigorous_bound(sdp, answer.equality_duals * np.nan, answer.gram, reach) == -np.inf


def test_a_block_that_is_zero():
    sdp, _, reach, _ = solved("six_hump_camel")
    gram = svec(np.zeros((sdp.sizes[0],) * 2))
    bound = rigorous_bound(sdp, np.zeros(1), gram, reach)
    assert bound <= -np.abs(sdp.cost) @ reach


@pytest.mark.parametrize("vector", range(3))
def test_wrong_lengths_are_named(vector):
    sdp, answer, reach, _ = solved("quadratic_on_simplex")
    vectors = [answer.equality_duals, answer.gram, reach]
    vectors[vector] = vectors[vector][:-1]
    with pytest.raises(InvalidInput, match=("equality_duals", "gram", "reach")[vector]):
        rigorous_bound(sdp, *vectors)


def test_a_negative_reach_is_refused():
    sdp, answer, reach, _ = solved("quadratic_on_simplex")
    with pytest.raises(InvalidInput, match="reach"):
        rigorous_bound(sdp, answer.equality_duals, answer.gram, -reach)
