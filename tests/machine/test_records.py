"""Records and errors travel: they pickle, copy, compare by value, and print in one short line."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.bounds.region import EVERYTHING, Ball, Balls, Box
from momentsos.errors import MomentSOSError
from momentsos.extraction import Atoms
from momentsos.machine.mappings import ReadOnly
from momentsos.machine.records import brief, same
from momentsos.polynomials import ExponentIndex
from momentsos.solvers import SolverOptions

WAYS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def network() -> ms.PolynomialNetwork:
    rng = np.random.default_rng(3)
    return ms.PolynomialNetwork([rng.standard_normal((3, 3)) for _ in range(3)], degrees=[2, 1])


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.standard_normal((9, 3)), rng.standard_normal((9, 3))


def disc() -> ms.Problem:
    x, y = ms.variables("x y")
    return ms.Problem(x**2 * y - Fraction(1, 3) * x * y, [1 - x**2 - y**2], [x - y**2])


@pytest.fixture(scope="module")
def records() -> dict[str, object]:
    result = ms.solve(disc(), order=3, method="dense")
    assert result.relaxation is not None
    fit = ms.learn(network(), *data(), method="partial")
    square = ms.solve(ms.Problem(ms.variables("x")[0] ** 2 + 1))
    return {
        "result": result,
        "fit": fit,
        "attempt": result.attempts[0],
        "relaxation": result.relaxation,
        "plan": result.relaxation.plan,
        "problem": disc(),
        "polynomial": disc().minimize,
        "network": fit.network,
        "formulation": fit.formulation,
        "identifiability": fit.identifiability,
        "certificate": square.certify(),
        "sdp": result.relaxation.sdp,
        "solution": result.solution,
        "change": result.change,
        "everything": EVERYTHING,
        "ball": Ball((1.0,) * 300),
        "balls": Balls(((0, 1), (1, 2)), (1.0, 2.0, 3.0)),
        "box": Box((0.0,) * 300, (1.0,) * 300),
        "solvers": ms.available_solvers()["native"],
        "atoms": Atoms(np.eye(2), np.ones(2), 1e-9),
        "index": ExponentIndex.of(np.eye(3, dtype=np.int64)),
        "block": result.relaxation.plan.blocks[0],
        "flatness": result.flatness,
        "residuals": result.solution.residuals,
        "options": SolverOptions(threads=2),
        "activation": fit.network.activations[0],
        "verdict": square.certify().verify(square.problem),
        "status": result.status,
    }


NAMES = (
    "result fit attempt relaxation plan problem polynomial network formulation identifiability certificate sdp "
    "solution change everything ball balls box solvers atoms index block flatness residuals options activation "
    "verdict status"
).split()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_was_copied_is_equal_and_has_the_same_hash(records, name, way) -> None:
    again = WAYS[way](records[name])
    assert again == records[name]
    assert not again != records[name]
    if name != "solvers":
        assert hash(again) == hash(records[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_record_prints_in_one_short_line(records, name) -> None:
    assert len(repr(records[name])) < 400
    assert "\n" not in repr(records[name])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("status", "solvers")])
def test_a_notebook_shows_a_short_table_or_text(records, name) -> None:
    shown = records[name]._repr_html_()
    assert len(shown) < 3_000 and shown.startswith(("<table>", "<pre>")) and shown.endswith(("</table>", "</pre>"))


def test_what_a_notebook_shows_is_escaped_and_cut() -> None:
    x, y = ms.variables("x y")
    many = ms.Problem(x + y, [k - x**2 for k in range(1, 2000)])
    assert "&gt;= 0" in many._repr_html_() and len(many._repr_html_()) < 4_000
    result = ms.solve(ms.Problem(x**2 + y**2))
    marked = replace(result, message="<script>alert(1)</script>" + "a" * 10_000)
    assert "<script>" not in marked._repr_html_() and len(marked._repr_html_()) < 3_000
    assert "none" in replace(result, upper_bound=None, minimizers=np.zeros((0, 2)))._repr_html_()


def test_names_of_variables_are_no_html() -> None:
    hostile = "x</td><script>alert(1)</script>"
    f = ms.Polynomial.from_terms([[2, 0], [0, 2]], [1.0, 1.0], (hostile, "b&lt;"))
    problem = ms.Problem(f, [1 - f])
    result = ms.solve(problem, method="dense")
    shown = [f, problem, result, result.relaxation, result.relaxation.plan, result.certificate]
    for each in shown:
        assert "<script>" not in each._repr_html_() and "\n" not in repr(each)
    assert "&lt;script&gt;" in f._repr_html_() and "b&amp;lt;" in problem._repr_html_()
    assert "alert" in result.relaxation._repr_html_()


def test_functions_with_hostile_names_are_no_html() -> None:
    def shape(t):
        return np.tanh(t)

    shape.__name__ = "<b>tanh</b>"
    activation = ms.Activation(basis=[shape, np.sin])
    network = ms.PolynomialNetwork([np.ones((2, 2)), np.ones((1, 2))], activations=[activation])
    for each in (activation, network):
        assert "<b>" not in each._repr_html_() and "&lt;b&gt;" in each._repr_html_()


def test_fractions_of_any_length_are_shown() -> None:
    long = Fraction(10**6000 + 1, 10**6000)
    for value in (long, -long, Fraction(1, 10**6000)):
        assert len(brief(value)) < 40
    assert brief(Fraction(1, 3)) == "1/3"


def test_records_go_through_joblib(records) -> None:
    joblib = pytest.importorskip("joblib")
    assert joblib.hash(records["fit"]) is not None
    with joblib.parallel_config(backend="threading", n_jobs=2):
        back = joblib.Parallel()(joblib.delayed(copy.deepcopy)(records[name]) for name in ("result", "fit"))
    assert back == [records["result"], records["fit"]]


def test_what_is_computed_when_it_is_first_asked_for_does_not_travel(records) -> None:
    fit = records["fit"]
    _ = fit.formulation.evaluator
    again = pickle.loads(pickle.dumps(fit.formulation))
    assert "evaluator" in vars(fit.formulation) and "evaluator" not in vars(again)
    assert np.array_equal(again.evaluator.values(np.ones(4)), fit.formulation.evaluator.values(np.ones(4)))


def test_arrays_that_cannot_be_written_to_cannot_be_in_a_copy(records) -> None:
    again = pickle.loads(pickle.dumps(records["network"]))
    with pytest.raises(ValueError, match="read-only"):
        again.weights[0][0, 0] = 1.0


def test_records_that_hold_other_values_differ() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x + y, [1 - x**2])
    assert problem == ms.Problem(x + y, [1 - x**2])
    others = [ms.Problem(x + 2 * y, [1 - x**2]), ms.Problem(x + y, [], [1 - x**2]), ms.Problem(x + y, [1 - y**2])]
    assert all(problem != other for other in [*others, ms.Problem(x + y, [1 - x**2], variables=("y", "x")), 3])
    assert network() == network() and network() != network().with_coefficients([[1, 1, 1], [1, 1]])


def test_values_are_compared_by_what_they_hold() -> None:
    assert same(np.array([1.0, np.nan]), np.array([1.0, np.nan])) and same(float("nan"), float("nan"))
    assert not same(np.zeros(3), np.zeros((3, 1))) and not same(np.zeros(1), 0.0)
    assert same({"a": [np.ones(2)]}, ReadOnly({"a": [np.ones(2)]}))


@pytest.mark.parametrize("way", WAYS)
def test_errors_travel(way) -> None:
    with pytest.raises(ms.ProblemTooLarge) as caught:
        ms.relax(disc(), order=200)
    again = WAYS[way](caught.value)
    assert again == caught.value and hash(again) == hash(caught.value)
    assert again.estimated_bytes == caught.value.estimated_bytes > again.limit_bytes
    for kind in (MomentSOSError, ms.InvalidInput, ms.BadOption, ms.SolverFailed, ms.CertificateError):
        assert WAYS[way](kind("one line")) == kind("one line") != kind("another")


def test_a_mapping_of_a_record_is_not_written_to() -> None:
    given = {"a": 1}
    mapping = ReadOnly(given)
    given["a"] = 2
    assert mapping == {"a": 1} and pickle.loads(pickle.dumps(mapping)) == mapping
    with pytest.raises(TypeError):
        mapping["a"] = 3
