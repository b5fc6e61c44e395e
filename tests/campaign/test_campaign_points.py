"""Where a point stands: exactly feasible, near, a little off, refuted."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign.points import standing
from benchmarks.campaign.rational import squared_norm, unknowns

X, Y = unknowns(2)
UNITS = (Fraction(1), Fraction(1))


def word(inequalities, equalities, *point: float) -> str:
    return standing(inequalities, equalities, tuple(map(Fraction, point)), UNITS).word


def test_a_point_of_the_set_is_exact() -> None:
    assert word([1 - squared_norm(2)], [], 0.6, 0.0) == "exact"
    assert word([], [X**2 - 2 * Y], 2.0, 2.0) == "exact"


def test_rounding_is_near() -> None:
    assert word([], [X**2 + Y**2 - 2], 1.0 + 1e-16, 1.0 - 1e-15) == "near"
    assert word([X - Fraction(1, 3), Fraction(1, 3) - X], [], 1 / 3, 0.0) == "near"


@pytest.mark.parametrize(("off", "expected"), [(5e-9, "near"), (3e-8, "missed"), (3e-7, "false"), (1.0, "false")])
def test_the_distance_decides(off, expected) -> None:
    assert word([1 - X], [], 1.0 + off, 0.0) == expected
    assert word([], [Y - X**2], 2.0, 4.0 + 4 * 4.2 * off) == expected  # the normal's largest entry moves by a quarter


def test_distances_are_relative_to_large_coordinates() -> None:
    assert word([1000 - X], [], 1000.0 + 5e-6, 0.0) == "near"
    assert word([1000 - X], [], 1000.0 + 1e-3, 0.0) == "false"


def test_a_high_power_hides_no_distance() -> None:
    assert word([-(X**8)], [], 1e-2, 0.0) == "false"
    assert word([], [X**4 + Y**4], 6e-3, 0.0) == "false"
    assert word([], [X**4 + Y**4], 1e-9, 0.0) in ("near", "open")


def test_constraints_that_exclude_each_other_are_refuted_together() -> None:
    discs = [1 - squared_norm(2, (1, 0)), 1 - squared_norm(2, (-1, 0))]
    assert word(discs, [], 0.0, 1e-6) == "false"
    assert word(discs, [], 0.0, 0.0) == "exact"
    turned = [
        1 - squared_norm(2, (Fraction(3, 5), Fraction(4, 5))),
        1 - squared_norm(2, (-Fraction(3, 5), -Fraction(4, 5))),
    ]
    assert word(turned, [], -8e-7, 6e-7) == "false"


def test_points_below_a_cusp_or_beside_a_hyperbola_are_refuted() -> None:
    assert word([], [X**3 - Y**2], -1e-5, 0.0) == "false"
    assert word([X * Y**3 - 1, X], [], -1e-14, -2.7e5) == "false"
    assert word([X * Y**3 - 1, X], [], 0.0, 2.2e8) == "near"  # where x is 1e-25 the point is feasible
    assert word([Y - (X - Fraction(1, 4)) ** 4], [], 0.25, -5.8e22) == "false"


def test_a_tail_on_the_wrong_side_is_refuted_however_thin_it_is() -> None:
    walls = [X * Y**3 - 1, X, 1 - Y]
    assert word(walls, [], 0.0, -1.5e6) == "false"
    assert word(walls, [], 0.0, 1.0) == "false"
    assert word([X * Y - 1, X], [], -3.6e-19, -2.5e18) == "false"
