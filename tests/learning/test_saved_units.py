"""Fits of ReLUs, rational units, shapes and output weights come back from their files whole."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import momentsos as ms

RNG = np.random.default_rng(0)
W = [RNG.standard_normal((3, 2)), RNG.standard_normal((1, 3))]
X = RNG.standard_normal((30, 2))
Y = np.tanh(2.0 * X @ W[0].T) @ W[1].T
LINE = RNG.standard_normal((12, 1))


def same(one: Any, other: Any) -> bool:
    """Whether two records hold the same, field by field, to the last bit."""
    if isinstance(one, ms.Result | ms.PolynomialNetwork):
        return bool(one == other)
    if is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, own.name), getattr(other, own.name)) for own in fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def relu() -> Any:
    return ms.relu_regression(LINE, np.maximum(LINE[:, 0], 0.0) + 0.3 * np.cos(9.0 * LINE[:, 0]))


def queries() -> Any:
    return ms.relu_queries(LINE, lambda row: float(max(LINE[row, 0], 0.0)), 5)


def rational() -> Any:
    return ms.learn_rational(W, X, Y, ms.RationalActivation(1, "cauchy", interval=(0.5, 2.0)))


def shaped() -> Any:
    shape = ms.Shape((-4, 4), monotone="increasing", values=(-2.0, None))
    return ms.learn_shaped(ms.PolynomialNetwork(W, degrees=[3]), X, Y, shape)


def outputs() -> Any:
    return ms.learn_outputs(ms.PolynomialNetwork(W, degrees=[2]), X, Y)


@pytest.mark.parametrize("make", [relu, queries, rational, shaped, outputs])
def test_a_fit_comes_back_whole(make: Any, tmp_path: Path) -> None:
    found = make()
    found.to_json(tmp_path / "fit.json")
    again = ms.load(tmp_path / "fit.json")
    assert same(found, again)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("bound", "1e999999999", "a fraction in a text"),
        ("bound", "1/0", "a fraction in a text"),
        ("theta", 3, "a list"),
    ],
)
def test_a_damaged_cell_is_refused_with_its_place(key: str, value: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    relu().to_json(path)
    document = json.loads(path.read_text())
    document["certificate"]["deciding"][0][key] = value
    path.write_text(json.dumps(document))
    with pytest.raises(ms.InvalidInput, match=rf"deciding\[0\]\.{key}: expected {words}"):
        ms.load(path)
