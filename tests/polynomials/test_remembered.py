"""What is found for a list of exponents is found once, and never given for another list."""

from __future__ import annotations

import numpy as np

from momentsos.machine.remembered import remembered


def test_the_same_content_is_asked_for_once_and_other_content_again() -> None:
    asked = []

    @remembered
    def total(rows: np.ndarray, twice: bool) -> int:
        asked.append(rows.shape)
        return int(rows.sum()) * (2 if twice else 1)

    rows = np.arange(6).reshape(2, 3)
    assert [total(rows, False), total(rows.copy(), False), total(rows, True), total(rows + 1, False)] == [
        15,
        15,
        30,
        21,
    ]
    assert total(rows.reshape(3, 2), False) == 15
    assert asked == [(2, 3), (2, 3), (2, 3), (3, 2)]


def test_long_lists_are_not_kept() -> None:
    asked = []

    @remembered
    def length(rows: np.ndarray) -> int:
        asked.append(len(rows))
        return len(rows)

    for _ in range(2):
        length(np.zeros((10_000, 3), dtype=np.int64))
    assert asked == [10_000, 10_000]
