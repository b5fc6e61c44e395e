"""Labels on demand: fewer of them than at random for the same error, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms


def pool(seed: int, offset: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((100, 1))
    return X, np.maximum(X[:, 0] + offset, 0.0) + 0.1 * rng.standard_normal(100)


def test_each_row_is_asked_once_and_the_fit_is_that_of_the_answers() -> None:
    X, y = pool(0)
    seen: list[int] = []

    def label(row: int) -> float:
        seen.append(row)
        return float(y[row])

    found = ms.relu_queries(X, label, 12, seed=3)
    assert seen == found.asked.tolist() and len(set(seen)) == 12
    assert np.array_equal(found.labels, y[found.asked])
    assert found.fit.status is ms.Status.CERTIFIED
    assert np.isclose(found.fit.loss, ms.relu_regression(X[found.asked], found.labels).loss)
    assert np.isnan(found.disagreement[:3]).all() and (found.disagreement[3:] >= 0.0).all()


def test_twelve_queries_beat_twenty_four_random_labels() -> None:
    asked, drawn = [], []
    for seed in range(4):
        X, y = pool(seed)
        best = ms.relu_regression(X, y).loss
        found = ms.relu_queries(X, lambda row, y=y: y[row], 12, seed=seed)
        asked.append(np.mean((found.fit.predict(X) - y) ** 2) - best)
        rows = np.random.default_rng(100 + seed).permutation(100)[:24]
        drawn.append(np.mean((ms.relu_regression(X[rows], y[rows]).predict(X) - y) ** 2) - best)
    assert np.mean(asked) < 0.5 * np.mean(drawn)


def test_labels_that_are_all_zero_are_explored() -> None:
    X, _ = pool(0)
    found = ms.relu_queries(X, lambda row: 0.0, 8)
    assert found.fit.loss == 0.0 and {int(X.argmin()), int(X.argmax())} <= set(found.asked.tolist())


REFUSED = {
    "a label that is no number": (([[0.0], [1.0], [2.0]], lambda row: float("nan"), 3), {}, ms.InvalidInput),
    "no function": (([[0.0], [1.0]], 3, 2), {}, ms.InvalidInput),
    "beyond the pool": (([[0.0], [1.0]], lambda row: 0.0, 3), {}, ms.BadOption),
    "more at the beginning": (([[0.0], [1.0]], lambda row: 0.0, 1), {"initial": 2}, ms.BadOption),
    "a pool that is not finite": (([[np.inf], [1.0]], lambda row: 0.0, 2), {}, ms.InvalidInput),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused(kind) -> None:
    given, options, error = REFUSED[kind]
    with pytest.raises(error) as caught:
        ms.relu_queries(*given, **options)
    assert "\n" not in str(caught.value)
