"""What does not belong at a door is refused there, in one line, with the package's own error."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import momentsos as ms

x, y = ms.variables("x y")
PROBLEM = ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])
WEIGHTS = [np.ones((2, 2)), np.eye(2)]
NETWORK = ms.PolynomialNetwork(WEIGHTS, [1])
X = np.array([[0.5, 1.0], [1.0, -1.0], [0.25, 2.0]])


class Odd:
    """An object whose conversions fail in a way of their own."""

    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __repr__(self) -> str:
        raise RuntimeError("no text")


ARGUMENTS = {
    "variables of a mapping": lambda: ms.variables({}),
    "variables of a number": lambda: ms.variables(1),
    "variables of bytes": lambda: ms.variables(b"x"),
    "over a number": lambda: x.over(1),
    "over text": lambda: x.over("xy"),
    "degree in a number": lambda: x.degree_in(1),
    "coefficient of nothing": lambda: x.coefficient([]),
    "coefficient of halves": lambda: x.coefficient([0.5, 1]),
    "derivative in an array": lambda: x.derivative(np.zeros(2)),
    "substitute None": lambda: x.substitute(None),
    "substitute an array": lambda: x.substitute({"x": np.zeros(2)}),
    "value at text": lambda: x("x"),
    "value at a mapping": lambda: x({}),
    "value at odd objects": lambda: x([Odd(), Odd()]),
    "constant over a number": lambda: ms.Polynomial.constant(1, 5),
    "constant of a list": lambda: ms.Polynomial.constant([]),
    "constant of text": lambda: ms.Polynomial.constant("1.5"),
    "terms of a number": lambda: ms.Polynomial.from_terms(1, [1.0], ["x"]),
    "terms over a number": lambda: ms.Polynomial.from_terms([[1, 0]], [1.0], 3),
    "terms without exponents": lambda: ms.Polynomial.from_terms(np.array([]), [1.0, -2.5], ["x", "y"]),
    "terms with text": lambda: ms.Polynomial.from_terms([[1]], ["1.5"], ["x"]),
    "terms with odd objects": lambda: ms.Polynomial.from_terms([[1]], [Odd()], ["x"]),
    "variables that are masked": lambda: ms.Problem(x, variables=np.ma.masked),
    "variables that are a number": lambda: ms.Problem(x, variables=0.5),
    "inequalities that are a number": lambda: ms.Problem(x, np.array(1.0)),
    "inequalities that are text": lambda: ms.Problem(x, "x"),
    "JSON of None": lambda: ms.Problem.from_json(None),
    "JSON of a number": lambda: ms.Problem.from_json(1),
    "JSON of a list": lambda: ms.Problem.from_json([]),
    "JSON with odd keys": lambda: ms.Problem.from_json({1: 2, "x": 3}),
    "JSON of a null byte": lambda: ms.Problem.from_json("\0"),
    "sympy with a number of inequalities": lambda: ms.Problem.from_sympy(1, inequalities=5),
    "to_json of a number": lambda: PROBLEM.to_json(1),
    "to_json of no name": lambda: PROBLEM.to_json(""),
    "to_json in no folder": lambda: PROBLEM.to_json("/no/such/folder/p.json"),
    "write_sdpa of a number": lambda: ms.relax(PROBLEM).sdp.write_sdpa(1),
    "read_sdpa of a number": lambda: ms.read_sdpa(1),
    "read_sdpa of NaN": lambda: ms.read_sdpa(float("nan")),
    "violation at text": lambda: PROBLEM.violation("x"),
    "violation at a mapping": lambda: PROBLEM.violation({}),
    "relax with a memory limit in words": lambda: ms.relax(PROBLEM, memory_limit="1GB"),
    "relax an order of forty digits": lambda: ms.relax(PROBLEM, order=10**40),
    "relax an order of ten thousand digits": lambda: ms.relax(PROBLEM, order=10**10_000),
    "squares that are a number": lambda: ms.solve(PROBLEM, squares=5),
    "squares that are numbers": lambda: ms.solve(PROBLEM, squares=[1]),
    "squares that do not add up": lambda: ms.solve(ms.Problem(x**2 + y**2), squares=[x]),
    "squares in other variables": lambda: ms.solve(ms.Problem(x**2), squares=ms.variables("z")),
    "progress that takes no line": lambda: ms.solve(PROBLEM, progress=object),
    "variables of SymPy that occur twice": lambda: ms.Problem.from_sympy(1, variables=[0j, 0j]),
    "candidates that are a class": lambda: ms.solve(PROBLEM, candidates=type),
    "candidates beyond the floats": lambda: ms.solve(PROBLEM, candidates=[-(10**400), 0]),
    "candidates of wrong width": lambda: ms.solve(PROBLEM, candidates=np.zeros((2, 3))),
    "candidates that are NaN": lambda: ms.solve(PROBLEM, candidates=[np.nan, 0.0]),
    "coefficients that are a number": lambda: NETWORK.with_coefficients(2),
    "coefficients that are bytes": lambda: NETWORK.with_coefficients([b"x"]),
    "degrees that are a number": lambda: ms.PolynomialNetwork(WEIGHTS, degrees=np.array(1.0)),
    "degrees of forty digits": lambda: ms.PolynomialNetwork(WEIGHTS, degrees=[10**40]),
    "inputs that are odd": lambda: ms.learn(NETWORK, [[Odd(), Odd()]], X),
    "a certificate of a number": lambda: ms.solve(ms.Problem(x**2)).certify().verify(1),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_what_does_not_belong_is_refused_in_one_line(name) -> None:
    with pytest.raises((ms.InvalidInput, ms.BadOption)) as caught:
        ARGUMENTS[name]()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


OPTIONS = {
    "order": [10**40, -1, 1.0, "2", [], np.array([])],
    "max_order": [10**40, "3"],
    "memory_limit": ["1GB", [], np.array([]), float("nan"), -1],
    "bound": [np.array([]), np.zeros((2, 2)), "round", 0, float("inf"), 1j],
    "method": [np.zeros((2, 2)), 3, "magic", None],
    "solver": [np.zeros(2), 3, "nobody"],
    "seed": [-1, "x", 1j, {}, 0.5, None],
    "tol": [np.array([]), "x", 0, 2, float("nan")],
    "time_limit": [np.array([]), "x", 0, float("nan"), float("inf")],
    "progress": [0.5, "x", []],
    "solver_options": [5, {1: 2}, {"side": np.zeros(2)}, {"verbose": "no"}, {"threads": 10**40}, {"start": 1}],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in OPTIONS.items() for value in values])
def test_options_are_checked_before_anything_is_computed(name, value) -> None:
    for call in (lambda: ms.solve(PROBLEM, **{name: value}), lambda: ms.learn(NETWORK, X, X, **{name: value})):
        with pytest.raises(ms.BadOption) as caught:
            call()
        assert name in str(caught.value) or "option" in str(caught.value)


@pytest.mark.parametrize("unit", [[], "x", 0, -1.0, float("nan"), float("inf"), np.datetime64("2020-01-01")])
def test_a_unit_is_a_number_above_zero(unit) -> None:
    with pytest.raises(ms.BadOption, match="unit"):
        ms.solve(PROBLEM, unit=unit)


def test_a_list_of_names_gives_variables() -> None:
    assert ms.variables(["x", "y"]) == ms.variables("x", "y") == ms.variables("x y") == ms.variables(("x", "y"))


def test_squares_are_compared_with_what_is_added_up() -> None:
    large = x - 1e6
    problem = ms.Problem(large**2 + y**2)
    assert ms.solve(problem, squares=[large, y]).upper_bound < 1e-9
    with pytest.raises(ms.InvalidInput, match="add up"):
        ms.solve(problem, squares=[large, y + 1e-3])


def test_tensors_that_require_gradients_are_refused_in_one_line() -> None:
    class Tensor:
        def __array__(self, *_, **__):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    with pytest.raises(ms.InvalidInput, match="requires grad"):
        ms.learn(NETWORK, Tensor(), X)


def test_numbers_beyond_the_floats_are_refused_without_a_warning() -> None:
    huge = np.array([[1, 2], [3, 4]], dtype=np.longdouble) * (np.finfo(np.longdouble).max / 8)
    if not np.isfinite(huge).all() or np.finfo(np.longdouble).max == sys.float_info.max:
        pytest.skip("long doubles are doubles here")
    with pytest.raises(ms.InvalidInput, match="finite"):
        ms.learn(NETWORK, huge, huge)
