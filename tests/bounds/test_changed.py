"""Problems and boxes in changed variables, in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.bounds.changed import changed_box, exactly_changed

x, y = ms.variables("x y")
THIRD = Fraction(1, 3)


def test_a_shift_is_made_exactly() -> None:
    problem = ms.Problem(x**3 * y + THIRD * x, [y - 0.1], [x * y])
    shift, fine = np.array([0.3, -0.7]), np.array([1e-18, 0.0])
    matrix = np.array([[0.1, 0.0], [0.2, 3.0]])
    changed = exactly_changed(problem, shift, fine, matrix, 0.3, [1.0], [2.0])
    place = [Fraction(3, 7), Fraction(-2, 9)]
    at = [
        Fraction(a) + Fraction(b) + sum(Fraction(c) * t for c, t in zip(row, place, strict=True))
        for a, b, row in zip(shift.tolist(), fine.tolist(), matrix.tolist(), strict=True)
    ]
    value = sum(c * place[0] ** row[0] * place[1] ** row[1] for row, c in _terms(changed.minimize))
    assert value == (at[0] ** 3 * at[1] + THIRD * at[0]) / Fraction(0.3)
    assert (
        sum(c * place[0] ** row[0] * place[1] ** row[1] for row, c in _terms(changed.equalities[0]))
        == at[0] * at[1] / 2
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_box_in_changed_variables_holds_what_is_in_the_box(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    low = rng.standard_normal(n) * 10.0 ** rng.uniform(-6, 6, n)
    high, shift = low + np.abs(rng.standard_normal(n)), rng.standard_normal(n)
    matrix = rng.standard_normal((n, n)) + 2 * np.eye(n)
    below, above = changed_box(low, high, shift, 1e-18 * shift, matrix)
    for corner in (low, high, np.where(rng.random(n) < 0.5, low, high)):
        exactly = np.array(
            [
                Fraction(a) - Fraction(b) - Fraction(1e-18 * b)
                for a, b in zip(corner.tolist(), shift.tolist(), strict=True)
            ]
        )
        t = exact_solution(matrix, exactly)
        assert all(Fraction(a) <= v <= Fraction(b) for a, v, b in zip(below.tolist(), t, above.tolist(), strict=True))
    singular = changed_box(low, high, shift, 0 * shift, np.zeros((n, n)))
    assert not np.isfinite(singular).any()


def exact_solution(matrix: np.ndarray, right: np.ndarray) -> list[Fraction]:
    rows = [[Fraction(v) for v in row] + [b] for row, b in zip(matrix.tolist(), right.tolist(), strict=True)]
    for j in range(len(rows)):
        pivot = max(range(j, len(rows)), key=lambda i: abs(rows[i][j]))
        rows[j], rows[pivot] = rows[pivot], rows[j]
        rows[j] = [v / rows[j][j] for v in rows[j]]
        for i in range(len(rows)):
            if i != j:
                rows[i] = [v - rows[i][j] * w for v, w in zip(rows[i], rows[j], strict=True)]
    return [row[-1] for row in rows]


def _terms(p: ms.polynomials.Polynomial):
    return zip(p.exponents.tolist(), map(Fraction, p.coefficients.tolist()), strict=True)


def test_units_are_changed_exactly() -> None:
    third = Fraction(1, 3)
    problem = ms.Problem(third * x**2 + 0.1 * y, [x * y - 1e-300 * x**2], [x - y])
    zero = np.zeros(2)
    changed = exactly_changed(problem, zero, zero, np.diag([2.0**-20, 4.0]), 0.5, [2.0**-18], [1.0])
    assert changed.minimize == Fraction(1, 2**39) * third * x**2 + Fraction(0.1) * 8 * y
    assert changed.equalities[0].coefficient([1, 0]) == 2.0**-20
    tiny = exactly_changed(problem, zero, zero, np.diag([2.0**-100, 1.0]), 1.0, [1.0], [1.0]).inequalities[0]
    assert tiny.is_exact and Fraction(tiny.coefficient([2, 0])) == -Fraction(1e-300) / Fraction(2) ** 200
