"""Valid inputs that the mutations start from; made once a process, with the public interface."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import momentsos as ms

PROBLEMS: tuple[dict[str, Any], ...] = (
    {
        "variables": ["x", "y"],
        "minimize": [[1.0, [2, 1]], ["-1/3", [1, 1]]],
        "inequalities": [[[1.0, [0, 0]], [-1.0, [2, 0]], [-1.0, [0, 2]]]],
        "equalities": [],
    },
    {"variables": ["x"], "minimize": [[1, [4]], [-2.5, [1]], ["7/2", [0]]]},
    {
        "variables": ["a", "b", "c"],
        "minimize": [[1, [1, 0, 0]], [2, [0, 1, 1]]],
        "inequalities": [[[4, [0, 0, 0]], [-1, [2, 0, 0]]], [[1e-3, [0, 1, 0]]]],
        "equalities": [[[1, [0, 2, 0]], [-1, [0, 0, 0]]], [[1, [0, 0, 1]], [1, [0, 1, 0]]]],
    },
)


@cache
def problems() -> list[bytes]:
    """Return problem files."""
    return [json.dumps(problem).encode() for problem in PROBLEMS]


@cache
def programs() -> list[bytes]:
    """Return SDPA files: our own with and without equalities, and one in the manual's style, by hand."""
    x, y = ms.variables("x", "y")
    disc = ms.relax(ms.Problem(x * y, [1 - x**2 - y**2]), order=1)
    circle = ms.relax(ms.Problem(x + y, [], [x**2 + y**2 - 1]), order=1)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, relaxation in enumerate((disc, circle)):
            path = Path(folder) / f"{number}.dat-s"
            relaxation.sdp.write_sdpa(path)
            found.append(path.read_bytes())
    hand = b'"an example"\n 2 = mDIM\n 2 = nBLOCK\n (2, -2) = bLOCKsTRUCT\n{10.0, 20.0}\n0 1 1 1 1.0\n0 1 2 2 2\n'
    return [*found, hand + b"1 1 1 2 1e0\n2 1 2 2 5.0\n1 2 1 1 3.5\n2 2 2 2 -4\n"]


@cache
def certificates() -> list[tuple[dict[str, Any], Fraction]]:
    """Return certificate documents, with a value that is reached: no proof may have a bound above it."""
    x, y = ms.variables("x", "y")
    results = [
        ms.solve(ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])),
        ms.solve(ms.Problem(x * y + x, [], [x**2 + y**2 - 1])),
        ms.solve(ms.Problem((x - 1) ** 4 + y**2)),
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for result in results:
            path = Path(folder) / "c.json"
            certificate = result.certify(exact=True)
            certificate.to_json(path)
            found.append((json.loads(path.read_text(encoding="utf-8")), certificate.upper_bound))
    return found


@cache
def data() -> list[dict[str, np.ndarray]]:
    """Return training data for degrees 1 and 2: with and without biases."""
    rng = np.random.default_rng(5)
    plain = {"W1": rng.standard_normal((3, 2)), "W2": rng.standard_normal((2, 3))}
    plain |= {"X": rng.standard_normal((4, 2)), "Y": rng.standard_normal((4, 2))}
    return [plain, {**plain, "b1": rng.standard_normal(3), "b2": rng.standard_normal(2)}]
