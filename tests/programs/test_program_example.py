"""The example of the page on sum-of-squares programs."""

from __future__ import annotations

import runpy
from fractions import Fraction
from pathlib import Path

import momentsos as ms

EXAMPLE = Path(__file__).parents[2] / "examples" / "region_of_attraction.py"


def test_the_example_proves_a_level_from_both_sides():
    x, y = ms.variables("x y")
    v = Fraction(3, 2) * x**2 - x * y + y**2
    slope = v.derivative("x") * -y + v.derivative("y") * (x - y + x**2 * y)
    low, high = runpy.run_path(str(EXAMPLE))["proved_level"](v, slope, steps=7)
    assert 2.2 < low < Fraction(23, 10) < high < 2.4
