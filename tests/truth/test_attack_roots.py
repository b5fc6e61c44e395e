"""Enclosures of real roots that lie closer together than the digits which one root alone would ask for."""

from fractions import Fraction

import pytest

import momentsos as ms


@pytest.mark.parametrize("digits", [12, 26, 30, 40])
@pytest.mark.parametrize("root", [Fraction(0), Fraction(2, 3), Fraction(10**20)])
def test_boxes_of_close_roots_have_no_common_point(root: Fraction, digits: int) -> None:
    (x,) = ms.variables(["x"])
    close = root + Fraction(1, 10**digits)
    found = ms.real_roots((x - root) ** 2 * (x - close) * (x**2 + 1))
    (first,), (second,) = found.enclosures
    assert first[0] <= root <= first[1] < second[0] <= close <= second[1]
    assert found.multiplicities == (2, 1)


def test_boxes_of_roots_that_differ_in_one_coordinate_only_have_no_common_point() -> None:
    x, y = ms.variables("x y")
    close = Fraction(1, 10**35)
    found = ms.real_roots([x - Fraction(1, 3), y * (y - close)])
    assert len(found) == 2
    low, high = (box[1] for box in found.enclosures)
    assert low[0] <= 0 <= low[1] < high[0] <= close <= high[1]
