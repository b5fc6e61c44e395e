"""The verifier: a proof done by hand, a proof that is not one, and what it is made of."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from certificates.documents import by_hand, enclosed_by_hand, sealed, written

import momentsos.certificates.format as form
import momentsos.certificates.verify as verifier
from momentsos.certificates import verify_file
from momentsos.certificates.verify import check, invertible, semidefinite


def test_the_proof_by_hand_holds_at_both_ends(tmp_path) -> None:
    verdict = verify_file(written(by_hand(), tmp_path / "c.json"))
    assert verdict.holds and verdict.reason == ""
    assert verdict.bound == verdict.upper_bound == Fraction(-1)
    assert "at least -1" in verdict.statement and "fractions as they were given" in verdict.statement


def test_the_documentation_shows_this_proof() -> None:
    page = (Path(__file__).parents[2] / "docs" / "certificates.md").read_text(encoding="utf-8")
    shown = json.loads(page.split("```json")[1].split("```")[0])
    document = by_hand()
    assert {key: document[key] for key in shown} == shown
    assert set(document) - set(shown) == {"format", "version", "digest", "statement", "numbers", "added"}


BROKEN = {
    "a higher bound": lambda d: d.update(bound="-999999999/1000000000"),
    "another objective": lambda d: d["problem"]["minimize"].append(["1", [2, 0]]),
    "a larger disc": lambda d: d["problem"]["inequalities"][0][0].__setitem__(0, "3"),
    "a smaller multiplier": lambda d: d["blocks"][1].update(gram=[["1/3"]]),
    "a negative multiplier": lambda d: d["blocks"][1].update(gram=[["-1/2"]]),
    "another kernel": lambda d: d["blocks"][0].update(combination=[["1", "-1"]]),
    "a constraint that is not there": lambda d: d["blocks"][1].update(factors=[1]),
    "a constraint taken twice": lambda d: d["blocks"][1].update(factors=[0, 0]),
    "the constraint forgotten": lambda d: d["blocks"][1].update(factors=[]),
    "a shifted variable": lambda d: d["change"].update(shift=["1/7", "0"]),
    "a singular change": lambda d: d["change"].update(matrix=[["1", "2"], ["2", "4"]]),
    "a denominator": lambda d: d.update(denominator={"exponent": 1, "variables": [0, 1]}),
    "a variable twice in the denominator": lambda d: d.update(denominator={"exponent": 0, "variables": [0, 0]}),
    "a point outside": lambda d: d.update(point=["2", "-1"]),
    "a point of three coordinates": lambda d: d.update(point=["1", "-1", "0"]),
    "a multiplier of no equality": lambda d: d["multipliers"].append(
        {"equality": 0, "basis": [[0, 0]], "coefficients": ["1"]}
    ),
    "an added constraint that is not the last": lambda d: d.update(added=[[1, "the ball"]]),
    "numbers of an unknown kind": lambda d: d.update(numbers="reals"),
    "another version": lambda d: d.update(version=1),
    "a variable with two names": lambda d: d["problem"].update(variables=["x", "x"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_thing_is_refused(name, tmp_path) -> None:
    document = by_hand()
    BROKEN[name](document)
    verdict = verify_file(written(sealed(document), tmp_path / "c.json"))
    assert not verdict.holds and verdict.reason and verdict.bound is None and verdict.statement == ""


def test_a_feasible_point_in_a_box_holds_by_hand(tmp_path) -> None:
    verdict = verify_file(written(enclosed_by_hand(), tmp_path / "c.json"))
    assert verdict.holds and verdict.bound == 2
    assert verdict.upper_bound == 2 + Fraction(34, 1200) + Fraction(1, 10)
    assert "In the box in this file there is a feasible point" in verdict.statement


BROKEN_BOX = {
    "a box that the first equality misses": lambda d: d.update(point=["3/2", "2"]),
    "a box that is too small": lambda d: d.update(directions=[["1/1000", "0"], ["34/12000", "1/10"]]),
    "a box that is too large": lambda d: d.update(directions=[["4", "0"], ["34/3", "20"]]),
    "a direction turned round": lambda d: d.update(directions=[["-1/100", "0"], ["34/1200", "1/10"]]),
    "the directions exchanged": lambda d: d.update(directions=[["0", "1/100"], ["1/10", "34/1200"]]),
    "the rows exchanged": lambda d: d["directions"].reverse(),
    "one direction for two equalities": lambda d: d.update(directions=[["1/100"], ["34/1200"]]),
    "three directions": lambda d: d.update(directions=[["1/100", "0", "0"], ["34/1200", "1/10", "0"]]),
    "a direction without a row for y": lambda d: d.update(directions=[["1/100", "0"]]),
    "no directions": lambda d: d.update(directions=[]),
    "directions without a point": lambda d: d.update(point=[]),
    "a box that leaves the inequality": lambda d: d["problem"]["inequalities"][0][0].__setitem__(0, "2"),
    "an equality that is another": lambda d: d["problem"]["equalities"][0][1].__setitem__(0, "-3"),
}


@pytest.mark.parametrize("name", BROKEN_BOX)
def test_one_broken_thing_about_a_box_is_refused(name, tmp_path) -> None:
    document = enclosed_by_hand()
    BROKEN_BOX[name](document)
    verdict = verify_file(written(sealed(document), tmp_path / "c.json"))
    assert not verdict.holds and verdict.reason and verdict.upper_bound is None


def test_what_the_file_says_is_what_is_proved(tmp_path) -> None:
    document = by_hand()
    document["statement"] = "Every point has an objective of at least 5."
    document["digest"] = form.digest(document)
    verdict = verify_file(written(document, tmp_path / "c.json"))
    assert not verdict.holds and "statement" in verdict.reason


def test_harmless_changes_are_refused_by_the_digest(tmp_path) -> None:
    document = by_hand()
    document["blocks"].reverse()
    assert "digest" in verify_file(written(document, tmp_path / "c.json")).reason
    assert verify_file(written(sealed(document), tmp_path / "c.json")).holds


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[2, 1], [1, 2]], True),
        ([[1, 2], [2, 1]], False),
        ([[0]], True),
        ([[-1]], False),
        ([[10**40, 10**20 - 1], [10**20 - 1, 1]], True),
        ([[10**40, 10**20 + 1], [10**20 + 1, 1]], False),
        ([[1, 1], [1, 1]], False),  # semidefinite but not definite: only `combination` may say so
        ([[0, 1], [1, 0]], False),
    ],
)
def test_definiteness_is_decided_in_integers(matrix, expected) -> None:
    assert semidefinite(matrix, 1e300) is expected


def test_hilbert_matrices_are_definite_and_a_perturbed_one_is_not() -> None:
    size, scale = 20, 10**80
    hilbert = [[scale // (i + j + 1) for j in range(size)] for i in range(size)]
    assert semidefinite(hilbert, 1e300)
    hilbert[-1][-1] -= scale // 10**20
    assert not semidefinite(hilbert, 1e300)


def test_invertibility_is_decided_for_fractions() -> None:
    third = Fraction(1, 3)
    assert invertible([[third, Fraction(1)], [Fraction(0), third]])
    assert not invertible([[third, 2 * third], [Fraction(1), Fraction(2)]])


def test_a_slow_proof_ends_at_the_time_limit() -> None:
    with pytest.raises(form.Refused, match="time"):
        check(by_hand(), seconds=-1.0)


def test_the_verifier_is_short_and_shares_nothing_but_the_format() -> None:
    source = Path(verifier.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    for module, own in ((verifier, {"format"}), (form, set())):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert all(name.name.split(".")[0] in sys.stdlib_module_names for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.module in own if node.level else node.module.split(".")[0] in sys.stdlib_module_names
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}


def test_no_solver_is_imported_to_verify(tmp_path) -> None:
    path = written(by_hand(), tmp_path / "c.json")
    code = (
        "import sys; from momentsos.certificates import verify_file; "
        f"assert verify_file({str(path)!r}).holds; "
        "loaded = {'clarabel', 'scs', 'cvxpy', 'mosek', 'sdpap', 'cvxopt', 'coptpy'} & set(sys.modules); "
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_document_is_not_changed_by_the_check() -> None:
    document = by_hand()
    before = copy.deepcopy(document)
    check(document, 10.0)
    assert document == before
