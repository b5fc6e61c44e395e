"""The assembler against a slow reference: each entry of each localizing matrix by its definition."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms
from momentsos.relaxations import assemble, dense_plan

coefficients = st.integers(-40, 40).map(lambda k: k / 8)


def polynomials(n: int, degree: int):
    powers = st.tuples(*[st.integers(0, degree)] * n).filter(lambda power: sum(power) <= degree)
    return st.dictionaries(powers, coefficients, max_size=5)


def built(listed, n: int) -> ms.Polynomial:
    rows = np.array(list(listed), dtype=np.int64).reshape(len(listed), n)
    return ms.Polynomial.from_terms(rows, list(listed.values()), [f"x{i}" for i in range(n)])


@st.composite
def problems(draw):
    n = draw(st.integers(1, 3))
    left = draw(st.lists(polynomials(n, 3), max_size=2))
    equal = draw(st.lists(polynomials(n, 2), max_size=1))
    names = [f"x{i}" for i in range(n)]
    return ms.Problem(
        built(draw(polynomials(n, 4)), n), [built(g, n) for g in left], [built(h, n) for h in equal], variables=names
    )


def term_map(polynomial: ms.Polynomial) -> dict[tuple[int, ...], float]:
    return dict(zip(map(tuple, polynomial.exponents.tolist()), polynomial.coefficients.tolist(), strict=True))


def slow_matrix(g, basis, moment) -> np.ndarray:
    """Return the matrix with entries Σ g_α y_{α + b_i + b_j}, by loops."""
    found = np.zeros((len(basis), len(basis)))
    for i, left in enumerate(basis):
        for j, right in enumerate(basis):
            shifted = [(tuple(np.add(power, np.add(left, right)).tolist()), value) for power, value in g.items()]
            found[i, j] = sum(value * moment[power] for power, value in shifted)
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 1), st.integers(0, 2**32 - 1))
def test_every_block_is_the_matrix_of_its_definition(problem, more, seed) -> None:
    order = problem.minimum_order + more
    relaxation = assemble(dense_plan(problem, order, in_quotient=False))
    rows = [tuple(row) for row in relaxation.monomials.rows.tolist()]
    y = np.random.default_rng(seed).integers(-9, 9, len(rows)).astype(float)
    moment = dict(zip(rows, y, strict=True))
    assert len(moment) == len(rows)
    for number, block in enumerate(relaxation.psd_blocks):
        expected = slow_matrix(term_map(block.polynomial), block.basis.tolist(), moment)
        np.testing.assert_allclose(relaxation.matrix(number, y), expected, rtol=1e-13, atol=1e-13)
    objective = sum(value * moment[power] for power, value in term_map(problem.minimize).items())
    assert float(relaxation.sdp.cost @ y) == pytest.approx(objective, rel=1e-12, abs=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 1))
def test_the_dense_relaxation_has_the_blocks_of_the_hierarchy(problem, more) -> None:
    order, n = problem.minimum_order + more, problem.n_variables
    relaxation = assemble(dense_plan(problem, order, in_quotient=False))
    halves = [-(-g.degree // 2) for g in problem.inequalities if g.degree > 0]
    expected = sorted(comb(n + order - half, n) for half in (0, *halves))
    assert sorted(size for size in relaxation.sdp.sizes) == pytest.approx(expected) or any(
        g.degree == 0 for g in problem.inequalities
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 2**32 - 1))
def test_the_moments_of_a_feasible_point_are_feasible(problem, seed) -> None:
    """Constraints are shifted so that a whole point satisfies them; its moments must satisfy the program exactly."""
    point = np.random.default_rng(seed).integers(-2, 3, problem.n_variables).astype(float)
    left = [g - min(0.0, g(point)) for g in problem.inequalities]
    equal = [h - h(point) for h in problem.equalities]
    posed = ms.Problem(problem.minimize, left, equal, problem.variables)
    relaxation = assemble(dense_plan(posed, posed.minimum_order, in_quotient=False))
    y = np.prod(point**relaxation.monomials.rows, axis=1)
    sdp = relaxation.sdp
    np.testing.assert_allclose(sdp.equalities @ y, sdp.right_side, rtol=1e-13, atol=1e-10)
    for number in range(len(sdp.sizes)):
        matrix = relaxation.matrix(number, y)
        assert np.linalg.eigvalsh(matrix).min(initial=0.0) >= -1e-9 * max(1.0, np.abs(matrix).max(initial=0.0))
    assert float(sdp.cost @ y) == pytest.approx(float(Fraction(problem.minimize(point))), rel=1e-12, abs=1e-10)
