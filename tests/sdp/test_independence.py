"""Programs that see fewer combinations of moments than they have moments."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from momentsos.sdp import SDP, SDPStatus, independent_moments, on_moments
from momentsos.solvers import SolverOptions, solve_sdp


def mixed_program(rng: np.random.Generator, infeasible: bool = False) -> tuple[SDP, SDP]:
    """A small program, and the same in 320 unknowns of which it sees 100 combinations."""
    size, blocks, n = 3, 40, 100
    operator = np.zeros((blocks * 6, n))
    identity = np.array([1.0, 0, 1, 0, 0, 1])
    operator[:, 1:] = rng.standard_normal((blocks * 6, n - 1))
    operator[:, 0] = np.tile(-identity if infeasible else identity, blocks)
    if infeasible:
        operator[:6, 1:] = 0.0
    gram = np.tile(identity, blocks)
    equality = np.eye(1, n)
    cost = operator.T @ gram + equality[0]
    mixing = np.concatenate([np.eye(n), rng.standard_normal((n, 220))], axis=1)
    programs = [
        SDP(cost @ m, sp.csr_matrix(equality @ m), np.ones(1), sp.csr_matrix(operator @ m), (size,) * blocks)
        for m in (np.eye(n), mixing)
    ]
    return programs[0], programs[1]


def test_independent_moments_span_the_others(rng) -> None:
    small, large = mixed_program(rng)
    kept = independent_moments(large)
    assert kept is not None and len(kept) == 100
    stacked = np.vstack([large.operator.toarray(), large.equalities.toarray(), large.cost])
    assert np.linalg.matrix_rank(stacked[:, kept]) == np.linalg.matrix_rank(stacked) == 100
    assert independent_moments(small) is None  # too small to be worth the search
    assert on_moments(large, kept).n_moments == 100


def test_a_program_whose_moments_are_independent_is_left_alone(rng) -> None:
    n = 320
    rows = sp.csr_matrix(rng.standard_normal((60 * 6, n)))
    assert independent_moments(SDP(np.ones(n), sp.csr_matrix(np.eye(1, n)), np.ones(1), rows, (3,) * 60)) is None


@pytest.mark.parametrize("solver", ["native", "auto"])
def test_the_answer_is_that_of_the_whole_program(rng, solver) -> None:
    small, large = mixed_program(rng)
    answers = [solve_sdp(solver, sdp, SolverOptions()) for sdp in (small, large)]
    assert [a.status for a in answers] == [SDPStatus.OPTIMAL] * 2
    assert answers[1].moments.shape == (320,) and answers[1].residuals.worst < 1e-8
    assert answers[0].residuals.dual_objective == pytest.approx(answers[1].residuals.dual_objective, rel=1e-7)


def test_a_proof_of_infeasibility_is_one_for_all_moments(rng) -> None:
    _, large = mixed_program(rng, infeasible=True)
    answer = solve_sdp("native", large, SolverOptions())
    assert answer.status is SDPStatus.PRIMAL_INFEASIBLE
    assert answer.dual_ray is not None and answer.dual_ray.violation < 1e-8
