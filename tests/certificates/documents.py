"""Certificates to test with: one worked by hand, and ways to break them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from momentsos.certificates.format import digest
from momentsos.certificates.statement import describe
from momentsos.certificates.verify import check


def by_hand() -> dict[str, Any]:
    """The proof of x y >= -1 where x^2 + y^2 <= 2, as docs/certificates.md derives it."""
    document = {
        "format": "momentsos certificate",
        "version": 2,
        "digest": "",
        "statement": "",
        "numbers": "fractions",
        "added": [],
        "problem": {
            "variables": ["x", "y"],
            "minimize": [["1", [1, 1]]],
            "inequalities": [[["2", [0, 0]], ["-1", [2, 0]], ["-1", [0, 2]]]],
            "equalities": [],
        },
        "change": {"shift": ["0", "0"], "matrix": [["1", "0"], ["0", "1"]]},
        "denominator": {"exponent": 0, "variables": []},
        "bound": "-1",
        "blocks": [
            {"factors": [], "basis": [[1, 0], [0, 1]], "combination": [["1", "1"]], "gram": [["1/2"]]},
            {"factors": [0], "basis": [[0, 0]], "combination": [], "gram": [["1/2"]]},
        ],
        "multipliers": [],
        "point": ["1", "-1"],
        "directions": [],
    }
    return sealed(document)


def enclosed_by_hand() -> dict[str, Any]:
    """The proof that the minimum of y where x^2 = 2 and y = x^2 is 2; the feasible points have x irrational.

    y - 2 = (x^2 - 2) + (y - x^2). Around p = (17/12, 2) with x = 17/12 + s/100 the first equality is
    289/144 - 2 + (17/600) s + s^2/10000, and 17/600 > 1/144 + 1/10000. With y = 2 + 34/1200 s + t/10 the second
    one is -1/144 + t/10 - s^2/10000, and 1/10 > 1/144 + 1/10000. So y is at most 2 + 34/1200 + 1/10.
    """
    document = by_hand() | {
        "problem": {
            "variables": ["x", "y"],
            "minimize": [["1", [0, 1]]],
            "inequalities": [[["3", [0, 0]], ["-1", [0, 1]]]],
            "equalities": [[["1", [2, 0]], ["-2", [0, 0]]], [["1", [0, 1]], ["-1", [2, 0]]]],
        },
        "bound": "2",
        "blocks": [],
        "multipliers": [
            {"equality": 0, "basis": [[0, 0]], "coefficients": ["1"]},
            {"equality": 1, "basis": [[0, 0]], "coefficients": ["1"]},
        ],
        "point": ["17/12", "2"],
        "directions": [["1/100", "0"], ["34/1200", "1/10"]],
    }
    return sealed(document)


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the statement that it proves and a digest that fits; whatever is wrong stays wrong."""
    body = {**document}
    try:
        body["statement"] = describe(body, *check(body, 10.0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # it proves nothing; the verifier has to find that out
    return {**body, "digest": digest(body)}


def written(document: Any, path: Path) -> Path:
    """Write a document to a file and return its path."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
