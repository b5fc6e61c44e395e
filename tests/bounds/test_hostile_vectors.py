"""Vectors of any size prove nothing or something true; no error of linear algebra leaves the repair."""

from __future__ import annotations

import hostile
import numpy as np
import pytest
from catalogue import BY_NAME

import momentsos as ms
from momentsos.bounds.repair import absorb
from momentsos.bounds.rigorous import rigorous_bound
from momentsos.relaxations import assemble, dense_plan
from momentsos.sdp import svec


@pytest.mark.parametrize("seed", range(60))
def test_vectors_whose_entries_differ_by_hundreds_of_orders_are_refused_or_repaired(seed) -> None:
    problem, rng = hostile.problem(seed)
    sdp = assemble(dense_plan(problem, 2)).sdp
    for span in (0, 3, 30, 100, 154):
        moments, multipliers = (hostile.wide(rng, n, span) for n in (sdp.n_moments, len(sdp.right_side)))
        factors = [hostile.wide(rng, (size, size), span / 2) for size in sdp.sizes]
        gram = np.concatenate([svec(factor @ factor.T) for factor in factors])
        found = absorb(sdp, moments, multipliers, gram)
        assert np.isfinite(found.multipliers).all() and np.isfinite(found.gram).all()
        assert not np.isnan(rigorous_bound(sdp, multipliers, gram, np.abs(moments)))


def test_an_eigenvalue_that_does_not_converge_is_no_identity(monkeypatch, disc) -> None:
    sdp = assemble(dense_plan(disc, 2)).sdp

    def failing(*_args, **_options):
        raise np.linalg.LinAlgError("Eigenvalues did not converge")

    monkeypatch.setattr(np.linalg, "eigh", failing)
    gram = np.concatenate([svec(np.eye(size)) for size in sdp.sizes])
    assert not absorb(sdp, np.ones(sdp.n_moments), np.zeros(len(sdp.right_side)), gram).exact


@pytest.mark.slow
def test_problems_whose_moments_run_away_are_answered() -> None:
    """A Newton step of the repair met matrices without a factorisation."""
    x, y, z = ms.variables("x y z")
    square = (x**4 * z**2 + x**2 * z**4 - 3 * x**2 * z**2 + 1) ** 2
    for problem in (BY_NAME["hock_schittkowski_40"].problem(), ms.Problem(y, [y - square, y + 5])):
        result = ms.solve(problem)
        assert result.lower_bound is None or result.lower_bound <= (-0.25 if len(problem.variables) == 4 else 1e-9)
