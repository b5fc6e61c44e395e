"""Local search: derivatives in many variables, constraints in many variables, and points far out."""

from __future__ import annotations

import numpy as np
import pytest
from chains import broyden, in_a_box, polynomial, rosenbrock

import momentsos as ms
from momentsos.points.local_search import Evaluator, LocalSearch
from momentsos.points.sparse_evaluator import SparseEvaluator


def test_wide_evaluators_agree_with_tables(rng) -> None:
    problem = in_a_box(broyden(6), 2)
    listed = (problem.minimize, 0 * problem.minimize, *problem.inequalities)
    wide, table = SparseEvaluator(listed), Evaluator(listed)
    point, weights = rng.standard_normal(6), rng.standard_normal(len(listed))
    for name in ("values", "sizes", "jacobian"):
        assert getattr(wide, name)(point) == pytest.approx(getattr(table, name)(point), rel=1e-12, abs=1e-12)
    assert wide.hessian(point, weights) == pytest.approx(table.hessian(point, weights), rel=1e-12, abs=1e-12)
    assert (wide.scales == table.scales).all()


def test_many_variables_are_descended_from_to_full_precision(rng) -> None:
    end = LocalSearch(rosenbrock(120)).descend(rng.uniform(0, 2, 120))
    assert end.feasible
    assert np.abs(end.point - 1).max() < 1e-6


def test_constraints_in_many_variables_are_kept() -> None:
    """The point of the simplex nearest to the origin, and of a box that does not have it."""
    n = 80
    norm = polynomial(n, [(1, {i: 2}) for i in range(n)])
    simplex = [polynomial(n, [(-1, {}), *((1, {i: 1}) for i in range(n))])]
    end = LocalSearch(ms.Problem(norm, [], simplex)).descend(np.linspace(-1, 1, n))
    assert end.feasible and end.value == pytest.approx(1 / n, rel=1e-9)
    box = [polynomial(n, [(-1, {}), (2, {i: 1})]) for i in range(n)]
    end = LocalSearch(ms.Problem(norm, box)).descend(np.linspace(-1, 1, n))
    assert end.feasible and end.value == pytest.approx(n / 4, rel=1e-9)


def test_a_point_where_derivatives_overflow_is_left_as_it_is() -> None:
    x, y = ms.variables("x y")
    end = LocalSearch(ms.Problem(-x, [y - x**5])).polish(np.array([1e120, 0.0]))
    assert not end.feasible  # the value of the constraint is as little a number as the size of its terms
