"""A bound whose identity was made exact lies below every feasible value, and below a known optimum."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from rational import value_at
from signs import optimum, signs

import momentsos as ms
from momentsos.bounds.repair import absorb
from momentsos.learning.instances import noisy_instance
from momentsos.relaxations import assemble, dense_plan
from momentsos.sdp import SDP, svec
from momentsos.sdp.residuals import dual_residual
from momentsos.solvers import SolverOptions, solver_named

OPTIMUM = 0.7


@pytest.mark.parametrize(("degrees", "law"), [((2, 3), "plain"), ((2, 2), "scaled")])
@pytest.mark.parametrize("seed", range(3))
def test_an_absorbed_bound_is_not_above_the_exact_loss_at_the_best_point(degrees, law, seed) -> None:
    case = noisy_instance(degrees, width=20, seed=seed, law=law)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    n = fit.formulation.n_coefficients
    point = [Fraction(a) + Fraction(b) for a, b in zip(fit.minimizers[0][:n], fit.fine[0][:n], strict=True)]
    loss = max(abs(value_at(r, point)) for r in fit.formulation.residuals)
    absorbed = [Fraction(a.lower_bound) for a in fit.attempts if a.absorbed]  # as found, before they are compared
    assert absorbed
    assert max(absorbed) <= loss * (1 + Fraction(1, 10**13))
    assert max(absorbed) >= loss - max(loss, Fraction(fit.unit)) * Fraction(1, 10**6)  # and it is worth something


def program(seed: int, units: np.ndarray) -> tuple[SDP, np.ndarray, np.ndarray]:
    r"""Return a program of which the optimum is `OPTIMUM`, its moments, and its Gram matrices.

    Complementary :math:`S = F(y)` and `X` are chosen first, then `c` so that :math:`F^* X + \lambda E = c`. All
    :math:`F_i` but the first have trace zero, and one is positive where `X` is: both sides have interior points. Then
    each moment is measured in its own unit.
    """
    rng = np.random.default_rng(seed)
    sizes, n = (4, 3), len(units)
    moments = np.append(1.0, rng.uniform(-1, 1, n - 1))
    columns, gram = [np.zeros(0)] * n, np.zeros(0)
    for size in sizes:
        basis = np.linalg.qr(rng.standard_normal((size, size)))[0]
        first, second = basis[:, :2], basis[:, 2:]
        forms = [np.zeros((size, size)), first @ first.T / 2 - second @ second.T / second.shape[1]]
        for _ in range(n - 2):
            form = rng.standard_normal((size, size))
            form += form.T
            forms.append(form - np.trace(form) / size * np.eye(size))
        slack = second @ np.diag(rng.uniform(0.5, 2.0, size - 2)) @ second.T
        forms[0] = slack - sum(y * form for y, form in zip(moments[1:], forms[1:], strict=True))
        columns = [np.append(column, svec(form)) for column, form in zip(columns, forms, strict=True)]
        gram = np.append(gram, svec(first @ np.diag(rng.uniform(0.5, 2.0, 2)) @ first.T))
    operator, one = np.column_stack(columns), np.eye(n)[:1]
    cost = operator.T @ gram + OPTIMUM * one[0]
    scaled = SDP(cost * units, sp.csr_matrix(one * units), np.ones(1), sp.csr_matrix(operator * units), sizes)
    return scaled, moments / units, gram


IDENTITY = np.concatenate([svec(np.eye(4)), svec(np.eye(3))])


def lengths(seed: int, equal: bool) -> np.ndarray:
    units = np.ones(9) if equal else 10.0 ** np.linspace(-8, np.log10(30), 9)
    return np.random.default_rng(seed).permutation(units)


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("excess", [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0])
def test_nothing_exact_is_claimed_above_a_known_optimum(seed, equal, excess) -> None:
    sdp, moments, gram = program(seed, lengths(seed, equal))
    for room in (0.0, 1e-14, 1e-10, 1e-6, 1e-2):
        found = absorb(sdp, moments, np.array([OPTIMUM + excess]), gram + room * IDENTITY)
        assert not found.exact or found.multipliers[0] <= OPTIMUM * (1 + 1e-13)


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_an_identity_near_an_exact_one_is_made_exact_and_loses_little(seed, equal) -> None:
    """`X + t I` proves `OPTIMUM - t tr S`; a little noise, of the size of a solver's, is absorbed."""
    sdp, moments, gram = program(seed, lengths(seed, equal))
    rng = np.random.default_rng(seed)
    room = 1e-7
    lost = room * float(IDENTITY @ (sdp.operator @ moments))
    noise = 1e-9 * rng.standard_normal(gram.shape)
    found = absorb(sdp, moments, np.array([OPTIMUM - lost]), gram + room * IDENTITY + noise)
    assert found.exact
    assert OPTIMUM - 1e-5 <= found.multipliers[0] <= OPTIMUM * (1 + 1e-13)


@pytest.mark.parametrize("n", [4, 7])
def test_equalities_of_signs_are_merged_and_the_identity_is_one_of_the_whole_program(n) -> None:
    problem = signs(n, n)
    sdp = assemble(dense_plan(problem, 2)).sdp
    answer = solver_named("native").solve(sdp, SolverOptions())
    found = absorb(sdp, answer.moments, answer.equality_duals, answer.gram)
    assert found.exact
    assert optimum(problem) - 1e-6 <= found.multipliers[0] <= optimum(problem) + 1e-13 * n**2
    assert np.abs(dual_residual(sdp, found.multipliers, found.gram)).max() <= 1e-8


def test_nothing_is_begun_that_a_budget_does_not_cover() -> None:
    sdp, moments, gram = program(0, np.ones(9))
    given = sdp, moments, np.array([OPTIMUM - 1e-3]), gram + 1e-4 * IDENTITY
    assert absorb(*given).exact
    assert not absorb(*given, most_work=10.0).exact
    assert not absorb(*given, until=time.perf_counter()).exact


def test_vectors_that_are_missing_or_not_finite_prove_nothing() -> None:
    sdp, moments, gram = program(0, np.ones(9))
    multipliers = np.array([OPTIMUM - 1e-3])
    assert not absorb(sdp, None, multipliers, gram + 1e-7 * IDENTITY).exact
    assert not absorb(sdp, moments, multipliers, np.full_like(gram, np.nan)).exact
