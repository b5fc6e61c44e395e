"""Sums and products in twice the working precision: their errors, in fractions, are below the bounds that are given."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from momentsos.bounds.accurate import product_of_pairs, segmented_sums
from momentsos.polynomials.shift import two_sum


def wide(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-12, 12, shape)


def exact(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    high, low = (np.array([Fraction(v) for v in part.reshape(-1).tolist()], dtype=object) for part in pair)
    return (high + low).reshape(pair[0].shape)


@pytest.mark.parametrize("seed", range(6))
def test_products_of_matrices(seed) -> None:
    rng = np.random.default_rng(seed)
    p, k, q = rng.integers(1, 9, 3)
    left = two_sum(wide(rng, (2, p, k)), 1e-17 * wide(rng, (2, p, k)))
    right = two_sum(wide(rng, (2, k, q)), 1e-17 * wide(rng, (2, k, q)))
    found, errors = product_of_pairs(left, right)
    for n in range(2):
        wrong = np.abs(
            exact((found[0][n], found[1][n])) - exact((left[0][n], left[1][n])) @ exact((right[0][n], right[1][n]))
        )
        assert (
            wrong <= np.array([Fraction(e) for e in errors[n].reshape(-1).tolist()], dtype=object).reshape(p, q)
        ).all()
        assert (errors[n] <= 1e-27 * (np.abs(left[0][n]) @ np.abs(right[0][n])) + 1e-200).all()


@pytest.mark.parametrize("seed", range(6))
def test_sums_with_cancellation(seed) -> None:
    rng = np.random.default_rng(seed)
    n, count = 7, 400
    values, places = wide(rng, (count,)), rng.integers(0, n, count)
    values = np.concatenate([values, -values[: count // 2], 1e-3 * values])
    places = np.concatenate([places, places[: count // 2], places])
    sums, error = segmented_sums(values, places, n)
    for place, found in enumerate(exact(sums).tolist()):
        true = sum((Fraction(v) for v in values[places == place].tolist()), Fraction(0))
        assert abs(found - true) <= Fraction(error)
    assert error <= 1e-28 * np.abs(values).max()


def test_sums_of_nothing_and_of_zeros() -> None:
    for values in (np.zeros(0), np.zeros(5)):
        (high, low), error = segmented_sums(values, np.zeros(len(values), dtype=np.intp), 3)
        assert not high.any() and not low.any() and error <= 1e-270
