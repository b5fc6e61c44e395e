"""A problem that happens far from the origin is solved where it happens."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from rational import value_at

import momentsos as ms
from momentsos.conditioning.centring import own_length

x, y = ms.variables("x y")


def saddles(place: float) -> ms.Problem:
    """Return two minima of -1/8 around (place, place)."""
    a, b = x - place, y - place
    return ms.Problem(a**4 + b**4 - a * b)


@pytest.mark.parametrize("place", [0.0, 30.0, 1e2, 1e3, 1e4])
def test_the_bounds_do_not_depend_on_the_place(place) -> None:
    result = ms.solve(saddles(place))
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(-0.125, abs=1e-9)
    assert -0.125 - 1e-7 <= result.lower_bound <= -0.125 + 1e-12
    assert len(result.minimizers) == 2
    assert np.abs(np.abs(result.minimizers - place) - 0.5).max() <= 1e-6


@pytest.mark.parametrize("units", [1e-5, 1.0, 1e5])
@pytest.mark.parametrize("place", [30.0, 1e4])
def test_discs_far_out_have_their_radius(place, units) -> None:
    result = ms.solve(ms.Problem(x / units, [1 - (x / units - place) ** 2 - (y / units - place) ** 2]))
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(place - 1, abs=1e-7)
    assert place - 1 - 1e-6 <= result.lower_bound <= place - 1 + 1e-7


def test_a_far_quadratic_in_a_box_is_no_exception() -> None:
    z = x - 1e4
    result = ms.solve(ms.Problem(1e5 * (z**2 - z), [z + 1, 2 - z]), method="dense")
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(-25_000, rel=1e-9)
    assert result.lower_bound == pytest.approx(-25_000, rel=1e-6)


def test_the_upper_bound_is_the_objective_at_the_minimiser_in_rational_arithmetic() -> None:
    z = x * 1e-5 - 30
    problem = ms.Problem(1e8 * (3 * z**6 - 4 * z**5 + z**3 - z), [z + 1, 2 - z])
    result = ms.solve(problem)
    assert result.status is ms.Status.CERTIFIED
    point = [Fraction(a) + Fraction(b) for a, b in zip(result.minimizers[0], result.fine[0], strict=True)]
    assert result.upper_bound == pytest.approx(float(value_at(problem.minimize, point)), rel=1e-6)
    assert result.lower_bound <= result.upper_bound


def test_the_bound_of_a_centred_problem_is_certified_exactly() -> None:
    problem = saddles(100.0)
    certificate = ms.solve(problem).certify()
    assert certificate.verify(problem).holds
    assert -0.125 - 1e-5 <= certificate.bound <= Fraction(-1, 8)


@pytest.mark.parametrize("scale", [1e-8, 1e-5, 1.0, 1e8])
def test_where_points_run_away_nothing_is_centred_and_nothing_certified(scale) -> None:
    a, b, c = ms.variables("a b c")
    for place in (0.0, 1.0, 30.0):
        objective = scale * (-(a - place) + (b - place) ** 2 + (c - place) ** 2)
        assert ms.solve(ms.Problem(objective), method="dense").status is not ms.Status.CERTIFIED


def test_the_own_length_is_where_lower_terms_stop_to_count() -> None:
    assert own_length(100 * x**2 + x**4 + 7) == pytest.approx(10.0)
    assert own_length(3 * x + 2) == 0.0
