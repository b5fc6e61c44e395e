"""Tables of many polynomials lead there and back, and changes of variables are rounded once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.conditioning.affine import change_affinely
from momentsos.polynomials import Polynomial
from momentsos.polynomials.evaluation import evaluate_all
from momentsos.polynomials.tables import from_table, to_table


def test_tables_lead_back_to_the_polynomials_and_share_lists() -> None:
    x, y = ms.variables("x y")
    some = [1 + x * y, 2 - 3 * x * y, x**2 - y, Polynomial.constant(0.0, ("x", "y"))]
    rows, table = to_table(some)
    back = from_table(rows, table, ("x", "y"))
    assert back == some
    assert back[0].exponents is back[1].exponents
    assert np.array_equal(to_table(back[:2])[1], [[1.0, 1.0], [2.0, -3.0]])
    assert evaluate_all(some, np.array([2.0, 3.0])).tolist() == [7.0, -16.0, 1.0, 0.0]


def test_a_table_with_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ms.InvalidInput, match="finite"):
        from_table(np.zeros((1, 1), dtype=np.int64), np.array([[np.inf]]), ("x",))


@pytest.mark.parametrize(("n", "degree"), [(3, 4), (34, 3)])  # the exponents of many variables fit into no integer
def test_a_change_of_variables_is_the_exact_one_rounded_once(rng, n, degree) -> None:
    names = tuple(f"x{i}" for i in range(n))
    rows = np.zeros((6, n), dtype=np.int64)
    for row in rows[1:]:
        np.add.at(row, rng.integers(0, n, degree), 1)
    objective = Polynomial.from_terms(rows, rng.standard_normal(6), names)
    matrix = np.eye(n) + np.diag(rng.standard_normal(n - 1), 1)
    problem = ms.Problem(objective, [1 - objective, 2 - objective**0 * 1.5], variables=names)
    change = change_affinely(problem, 0.0 + (rng.random(n) < 0.3) * rng.standard_normal(n), matrix)
    exact = change.exact()
    for rounded, true in zip(
        (change.problem.minimize, *change.problem.inequalities), (exact.minimize, *exact.inequalities), strict=True
    ):
        expected = dict(zip(map(bytes, true.exponents), true.coefficients, strict=True))
        found = dict(zip(map(bytes, rounded.exponents), rounded.values.tolist(), strict=True))
        for key, value in expected.items():
            error = abs(Fraction(found.get(key, 0.0)) - value)
            assert error <= abs(value) * Fraction(1, 2**52) + Fraction(1, 2**80)
        assert set(found) <= set(expected)
