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
        "version": 1,
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
