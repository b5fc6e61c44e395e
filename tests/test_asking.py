"""Problems as people write them: comparisons, bounds, domains, maxima; and what is refused, in one line."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

import momentsos as ms
from momentsos.bounds.implied import implied_box
from momentsos.cli import main
from momentsos.problem import Sense

x, y = ms.variables(["x", "y"])
X = sympy.Symbol("x")
NAN, INF = float("nan"), float("inf")


def test_comparisons_bounds_and_lists_give_the_same_record() -> None:
    written = ms.Problem(
        minimize=x * y,
        constraints=[x**2 + y**2 <= 1, 0 <= x, ms.equal(x, y), np.float64(-1.0) <= y],
        bounds={"x": (0, 1), y: (None, Fraction(1, 3))},
    )
    listed = ms.Problem(x * y, [1 - x**2 - y**2, x, y + 1, x, 1 - x, Fraction(1, 3) - y], [x - y])
    assert written == listed and hash(written) == hash(listed)


def test_relations_of_sympy_are_constraints() -> None:
    assert ms.Problem(x, constraints=[X <= 2, sympy.Eq(X, 1)]) == ms.Problem(x, [2 - x], [x - 1])


def test_a_constraint_is_a_record_that_says_what_it_asks() -> None:
    constraint = x**2 >= Fraction(1, 3)
    assert str(constraint) == "-1/3 + x^2 >= 0" and str(ms.equal(1, x)) == "1 - x = 0"
    assert constraint == copy.deepcopy(constraint) == pickle.loads(pickle.dumps(constraint)) != (x**2 >= 1)
    assert len({constraint, x**2 >= Fraction(1, 3)}) == 1 and "Constraint(" in repr(constraint)


def test_equality_stays_a_question() -> None:
    assert (x == x) is True and (x == y) is False and x in [y, x] and len({x, y, x + 0}) == 2


@pytest.mark.parametrize(
    ("domains", "bounds", "expected"),
    [
        ({"x": "binary"}, None, [x**2 - x]),
        ({"x": "sign", "y": "binary"}, None, [x**2 - 1, y**2 - y]),
        ({"x": range(4)}, None, [x * (x - 1) * (x - 2) * (x - 3)]),
        ({"x": range(10)}, {"x": (0.5, 2)}, [(x - 1) * (x - 2)]),
        ({"x": "integer"}, {"x": (-0.5, 2)}, [x * (x - 1) * (x - 2)]),
        ({"x": "binary"}, {"x": (0, 1)}, [x**2 - x]),
        ({"x": "binary"}, {"x": (0.5, None)}, [x - 1]),
        ({"x": [1, 1, 2.0]}, None, [(x - 1) * (x - 2)]),
        ({"x": [Fraction(1, 3), Decimal("0.5")]}, None, [(x - Fraction(1, 3)) * (x - Fraction(1, 2))]),
        ({"x": (k for k in (3, 1))}, None, [(x - 1) * (x - 3)]),
    ],
)
def test_domains_are_monic_equations_of_the_values_within_the_bounds(domains, bounds, expected) -> None:
    problem = ms.Problem(x + y, domains=domains, bounds=bounds)
    assert problem.equalities == tuple(expected) and problem.inequalities == ()


def test_domains_of_floats_are_exact() -> None:
    (equation,) = ms.Problem(x, domains={"x": [0.1, 0.7]}).equalities
    assert equation.substitute({"x": Fraction(0.1)}) == 0 and equation.substitute({"x": Fraction(0.7)}) == 0


def test_equal_bounds_are_an_equation() -> None:
    assert ms.Problem(x, bounds={"x": (2, 2)}) == ms.Problem(x, [], [x - 2])


def test_boxes_are_found_behind_bounds_and_domains() -> None:
    box = implied_box(ms.Problem(x + y, bounds={"x": (-3, 0.5)}, domains={"y": range(7)}))
    assert box.low.tolist() == [-3.0, 0.0] and box.high.tolist() == [0.5, 6.0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: 0 <= x <= 1, "chain"),
        (lambda: bool(x <= 1), "neither true nor false"),
        (lambda: x < 1, "<="),
        (lambda: x > y, ">="),
        (lambda: x <= NAN, "finite"),
        (lambda: x >= INF, "finite"),
        (lambda: x <= True, "compared with True"),
        (lambda: ms.equal(1, 2), "expected polynomials"),
        (lambda: ms.equal(x, False), "expected polynomials"),
        (lambda: ms.equal(x <= 1, 2), "expected polynomials"),
        (lambda: ms.equal(x, "1"), "expected polynomials"),
        (lambda: ms.Problem(), "got neither"),
        (lambda: ms.Problem(minimize=x, maximize=x), "got both"),
        (lambda: ms.Problem(maximize="x"), "maximize: expected a polynomial"),
        (lambda: ms.Problem(maximize=x <= 1), "maximize: expected a polynomial, got a comparison"),
        (lambda: ms.Problem(x, inequalities=[x <= 1]), "constraints="),
        (lambda: ms.Problem(x, constraints=[x == 1]), "equal(p, q)"),
        (lambda: ms.Problem(x, constraints=[x]), "expected a comparison"),
        (lambda: ms.Problem(x, constraints=x <= 1), "list of comparisons"),
        (lambda: ms.Problem(x, constraints="x <= 1"), "list of comparisons"),
        (lambda: ms.Problem(x, constraints=["x <= 1"]), "expected a comparison"),
        (lambda: ms.Problem(x, constraints=[np.bool_(True)]), "expected a comparison"),
        (lambda: ms.Problem(x, constraints=[NAN]), "expected a comparison"),
        (lambda: ms.Problem(x, constraints=[X < 1]), "strict"),
        (lambda: ms.Problem(x, constraints=[sympy.true]), "expected a comparison"),
        (lambda: ms.Problem(x, constraints=[sympy.Le(sympy.sin(X), 1)]), "not a polynomial"),
        (lambda: ms.Problem(x, bounds={"x": (1, 0)}), "above the upper one"),
        (lambda: ms.Problem(x, bounds={"z": (0, 1)}), "no variable"),
        (lambda: ms.Problem(x, bounds={x * y: (0, 1)}), "no variable"),
        (lambda: ms.Problem(x, bounds={0: (0, 1)}), "no variable"),
        (lambda: ms.Problem(x, bounds={"x": (0, 1), x: (0, 1)}), "twice"),
        (lambda: ms.Problem(x, bounds={"x": (NAN, 1)}), "finite"),
        (lambda: ms.Problem(x, bounds={"x": (INF, None)}), "finite"),
        (lambda: ms.Problem(x, bounds={"x": ("0", 1)}), "expected numbers"),
        (lambda: ms.Problem(x, bounds={"x": (np.True_, 1)}), "expected numbers"),
        (lambda: ms.Problem(x, bounds={"x": (1j, 1)}), "expected numbers"),
        (lambda: ms.Problem(x, bounds={"x": 1}), "two numbers"),
        (lambda: ms.Problem(x, bounds={"x": (0, 1, 2)}), "two numbers"),
        (lambda: ms.Problem(x, bounds={"x": "01"}), "two numbers"),
        (lambda: ms.Problem(x, bounds=[("x", (0, 1))]), "mapping"),
        (lambda: ms.Problem(x, domains={"x": "binary"}, bounds={"x": (0.2, 0.8)}), "within the bounds (about 0.2"),
        (lambda: ms.Problem(x, domains={"x": "integer"}, bounds={"x": (0.2, 0.8)}), "no value within"),
        (lambda: ms.Problem(x, domains={"x": "integer"}), "both bounds"),
        (lambda: ms.Problem(x, domains={"x": "ternary"}), "'binary'"),
        (lambda: ms.Problem(x, domains={"x": []}), "no value"),
        (lambda: ms.Problem(x, domains={"x": 3}), "list of numbers"),
        (lambda: ms.Problem(x, domains={"x": ["a"]}), "expected numbers"),
        (lambda: ms.Problem(x, domains={"x": [True]}), "expected numbers"),
        (lambda: ms.Problem(x, domains={"x": [NAN]}), "finite"),
        (lambda: ms.Problem(x, domains={"x": range(10**15)}), "more than 64"),
        (lambda: ms.Problem(x, domains={"z": "sign"}), "no variable"),
        (lambda: ms.Problem(x, domains="binary"), "mapping"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(wrong, words) -> None:
    with pytest.raises(ms.InvalidInput) as caught:
        wrong()
    assert words in str(caught.value) and "\n" not in str(caught.value)


# -- maxima --------------------------------------------------------------------------------------------------


DISC = {"constraints": [x**2 + y**2 <= 1], "bounds": {"x": (0, 1)}}


def test_a_maximum_is_a_minimum_turned_to_the_last_bit() -> None:
    most, least = ms.solve(ms.Problem(maximize=x * y, **DISC)), ms.solve(ms.Problem(minimize=-x * y, **DISC))
    assert (most.lower_bound, most.upper_bound) == (-least.upper_bound, -least.lower_bound)
    assert most.status is least.status is ms.Status.CERTIFIED and most.gap == least.gap
    assert most.relative_gap == most.gap / max(abs(most.upper_bound), most.unit)
    assert most.maximizers is most.minimizers and np.array_equal(most.minimizers, least.minimizers)
    assert most.problem.objective(most.maximizers[0]) == pytest.approx(most.lower_bound, abs=1e-15)
    assert most.lower_bound <= 0.5 <= most.upper_bound and most.rigorous == least.rigorous
    assert most.attempts[-1].lower_bound is None
    assert most.attempts[-1].upper_bound == -least.attempts[-1].lower_bound


def test_the_lower_bound_of_a_maximum_is_rounded_down() -> None:
    problem = ms.Problem(maximize=x * Fraction(1, 3), bounds={"x": (None, 1)}, variables=["x"])
    result = ms.solve(problem)
    assert Fraction(result.lower_bound) < Fraction(1, 3) <= Fraction(result.upper_bound)


@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [
        (ms.Problem(maximize=x**2), "UNBOUNDED", "rises without end"),
        (ms.Problem(maximize=-(x**2) - (x * y - 1) ** 2), "AT_INFINITY", "supremum"),
        (ms.Problem(maximize=x, constraints=[x >= 1, x <= 0]), "INFEASIBLE", "exclude"),
        (ms.Problem(maximize=-(x**2) + x), "CERTIFIED", "the maximum is proved"),
    ],
)
def test_statuses_and_messages_are_about_the_maximum(problem, status, words) -> None:
    result = ms.solve(problem)
    assert result.status.name == status and words in result.message and words in str(result)
    assert "inimum" not in result.message
    if status == "UNBOUNDED":
        assert result.lower_bound is result.upper_bound is None


def test_a_ball_of_the_users_is_named_with_the_maximum() -> None:
    result = ms.solve(ms.Problem(maximize=x + y), bound=0.5)
    assert "The maximum over the ball" in result.message and "maximizer" in str(result)
    assert result.upper_bound == pytest.approx(0.5**0.5)


def test_a_certificate_is_about_the_maximum(tmp_path) -> None:
    problem = ms.Problem(maximize=x * y, **DISC)
    certificate = ms.solve(problem).certify()
    assert certificate.bound == certificate.upper_bound >= Fraction(1, 2) >= certificate.lower_bound
    assert "objective of at most" in certificate.statement and certificate.verify(problem).holds
    with pytest.raises(ms.CertificateError, match="to maximize, not to minimize"):
        certificate.verify(ms.Problem(minimize=-x * y, **DISC))
    certificate.to_json(tmp_path / "c.json")
    assert ms.Certificate.from_json(tmp_path / "c.json") == certificate
    assert main(["verify", str(tmp_path / "c.json")]) == 0


def test_a_certificate_in_the_other_sense_is_refused(tmp_path) -> None:
    from momentsos.certificates.format import digest
    from momentsos.certificates.statement import verify_document

    document = json.loads(json.dumps(ms.solve(ms.Problem(maximize=x * y, **DISC)).certify().document))
    document["problem"]["minimize"] = document["problem"].pop("maximize")
    assert not verify_document({**document, "digest": digest(document)}).holds
    document["problem"]["maximize"] = document["problem"]["minimize"]
    assert not verify_document({**document, "digest": digest(document)}).holds


def test_maximizing_problems_print_copy_and_come_back() -> None:
    problem = ms.Problem(maximize=x * y + Fraction(1, 3), **DISC)
    assert str(problem).startswith("maximize 1/3 + x*y\n") and repr(problem).startswith("Problem(maximize=")
    assert problem.sense is Sense.MAXIMIZE and problem.maximize == problem.objective == -problem.minimize
    assert problem == pickle.loads(pickle.dumps(problem)) == copy.deepcopy(problem) == replace(problem)
    assert problem == ms.Problem.from_json(problem.as_dict()) != ms.Problem(minimize=problem.minimize, **DISC)
    objective, left, equal = problem.to_sympy()
    assert ms.Problem.from_sympy(maximize=objective, inequalities=left, equalities=equal) == problem
    assert ms.Problem(minimize=x).maximize is None


def test_files_and_the_command_line_know_maxima(tmp_path, capsys) -> None:
    path = tmp_path / "p.json"
    ms.Problem(maximize=x * y, **DISC).to_json(path)
    assert json.loads(path.read_text())["maximize"] == [[1.0, [1, 1]]]
    assert main(["solve", str(path), "--json", "--certificate", str(tmp_path / "c.json")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sense"] == "maximize" and found["lower_bound"] <= 0.5 <= found["upper_bound"]
    assert main(["solve", str(path)]) == 0 and "maximizer 1" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "c.json"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bound"] == told["upper_bound"] and Fraction(told["lower_bound"]) <= Fraction(1, 2)


def test_a_file_with_both_senses_is_refused() -> None:
    with pytest.raises(ms.InvalidInput, match="got both"):
        ms.Problem.from_json({"variables": ["x"], "minimize": [], "maximize": []})
