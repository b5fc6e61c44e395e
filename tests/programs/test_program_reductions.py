"""Smaller Gram matrices where that is free: Newton polytope, sign symmetry, equalities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import momentsos as ms
from momentsos.polynomials import Polynomial, monomial_basis
from momentsos.programs.certificate import layout_of

T = ms.unknown("t")


def bases(program: ms.SOSProgram) -> list[np.ndarray]:
    return [gram.basis for frame in layout_of(program).frames for gram in frame.grams]


def in_half_of_the_polytope(row: np.ndarray, support: np.ndarray) -> bool:
    """Whether twice a monomial is a convex combination of a support, by a linear program."""
    equations = np.vstack([support.T, np.ones(len(support))])
    found = linprog(np.zeros(len(support)), A_eq=equations, b_eq=[*(2 * row), 1.0], bounds=(0, None))
    return found.status == 0


@pytest.mark.parametrize("seed", range(8))
def test_bases_lie_in_half_of_the_newton_polytope(seed):
    rng = np.random.default_rng(seed)
    rows = 2 * rng.integers(0, 4, (5, 2))
    rows = np.concatenate([rows, (rows[:2] + rows[2:4]) // 2])
    p = Polynomial.from_terms(rows, np.ones(len(rows)), ["x", "y"])
    kept = np.concatenate(bases(ms.SOSProgram([ms.sos(p)])))
    assert all(in_half_of_the_polytope(row, p.exponents) for row in kept)


def test_the_polynomial_of_motzkin_needs_four_monomials():
    x, y = ms.variables("x y")
    found = bases(ms.SOSProgram([ms.sos(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1)]))
    rows = sorted(map(tuple, np.concatenate(found).tolist()))
    assert rows == [(0, 0), (1, 1), (1, 2), (2, 1)]


def test_blocks_follow_the_parities_of_the_exponents():
    x, y = ms.variables("x y")
    even = x**4 + y**4 - x**2 * y**2 - T
    assert sorted(len(basis) for basis in bases(ms.SOSProgram([ms.sos(even)]))) == [1, 1, 1, 3]
    mixed = even + x * y
    assert sorted(len(basis) for basis in bases(ms.SOSProgram([ms.sos(mixed)]))) == [2, 4]


def test_reductions_do_not_change_the_optimum():
    x, y = ms.variables("x y")
    even = x**4 + y**4 - 3 * x**2 * y**2 + x**2 + 2
    on = [2 - x**2 - y**2]
    plain = ms.SOSProgram([ms.sos(even - T, on=on)], maximize=T).solve()
    shifted = even.substitute({"x": x + 0.5 * y, "y": y - 0.25 * x})
    on = [on[0].substitute({"x": x + 0.5 * y, "y": y - 0.25 * x})]
    other = ms.SOSProgram([ms.sos(shifted - T, on=on)], maximize=T).solve()
    assert len(other.sizes) < len(plain.sizes)
    assert plain.value == pytest.approx(other.value, abs=1e-6)


def test_monomials_beyond_an_equality_are_left_out():
    x, y = ms.variables("x y")
    circle = x**2 + y**2 - 1
    found = bases(ms.SOSProgram([ms.sos(x**4 - x - T, equalities=[circle])], maximize=T))
    full = monomial_basis(2, 2)
    assert sum(len(basis) for basis in found) == len(full) - 1  # all but x^2
