"""Equalities with one or two terms leave a smaller program with the same identities."""

from __future__ import annotations

import numpy as np
import pytest
from signs import signs

import momentsos as ms
from momentsos.relaxations import assemble, dense_plan
from momentsos.sdp.merging import Merged
from momentsos.sdp.residuals import dual_residual


def mixed() -> ms.Problem:
    """Signs, a binary, a complementarity, a unit of its own, and equalities that are no multiples."""
    x, y, z, w = ms.variables("x y z w")
    equalities = [x**2 - 1, y**2 - y, y * z, 2 * w**2 - 8, x + y + z - 1, z**2 - 3 * w]
    return ms.Problem(x * y + z * w, [4 - z**2], equalities)


def programs() -> list:
    return [assemble(dense_plan(problem, 2, in_quotient=False)).sdp for problem in (signs(5, 0), mixed())]


@pytest.mark.parametrize("number", [0, 1])
def test_multipliers_of_the_classes_are_completed_to_all(number, rng) -> None:
    sdp = programs()[number]
    merged = Merged.of(sdp)
    assert merged.sdp.n_moments < sdp.n_moments
    gram = rng.standard_normal(sdp.operator.shape[0])
    some = rng.standard_normal(len(merged.kept))
    left = dual_residual(merged.sdp, some, gram)
    everything = merged.multipliers(some, gram)
    assert np.array_equal(everything[merged.kept], some)
    found = dual_residual(sdp, everything, gram)
    assert found[merged.first] == pytest.approx(left, abs=1e-12)
    zero = np.setdiff1d(np.arange(sdp.n_moments), merged.first)
    assert np.abs(found[zero]).max() <= 1e-12


def test_moments_of_feasible_points_are_multiples_of_those_of_the_classes() -> None:
    problem = mixed()
    relaxation = assemble(dense_plan(problem, 2))
    merged = Merged.of(relaxation.sdp)
    point = np.array([-1.0, 0.0, 1.7, 2.0])  # of the equalities with one or two terms
    moments = np.prod(point**relaxation.monomials.rows, axis=1)
    classes = moments[merged.first]
    assert merged.sdp.operator @ classes == pytest.approx(relaxation.sdp.operator @ moments)
    assert merged.sdp.cost @ classes == pytest.approx(relaxation.sdp.cost @ moments)


def test_signs_leave_the_normalisation_alone() -> None:
    merged = Merged.of(assemble(dense_plan(signs(6, 0), 2)).sdp)
    assert merged.sdp.n_moments == 1 + 6 + 15 + 20 + 15
    assert merged.kept.tolist() == [0]


def test_equalities_that_contradict_each_other_are_kept() -> None:
    x, y = ms.variables("x y")
    sdp = assemble(dense_plan(ms.Problem(x, [], [x**2 - y, x**2 + y]), 1)).sdp
    merged = Merged.of(sdp)
    assert len(merged.kept) == 2


def test_a_program_without_such_equalities_is_left_as_it_is(disc) -> None:
    sdp = assemble(dense_plan(disc, 2)).sdp
    assert Merged.of(sdp).sdp is sdp
