"""Where linear algebra fails on numbers that overflow or vanish, a point is left as it is; nothing is raised."""

from __future__ import annotations

import hostile
import numpy as np
import pytest
from chains import styblinski_tang

from momentsos.points.local_search import LocalSearch


@pytest.mark.parametrize("seed", range(60))
def test_points_of_any_size_are_assessed_polished_and_descended_from(seed) -> None:
    problem, rng = hostile.problem(seed)
    search = LocalSearch(problem)
    start = hostile.wide(rng, problem.n_variables, float(rng.choice([0, 10, 100, 300])))
    given = search.assess(start)
    polished, end = search.polish(start), search.descend(start)
    assert not given.feasible or (polished.feasible and polished.value <= given.value + 1e-9 * (1 + abs(given.value)))
    for point in (given, polished, end):
        assert not np.isnan(point.value) and not np.isnan(point.violation)


@pytest.mark.parametrize(
    ("problem", "routine"), [(styblinski_tang(3), "lstsq"), (styblinski_tang(260), "solve")], ids=["few", "many"]
)
def test_a_step_that_linear_algebra_cannot_find_is_none(problem, routine, monkeypatch) -> None:
    """An iteration of LAPACK that does not converge is rare; here it never does."""
    search, point = LocalSearch(problem), np.full(problem.n_variables, -2.9)
    assert search.polish(point).value < search.assess(point).value

    def failing(*_arguments, **_options):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(np.linalg, routine, failing)
    assert (search.polish(point).point == point).all()
