"""Half-spaces that use symmetries: the verifier takes them for what they are, and nothing else."""

from __future__ import annotations

import copy

import pytest
from certificates.documents import by_hand, sealed

from momentsos.certificates.statement import verify_document


def even_in_x() -> dict:
    """x^2 + x^4 + 3 y >= 0 where y >= 0, with the half-space x >= 0, which the change of the sign of x allows."""
    document = copy.deepcopy(by_hand())
    document.update(
        version=4,
        problem={
            "variables": ["x", "y"],
            "minimize": [["1", [2, 0]], ["1", [4, 0]], ["3", [0, 1]]],
            "inequalities": [[["1", [0, 1]]], [["4", [1, 0]]]],
            "equalities": [],
        },
        change={"shift": ["0", "0"], "matrix": [["1", "0"], ["0", "1"]]},
        denominator={"exponent": 0, "variables": []},
        bound="0",
        blocks=[
            {"factors": [], "basis": [[1, 0], [2, 0]], "combination": [], "gram": [["1"], ["0", "1"]]},
            {"factors": [0], "basis": [[0, 0]], "combination": [], "gram": [["3"]]},
        ],
        point=["0", "0"],
        symmetry={"middles": ["0", "0"], "centre": ["1", "5"], "elements": [[[0, "-1"], [1, "1"]]]},
    )
    return sealed(document)


def reason(change) -> str:
    document = even_in_x()
    change(document)
    verdict = verify_document(document)
    assert not verdict.holds
    return verdict.reason


def test_a_half_space_by_hand_is_taken_and_restricts_nothing() -> None:
    verdict = verify_document(even_in_x())
    assert verdict.holds and verdict.bound == 0
    assert "satisfies the 1 inequality constraint has" in verdict.statement
    assert "does not depend on them" in verdict.statement


def test_a_multiple_of_the_half_space_is_the_same() -> None:
    document = even_in_x()
    document["problem"]["inequalities"][1] = [["1/3", [1, 0]]]
    assert verify_document(document).holds


WRONG = {
    "the other side": lambda d: d["problem"]["inequalities"].__setitem__(1, [["-4", [1, 0]]]),
    "a shifted one": lambda d: d["problem"]["inequalities"].__setitem__(1, [["4", [1, 0]], ["-1", [0, 0]]]),
    "another variable": lambda d: d["problem"]["inequalities"].__setitem__(1, [["4", [0, 1]]]),
    "none": lambda d: d["problem"]["inequalities"].__setitem__(1, []),
    "an element that is none": lambda d: d["symmetry"].update(elements=[[[0, "-1"], [0, "1"]]]),
    "a stretched element": lambda d: d["symmetry"].update(elements=[[[0, "-2"], [1, "1"]]]),
    "the identity": lambda d: d["symmetry"].update(elements=[[[0, "1"], [1, "1"]]]),
    "too few images": lambda d: d["symmetry"].update(elements=[[[0, "-1"]]]),
    "more elements than inequalities": lambda d: d["symmetry"].update(elements=3 * [[[0, "-1"], [1, "1"]]]),
    "a centre that is fixed": lambda d: d["symmetry"].update(centre=["0", "5"]),
    "a short centre": lambda d: d["symmetry"].update(centre=["1"]),
    "another middle": lambda d: d["symmetry"].update(middles=["1", "0"]),
    "an objective without the symmetry": lambda d: d["problem"]["minimize"].append(["1", [3, 0]]),
    "a constraint without the symmetry": lambda d: d["problem"]["inequalities"].insert(0, [["1", [1, 0]]]),
    "an element that changes a constraint": lambda d: d["symmetry"].update(elements=[[[0, "1"], [1, "-1"]]]),
    "a version without": lambda d: d.update(version=2),
}


@pytest.mark.parametrize("name", WRONG)
def test_whatever_else_is_refused(name) -> None:
    assert reason(WRONG[name])


def test_a_symmetry_that_exchanges_constraints_is_one() -> None:
    """x -> -x maps 1 - x >= 0 and 1 + x >= 0 to each other."""
    document = even_in_x()
    walls = [[["1", [0, 0]], ["-1", [1, 0]]], [["2", [0, 0]], ["2", [1, 0]]]]
    document["problem"]["inequalities"][1:1] = walls
    document["statement"] = ""
    assert verify_document(sealed(document)).holds
    document["problem"]["inequalities"].pop(1)
    with pytest.raises(AssertionError):
        assert verify_document(sealed(document)).holds
