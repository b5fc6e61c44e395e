"""The worked examples of other tools come out as they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from benchmarks.tutorials.example import run
from benchmarks.tutorials.table import EXAMPLES, render


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.tool}: {example.name}")
def test_an_example_has_the_expected_status_and_the_known_value(example) -> None:
    row = run(example)
    assert row.right, (row.status, row.value)
    assert row.example.name in render([row])


def test_the_least_form_in_ten_signs_is_that_of_all_signs() -> None:
    weights = np.tril(np.random.default_rng(4).integers(-5, 6, (10, 10)), -1)
    signs = np.array(list(itertools.product([-1, 1], repeat=10)))
    known = next(example.known for example in EXAMPLES if example.name == "binary variables")
    assert np.einsum("ki,ij,kj->k", signs, weights, signs).min() == known
