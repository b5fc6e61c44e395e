"""A problem validates what it is given, and goes to JSON and sympy and back without loss."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import sympy

import momentsos as ms


def same(a: ms.Problem, b: ms.Problem) -> bool:
    return (
        a.variables == b.variables
        and a.minimize == b.minimize
        and a.inequalities == b.inequalities
        and a.equalities == b.equalities
    )


def test_json_round_trip_is_exact(tmp_path) -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(0.1 * x**2 * y - Fraction(1, 3) * x, [1 - x**2 - y**2], [x * y - 1e-300])
    problem.to_json(tmp_path / "p.json")
    assert same(ms.Problem.from_json(tmp_path / "p.json"), problem)
    assert same(ms.Problem.from_json(problem.as_dict()), problem)
    assert not list(tmp_path.glob("*.part"))


def test_the_format_of_the_contract_is_read() -> None:
    data = {"variables": ["x", "y"], "minimize": [[1.0, [2, 1]], ["-1/3", [1, 1]]]}
    problem = ms.Problem.from_json(data)
    assert problem.minimize.coefficient((1, 1)) == Fraction(-1, 3)
    assert problem.inequalities == problem.equalities == ()


def test_sympy_both_ways() -> None:
    x, y = sympy.symbols("x y")
    problem = ms.Problem.from_sympy(x**2 * y, [x <= 1, y], [sympy.Eq(x, y**2)])
    assert problem.minimum_order == 2
    minimize, inequalities, equalities = problem.to_sympy()
    assert minimize == x**2 * y
    assert inequalities == [1 - x, y] and equalities == [x - y**2]
    assert same(ms.Problem.from_sympy(minimize, inequalities, equalities), problem)


def test_violation_is_relative_to_the_size_of_the_terms() -> None:
    (x,) = ms.variables("x")
    problem = ms.Problem(x, [1e6 - 1e6 * x])
    assert problem.violation(np.array([1.0 + 1e-9])) == pytest.approx(5e-10, rel=1e-3)
    assert problem.violation(np.array([0.5])) == 0.0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"variables": ["x"]}, "missing keys"),
        ({"variables": ["x"], "minimize": [], "extra": 1}, "unknown keys"),
        ({"variables": [], "minimize": []}, "list of names"),
        ({"variables": ["x"], "minimize": [[1.0, [1, 2]]]}, "1 nonnegative integers"),
        ({"variables": ["x"], "minimize": [[1.0, [-1]]]}, "nonnegative"),
        ({"variables": ["x"], "minimize": [["1/0", [1]]]}, "fraction"),
        ({"variables": ["x"], "minimize": [["__import__('os')", [1]]]}, "fraction"),
        ({"variables": ["x"], "minimize": [[float("nan"), [1]]]}, "finite"),
        ({"variables": ["x"], "minimize": [[True, [1]]]}, "finite number"),
        ({"variables": ["x"], "minimize": 3}, "list"),
        ({"variables": ["x"], "minimize": [[1.0, [1]]], "inequalities": {"a": 1}}, "list of polynomials"),
    ],
)
def test_a_bad_file_is_named_by_the_part_that_is_wrong(data, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        ms.Problem.from_json(data)


def test_files_that_cannot_be_read(tmp_path) -> None:
    with pytest.raises(ms.InvalidInput, match="cannot read"):
        ms.Problem.from_json(tmp_path / "none.json")
    (tmp_path / "half.json").write_text(json.dumps({"variables": ["x"]})[:-3])
    with pytest.raises(ms.InvalidInput, match="not JSON"):
        ms.Problem.from_json(tmp_path / "half.json")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ms.Problem("x"), "polynomial"),
        (lambda x: ms.Problem(x, inequalities=x), "list of polynomials"),
        (lambda x: ms.Problem(x, inequalities=[None]), r"inequalities\[0\]"),
        (lambda x: ms.Problem(3.0), "at least one variable"),
        (lambda x: ms.Problem(x, variables=("y",)), "occur in the polynomial"),
    ],
)
def test_bad_arguments(call, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        call(ms.variables("x")[0])
