"""Certificates whose denominator vanishes somewhere: what the verifier takes, and what it refuses."""

from __future__ import annotations

import copy

import pytest
from certificates.documents import by_hand, sealed

from momentsos.certificates.statement import verify_document


def motzkin() -> dict:
    """Motzkin's form M = x^4 y^2 + x^2 y^4 + z^6 - 3 x^2 y^2 z^2, with four squares.

    (x^2 + y^2)^2 M = (x^2 - y^2)^2 z^6 + x^2 y^2 (x^2 + y^2 + z^2) (x^2 + y^2 - 2 z^2)^2, and the second factor of the
    last product makes three squares of it.
    """
    one = [["1"]]
    blocks = [{"factors": [], "basis": [[2, 0, 3], [0, 2, 3]], "combination": [["1", "-1"]], "gram": one}]
    for extra in ([1, 0, 0], [0, 1, 0], [0, 0, 1]):
        basis = [[1 + a + e, 1 + b + f, c + g] for a, b, c in ([2, 0, 0], [0, 2, 0], [0, 0, 2]) for e, f, g in [extra]]
        blocks.append({"factors": [], "basis": basis, "combination": [["1", "1", "-2"]], "gram": one})
    document = copy.deepcopy(by_hand())
    document.update(
        version=3,
        problem={
            "variables": ["x", "y", "z"],
            "minimize": [["1", [4, 2, 0]], ["1", [2, 4, 0]], ["1", [0, 0, 6]], ["-3", [2, 2, 2]]],
            "inequalities": [],
            "equalities": [],
        },
        change={"shift": ["0"] * 3, "matrix": [[str(int(i == j)) for j in range(3)] for i in range(3)]},
        denominator={"constant": 0, "exponent": 2, "forms": [["1", "0", "0"], ["0", "1", "0"]]},
        bound="0",
        blocks=blocks,
        multipliers=[],
        point=["1", "1", "1"],
        directions=[],
    )
    return sealed(document)


def refused(**changes: object) -> str:
    document = copy.deepcopy(motzkin())
    document.update(changes)
    verdict = verify_document(document)
    assert not verdict.holds
    return verdict.reason


def test_a_proof_by_hand_of_a_form_that_is_no_sum_of_squares_holds() -> None:
    verdict = verify_document(motzkin())
    assert verdict.holds and verdict.bound == 0 and verdict.upper_bound == 0


@pytest.mark.parametrize(
    "denominator",
    [
        {"constant": 0, "exponent": 2, "forms": []},
        {"constant": 0, "exponent": 2, "forms": [["0", "0", "0"]]},
        {"constant": 2, "exponent": 2, "forms": [["1", "0", "0"], ["0", "1", "0"]]},
        {"constant": 1, "exponent": 2, "forms": [["1", "0", "0"], ["0", "1", "0"]]},
        {"constant": 0, "exponent": 1, "forms": [["1", "0", "0"], ["0", "1", "0"]]},
        {"constant": 0, "exponent": 2, "forms": [["1", "0"], ["0", "1"]]},
        {"constant": -1, "exponent": 2, "forms": [["1", "0", "0"], ["0", "1", "0"]]},
        {"exponent": 2, "variables": [0, 1]},
    ],
)
def test_another_denominator_is_refused(denominator) -> None:
    assert refused(denominator=denominator)


def test_a_denominator_that_vanishes_is_refused_where_something_is_constrained() -> None:
    """The set may lie where it vanishes, and then nothing is proved."""
    problem = copy.deepcopy(motzkin()["problem"])
    problem["inequalities"] = [[["1", [0, 0, 0]], ["-1", [2, 0, 0]]]]
    assert "denominator" in refused(problem=problem)
    problem["inequalities"], problem["equalities"] = [], [[["1", [1, 0, 0]]]]
    assert "denominator" in refused(problem=problem)


@pytest.mark.parametrize("version", [1, 2, 4, "3", True, None, 3.0])
def test_another_version_is_refused(version) -> None:
    assert refused(version=version)


def test_a_higher_bound_is_refused() -> None:
    assert refused(bound="1/1000000")
