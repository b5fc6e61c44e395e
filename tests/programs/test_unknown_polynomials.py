"""Polynomials with unknown coefficients: their algebra, and what is refused in one line."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.polynomials import Polynomial


class Odd:
    """An object whose conversions fail in a way of their own."""

    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __repr__(self) -> str:
        raise RuntimeError("no text")


@pytest.fixture
def xy() -> tuple[Polynomial, Polynomial]:
    return ms.variables("x y")


def filled(expression, seed: int) -> tuple[dict, Polynomial]:
    """Return random values of the unknowns of an expression, and the expression with them."""
    rng = np.random.default_rng(seed)
    numbers = {each: float(rng.integers(-9, 10)) for each in expression.coefficients}
    return numbers, expression.at(numbers)


def test_an_unknown_has_all_monomials_up_to_its_degree(xy):
    assert len(ms.unknown("V", xy, degree=4).coefficients) == 15
    assert len(ms.unknown("V", xy, degree=4, minimum=2).coefficients) == 12
    assert len(ms.unknown("V", xy, degree=4, even=True).coefficients) == 1 + 3 + 5
    assert len(ms.unknown("V", "x", monomials=[1, xy[0] ** 3]).coefficients) == 2
    assert str(ms.unknown("V", xy, degree=2).coefficients[-1]) == "V[y^2]"


@pytest.mark.parametrize("seed", range(4))
def test_operations_commute_with_filling_in_values(xy, seed):
    x, y = xy
    v, t = ms.unknown("V", xy, degree=3), ms.unknown("t")
    numbers, known = filled(v + t, seed)
    s = numbers[t.coefficients[0]]
    w = known - s
    expressions = {
        (2 * v - 3) * (x + y) - t * x: (2 * w - 3) * (x + y) - s * x,
        1 - v / 4 + x * v: 1 - w / 4 + x * w,
        v.diff(x) * y - v.diff("y") * x: w.derivative("x") * y - w.derivative("y") * x,
        v.substitute({"x": y + 1}): w.substitute({"x": y + 1}),
        v.substitute({x: 2, "y": Fraction(1, 3)}): w.substitute({"x": 2, "y": Fraction(1, 3)}),
        sum(v.gradient(), x): w.derivative("x") + w.derivative("y") + x,
    }
    for unknown, expected in expressions.items():
        assert unknown.at(numbers) == expected


def test_a_matrix_of_unknowns_is_symmetric_and_multiplies(xy):
    p = ms.unknown("P", size=2)
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert p[0, 1] == p[1, 0] and len({each for row in p for e in row for each in e.coefficients}) == 3
    product = a.T @ p + p @ a
    numbers = {each: float(i + 1) for i, each in enumerate((p[0, 0] + p[0, 1] + p[1, 1]).coefficients)}
    values = np.array([[float(e.at(numbers).values[0]) for e in row] for row in p])
    found = np.array([[float(e.at(numbers).values[0]) for e in row] for row in product])
    assert np.array_equal(found, a.T @ values + values @ a)


def test_unknowns_pickle_copy_and_compare(xy):
    v = ms.unknown("V", xy, degree=2) * xy[0] + 1
    assert pickle.loads(pickle.dumps(v)) == v == copy.deepcopy(v)
    assert v != v + 1
    assert repr(v).count("\n") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda v, t, x: v * v,
        lambda v, t, x: v * t,
        lambda v, t, x: v**2,
        lambda v, t, x: ms.unknown("1V", x, degree=2),
        lambda v, t, x: ms.unknown("V", x),
        lambda v, t, x: ms.unknown("V", x, degree=2, monomials=[x]),
        lambda v, t, x: ms.unknown("V", x, monomials=[x + 1]),
        lambda v, t, x: ms.unknown("V", [x, x], degree=2),
        lambda v, t, x: ms.unknown("x", x, degree=2),
        lambda v, t, x: ms.unknown("t", degree=3),
        lambda v, t, x: v.diff(x + 1),
        lambda v, t, x: v.substitute({"z": 1}),
        lambda v, t, x: v.substitute({"x": t}),
        lambda v, t, x: v.substitute(3),
        lambda v, t, x: v * float("nan"),
        lambda v, t, x: ms.sos(v, on=[t]),
        lambda v, t, x: ms.sos(v, on=[ms.variables("z")[0]]),
        lambda v, t, x: ms.sos([[v, 1], [2, v]]),
        lambda v, t, x: ms.sos([[v, 1]]),
        lambda v, t, x: ms.sos(np.zeros(3)),
        lambda v, t, x: ms.sos("v"),
        lambda v, t, x: ms.sos(v, degree=0),
        lambda v, t, x: ms.identity(v, "x"),
        lambda v, t, x: ms.unknown(Odd()),
        lambda v, t, x: ms.unknown("W", Odd(), degree=2),
        lambda v, t, x: ms.unknown("W", [Odd()], degree=2),
        lambda v, t, x: ms.unknown("W", x, degree=Odd()),
        lambda v, t, x: ms.unknown("W", x, monomials=[Odd()]),
        lambda v, t, x: ms.unknown("W", size=-1),
        lambda v, t, x: v.diff(Odd()),
        lambda v, t, x: v.substitute({"x": Odd()}),
        lambda v, t, x: ms.sos(Odd()),
        lambda v, t, x: ms.sos([[Odd()]]),
        lambda v, t, x: ms.sos(True),
        lambda v, t, x: ms.sos(float("nan")),
        lambda v, t, x: ms.sos(v, on=Odd()),
        lambda v, t, x: ms.sos(v, on=x),
        lambda v, t, x: ms.sos(v, products="yes"),
        lambda v, t, x: ms.identity(Odd()),
        lambda v, t, x: ms.SOSProgram(Odd()),
        lambda v, t, x: ms.SOSProgram([ms.sos(v)]).solve(solver_options=Odd()),
        lambda v, t, x: ms.SOSProgram([ms.sos(t - x**2)], minimize=t).solve().values[Odd()],
        lambda v, t, x: ms.SOSProgram([]),
        lambda v, t, x: ms.SOSProgram([v]),
        lambda v, t, x: ms.SOSProgram([ms.sos(v)], minimize=v),
        lambda v, t, x: ms.SOSProgram([ms.sos(v)], minimize=t),
        lambda v, t, x: ms.SOSProgram([ms.sos(v + t)], minimize=t, maximize=t),
        lambda v, t, x: ms.SOSProgram([ms.sos(v + t)], minimize="t"),
        lambda v, t, x: ms.SOSProgram([ms.sos(x**2)], minimize=t),
        lambda v, t, x: ms.SOSProgram([ms.sos(v + ms.unknown("V", "w", degree=1))]),
        lambda v, t, x: ms.SOSProgram([ms.sos(v + ms.variables("t")[0] * t)]),
    ],
)
def test_what_makes_no_program_is_refused_in_one_line(wrong, xy):
    x, _ = xy
    with pytest.raises(ms.MomentSOSError) as caught:
        wrong(ms.unknown("V", xy, degree=2), ms.unknown("t"), x)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", [{"solver": "none"}, {"solver": 3}, {"tol": 0}, {"time_limit": -1}, {"tol": "x"}])
def test_wrong_options_are_refused(option, xy):
    with pytest.raises(ms.BadOption):
        ms.SOSProgram([ms.sos(ms.unknown("V", xy, degree=2))]).solve(**option)


def test_constants_without_variables_multiply_and_come_out_of_substitution(xy):
    assert Polynomial.constant(2.0) * Polynomial.constant(3.0) == 6
    assert (xy[0] ** 2 * xy[1]).substitute({"x": 2.0, "y": 3.0}) == 12
    assert (xy[0] * xy[1]).substitute({"x": 2.0, "y": 0.0}) == 0
