"""Problems in both notations are one record, and come back from JSON and SymPy as they were."""

from __future__ import annotations

import json
import math
import tempfile
from fractions import Fraction
from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms
from momentsos.bounds.region import EVERYTHING, Ball, Balls, Box
from momentsos.machine.mappings import ReadOnly

NAMES = ("x", "y", "z")
numbers = st.one_of(
    st.integers(-9, 9),
    st.floats(-1e3, 1e3, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-9),
    st.fractions(-9, 9, max_denominator=50),
)
powers = st.tuples(*[st.integers(0, 2)] * 3)
#: What somebody might hand over in place of a number, a comparison or a domain.
hostile = st.one_of(
    st.floats(), st.text(max_size=4), st.none(), st.booleans(), st.complex_numbers(), st.binary(max_size=3),
    st.integers(), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.sampled_from([np.True_, np.float32(0.1), np.array([1.0]), object(), ms, print, 10**400, Fraction(10**30, 7)]),
)  # fmt: skip


@st.composite
def polynomials(draw):
    terms = draw(st.dictionaries(powers, numbers, max_size=4))
    rows = np.array(list(terms), dtype=np.int64).reshape(len(terms), 3)
    return ms.Polynomial.from_terms(rows, list(terms.values()), NAMES)


@st.composite
def intervals(draw):
    low, high = sorted((draw(numbers), draw(numbers)))
    return (None if draw(st.booleans()) else low), (None if draw(st.booleans()) else high)


def sides(name: str, interval) -> tuple[list[ms.Polynomial], list[ms.Polynomial]]:
    """Return what bounds say, written out."""
    x, (low, high) = ms.variables(NAMES)[NAMES.index(name)], interval
    if low is not None and low == high:
        return [], [x - low]
    return [p for p in (None if low is None else x - low, None if high is None else high - x) if p is not None], []


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    polynomials(),
    st.lists(st.tuples(polynomials(), polynomials(), st.sampled_from("<>=")), max_size=4),
    st.dictionaries(st.sampled_from(NAMES), intervals(), max_size=3),
    st.dictionaries(st.sampled_from(NAMES), st.lists(st.integers(-3, 3), min_size=1, max_size=4), max_size=2),
    st.booleans(),
)
def test_both_notations_give_the_same_record(objective, compared, bounds, domains, maximize) -> None:
    bounds = {name: pair for name, pair in bounds.items() if name not in domains}
    made = {"<": lambda p, q: p <= q, ">": lambda p, q: p >= q, "=": ms.equal}
    key = "maximize" if maximize else "minimize"
    written = ms.Problem(
        **{key: objective},
        constraints=[made[kind](p, q) for p, q, kind in compared],
        bounds=bounds,
        domains=domains,
        variables=NAMES,
    )
    left = [q - p if kind == "<" else p - q for p, q, kind in compared if kind != "="]
    equal = [p - q for p, q, kind in compared if kind == "="]
    for name, interval in bounds.items():
        more, fixed = sides(name, interval)
        left, equal = left + more, equal + fixed
    for name, values in domains.items():
        x = ms.variables(NAMES)[NAMES.index(name)]
        equal.append(prod((x - value for value in sorted(set(values))), start=ms.Polynomial.constant(1.0, NAMES)))
    listed = ms.Problem(**{key: objective}, inequalities=left, equalities=equal, variables=NAMES)
    assert written == listed and hash(written) == hash(listed)
    assert ms.Problem.from_json(json.loads(json.dumps(written.as_dict()))) == written
    f, g, h = written.to_sympy()
    assert ms.Problem.from_sympy(**{key: f}, inequalities=g, equalities=h, variables=NAMES) == written


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.floats(),
    st.one_of(st.none(), st.floats(allow_nan=False)),
    st.lists(st.tuples(*[st.floats(allow_nan=False)] * 2), max_size=3),
    st.text(),
    st.dictionaries(st.text(max_size=3), st.integers(0, 10**12), max_size=3),
    st.sampled_from(
        [EVERYTHING, Ball((0.1, 3.0)), Balls(((0,), (1,)), (1 / 3, 1e300)), Box((0.1, -0.0), (5e-324, 1.0))]
    ),
    st.sampled_from(list(ms.Status)),
)
def test_results_come_back_from_files_as_they_were(one, two, points, text, sizes, region, status) -> None:
    x, y = ms.variables("x y")
    given = np.array(points, dtype=float).reshape(len(points), 2)
    result = ms.Result(
        status, two, one, given, 3, "dense", text, region, True, 1.0, 1e-6, ms.Problem(maximize=x * y),
        message=text, sizes=ReadOnly(sizes), seconds=ReadOnly({"total": one}), proved=False, fine=given / 3,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        result.to_json(f"{folder}/r.json")
        again = ms.load(f"{folder}/r.json")
    assert again == result and again.minimizers.tobytes() == given.tobytes()
    assert math.copysign(1, again.upper_bound) == math.copysign(1, one) or math.isnan(one)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(hostile, hostile, hostile, hostile)
def test_whatever_is_handed_over_is_a_problem_or_refused(one, two, three, four) -> None:
    x, *_ = ms.variables(NAMES)
    attempts = (
        lambda: ms.Problem(x, constraints=one),
        lambda: ms.Problem(x, constraints=[one, two]),
        lambda: ms.Problem(x, bounds=one),
        lambda: ms.Problem(x, bounds={"x": one}),
        lambda: ms.Problem(x, bounds={"x": (one, two)}, domains={"y": three}),
        lambda: ms.Problem(x, domains={"x": [one, two, three]}),
        lambda: ms.Problem(x, domains={"x": one}, bounds={"x": (two, three)}),
        lambda: ms.Problem(maximize=one, minimize=two, domains=four),
        lambda: ms.equal(x, one),
        lambda: ms.equal(one, two),
    )
    for attempt in attempts:
        try:
            assert isinstance(attempt(), ms.Problem | ms.Constraint)
        except ms.InvalidInput as error:
            assert "\n" not in str(error)
