"""Bounds of definite identities whose defect is rounding."""

from __future__ import annotations

import numpy as np
import pytest
from catalogue import BY_NAME
from signs import optimum, signs

import momentsos as ms
from momentsos.bounds.proof import Unproved
from momentsos.bounds.spreading import prove_by_spreading
from momentsos.relaxations import Relaxation, assemble, dense_plan
from momentsos.sdp import SDPSolution
from momentsos.solvers import SolverOptions
from momentsos.solvers.splitting import SplittingSolver


def lifted(problem: ms.Problem, order: int) -> tuple[Relaxation, SDPSolution]:
    relaxation = assemble(dense_plan(problem, order))
    return relaxation, SplittingSolver().solve(relaxation.sdp, SolverOptions(max_iterations=400))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_splitting_returns_for_signs_is_proved_as_it_is(seed) -> None:
    problem = signs(7, seed)
    relaxation, answer = lifted(problem, 2)
    proof = prove_by_spreading(relaxation, problem, answer.equality_duals, answer.gram)
    assert proof.proved and proof.value == answer.equality_duals[0] <= optimum(problem)


@pytest.mark.parametrize("excess", [1e-10, 1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("name", ["motzkin_on_ball", "max_cut_5_cycle", "six_hump_camel"])
def test_nothing_is_proved_above_the_optimum(name, excess) -> None:
    """The bound moves up, and the constant entry of a Gram matrix takes the difference, or nothing does."""
    case = BY_NAME[name]
    problem = case.problem()
    relaxation, answer = lifted(problem, case.order)
    duals, gram = answer.equality_duals.copy(), answer.gram.copy()
    duals[0] = case.optimum + excess
    for given in (gram, gram - np.eye(1, len(gram))[0] * (duals[0] - answer.equality_duals[0])):
        assert not prove_by_spreading(relaxation, problem, duals, given).proved


def test_indefinite_or_missing_matrices_prove_nothing() -> None:
    problem = signs(5, 0)
    relaxation, answer = lifted(problem, 2)
    assert prove_by_spreading(relaxation, problem, answer.equality_duals, None).reason is Unproved.NO_IDENTITY
    low = answer.gram - np.eye(1, len(answer.gram))[0] * 1e3
    assert prove_by_spreading(relaxation, problem, answer.equality_duals, low).reason is Unproved.NO_ROOM
    nothing = np.full_like(answer.gram, np.nan)
    assert prove_by_spreading(relaxation, problem, answer.equality_duals, nothing).reason is Unproved.NO_IDENTITY


def test_another_problem_is_not_proved_by_it() -> None:
    relaxation, answer = lifted(signs(5, 0), 2)
    other = signs(5, 1)
    assert not prove_by_spreading(relaxation, other, answer.equality_duals, answer.gram).proved
