"""Polynomials that were made together share one support, which is what grouping goes by, also after a copy."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms
from momentsos.conditioning.affine import scale_by
from momentsos.polynomials import ExponentIndex, Polynomial, Support
from momentsos.polynomials.evaluation import evaluate_all
from momentsos.polynomials.tables import by_support, distinct_supports, from_table, to_table
from momentsos.relaxations import assemble, dense_plan, partial_plan

PACKAGE = Path(ms.__file__).parent


def alike(count: int, names: tuple[str, ...] = ("x", "y")) -> list[Polynomial]:
    """Polynomials with the same three monomials."""
    rows = np.array([[0, 0], [1, 0], [1, 1]])
    return from_table(rows, np.arange(1.0, 3 * count + 1).reshape(count, 3), names)


def test_polynomials_of_one_table_share_their_support_and_others_do_not() -> None:
    first, second = alike(2)
    assert first.support is second.support is (-first).support
    apart = Polynomial.from_terms(first.exponents, first.coefficients, first.variables)
    assert apart == first and apart.support is not first.support
    assert distinct_supports([first, apart, second]) == [first.support, apart.support]


def test_groups_hold_the_polynomials_of_each_support_in_order() -> None:
    some = alike(3)
    other = Polynomial.from_terms([[2, 0]], [5.0], ("x", "y"))
    (places, support, table), (place, _, single) = by_support([some[0], other, some[1], some[2]])
    assert places == [0, 2, 3] and place == [1]
    assert support is some[0].support
    assert table.tolist() == [p.values.tolist() for p in some] and single.tolist() == [[5.0]]


def test_results_do_not_depend_on_what_is_shared(rng) -> None:
    shared = [*alike(4), Polynomial.from_terms([[0, 2], [3, 0]], [1.0, -2.0], ("x", "y"))]
    apart = [Polynomial.from_terms(p.exponents, p.coefficients, p.variables) for p in shared]
    point = rng.standard_normal(2)
    assert np.array_equal(evaluate_all(shared, point), evaluate_all(apart, point))
    for one, other in zip(to_table(shared), to_table(apart), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("copied", [lambda p: pickle.loads(pickle.dumps(p)), copy.copy, copy.deepcopy])
def test_a_copy_of_a_problem_shares_its_supports_and_is_read_only(copied) -> None:
    a, b, c = alike(3)
    problem = copied(ms.Problem(a, [b, c], [a * b]))
    polynomials = (problem.minimize, *problem.inequalities, *problem.equalities)
    assert polynomials == (a, b, c, a * b)
    assert len(distinct_supports(polynomials)) == 2
    for p in polynomials:
        assert not p.exponents.flags.writeable and not p.coefficients.flags.writeable


def test_a_copy_of_a_support_is_the_support_and_what_was_pickled_apart_shares_nothing() -> None:
    a, b = alike(2)
    assert copy.copy(a.support) is copy.deepcopy(a.support) is a.support
    one, other = pickle.loads(pickle.dumps(a)), pickle.loads(pickle.dumps(b))
    assert one.support is not other.support
    assert pickle.loads(pickle.dumps((a, b)))[0].support is not a.support


def test_a_support_protects_the_list_that_it_was_given_and_tells_what_it_lists() -> None:
    rows = np.array([[0, 0, 0], [1, 0, 2]])
    support = Support(rows)
    with pytest.raises(ValueError, match="read-only"):
        support.rows[0, 0] = 1
    rows[0, 0] = 0  # the caller's own array stays writable
    assert support.degree == 3 and support.degrees.tolist() == [0, 3]
    assert support.occurs.tolist() == [True, False, True]
    assert Support(rows[:0]).degree == 0


def test_scaling_and_relaxing_keep_what_is_shared() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**2 + y**2, [1 - p for p in alike(1)] * 3)
    shared = scale_by(problem, np.array([2.0, 4.0])).problem.inequalities
    assert len(distinct_supports(shared)) == 1
    blocks = partial_plan(ms.Problem(y, [y - x, y + x, y - x - 1]), 1).blocks
    assert len(blocks) == 4 and len({block.monomials for block in blocks}) < 4


def test_a_relaxation_is_the_same_after_it_was_pickled() -> None:
    x, y = ms.variables("x y")
    relaxation = assemble(dense_plan(ms.Problem(x**4 + y**4 - x * y, [1 - x**2, 1 - y**2]), 2))
    again = pickle.loads(pickle.dumps(relaxation))
    rows = relaxation.monomials.rows
    assert np.array_equal(again.monomials.find(rows), np.arange(len(rows)))
    assert (again.sdp.operator != relaxation.sdp.operator).nnz == 0


@pytest.mark.parametrize(("n", "degree"), [(2, 3), (40, 3)])  # 40 variables fit into no integer
def test_an_index_finds_its_rows_alone(rng, n, degree) -> None:
    rows = np.zeros((30, n), dtype=np.int64)
    for row in rows:
        np.add.at(row, rng.integers(0, n, degree), 1)
    index = pickle.loads(pickle.dumps(ExponentIndex.of(rows)))
    assert (index.rows[index.find(rows)] == rows).all()
    assert (index.find(rows + 1) == -1).all()
    assert (index.find(np.zeros((1, n), dtype=np.int64)) == -1).all()
    assert (ExponentIndex.of(rows[:0]).find(rows) == -1).all()


def test_no_key_is_the_number_of_an_object() -> None:
    for path in PACKAGE.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "id"], path.name
