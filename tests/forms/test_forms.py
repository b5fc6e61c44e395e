"""Nonnegative forms end at 0 with an exact certificate, others fall without end, and nothing false is said of any."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from forms.known_forms import COUSINS, FORMS, NAMES, QUARTIC, changed, of, random_form, unimodular

import momentsos as ms
from momentsos import Status

x, y, z, w = NAMES


@pytest.mark.parametrize("name", FORMS)
def test_forms_that_are_no_sums_of_squares_are_certified_at_zero(name) -> None:
    problem = ms.Problem(FORMS[name])
    result = ms.solve(problem)
    assert (result.status, result.lower_bound, result.upper_bound) == (Status.CERTIFIED, 0.0, 0.0)
    assert result.rigorous and result.region.everything
    verdict = result.certify().verify(problem)
    assert verdict.holds and verdict.bound == 0 and result.certify(bound=0).bound == 0


@pytest.mark.parametrize("name", COUSINS)
def test_their_polynomials_in_the_plane_are_certified_everywhere(name) -> None:
    problem = ms.Problem(of(COUSINS[name]))
    result = ms.solve(problem)
    assert result.status is Status.CERTIFIED and result.region.everything and result.rigorous
    assert -1e-6 <= result.lower_bound <= 0.0 <= result.upper_bound <= 1e-6
    assert result.certify(bound=0).verify(problem).holds


def test_variables_that_do_not_occur_change_nothing() -> None:
    result = ms.solve(ms.Problem(FORMS["Motzkin"].over(("x", "y", "z", "unused"))))
    assert (result.status, result.lower_bound) == (Status.CERTIFIED, 0.0)


def test_a_maximised_form_has_its_bound_from_above() -> None:
    problem = ms.Problem(maximize=-1 * FORMS["Choi and Lam"])
    result = ms.solve(problem)
    assert (result.status, result.lower_bound, result.upper_bound) == (Status.CERTIFIED, 0.0, 0.0)
    assert result.certify().verify(problem).holds
    above = ms.solve(ms.Problem(maximize=FORMS["Choi and Lam"]))
    assert above.status is Status.UNBOUNDED


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (x**3 + y**3, "as t grows"),
        (x**5 - 3 * x * y**4, "as t grows"),
        (x**4 + y**4 - 3 * x**2 * y**2, "as t grows"),
        (x * y, "as t grows"),
        (x**2 * y - y**3, "as t grows"),
        (FORMS["Motzkin"] - Fraction(1, 10**9) * x**2 * y**2 * z**2, "as t grows"),
    ],
)
def test_a_negative_value_means_that_the_form_falls_without_end(form, words) -> None:
    result = ms.solve(ms.Problem(of(form)))
    assert result.status is Status.UNBOUNDED and result.lower_bound is None
    assert words in result.message and "\n" not in result.message


def test_weights_other_than_one_are_seen() -> None:
    """x^4 - x^2 y + y^2 has degree 4 where y has weight 2: it is nonnegative, and -3 in the place of -1 is not."""
    result = ms.solve(ms.Problem(of(x**4 - x**2 * y + y**2)))
    assert (result.status, result.lower_bound, result.upper_bound) == (Status.CERTIFIED, 0.0, 0.0)
    falling = ms.solve(ms.Problem(of(x**4 - 3 * x**2 * y + y**2)))
    assert falling.status is Status.UNBOUNDED and "t^2" in falling.message


def test_positive_definite_forms_have_the_origin_alone() -> None:
    result = ms.solve(ms.Problem(of(x**2 + x * y + y**2)))
    assert result.status is Status.CERTIFIED and np.array_equal(result.minimizers, [[0, 0]])


def test_rounded_coefficients_are_taken_for_what_they_are() -> None:
    """The floats near to a form with zeros need not be nonnegative: then it falls without end, and that is proved."""
    shaken = ms.Problem(of(0.1 * FORMS["Motzkin"]))
    result = ms.solve(shaken)
    f = shaken.minimize
    exact = sum(f.exact)  # the value at (1, 1, 1)
    assert (result.status is Status.UNBOUNDED) if exact < 0 else result.status is not Status.UNBOUNDED


def test_the_quartic_in_four_variables_keeps_its_certificate_in_files(tmp_path) -> None:
    problem = ms.Problem(of(QUARTIC))
    result = ms.solve(problem)
    result.to_json(tmp_path / "r.json")
    loaded = ms.load(tmp_path / "r.json")
    assert loaded == result and loaded.certificate.verify(problem).holds
    again = ms.load(tmp_path / "r.json").certify()
    assert again.bound == 0 and again.verify(problem).holds


def planted(seed: int) -> tuple[str, ms.Polynomial, int | None]:
    """Return the kind of a random form, the form, and its infimum: 0, or None for no bound."""
    rng = np.random.default_rng(seed)
    kind = ("squares", "changed", "product", "negative", "lowered")[seed % 5]
    n, zero = int(rng.integers(2, 4)), 0 * x * Fraction(1)
    some = list(FORMS.values())
    if kind == "squares":
        return kind, sum((random_form(rng, 2, n, 4) ** 2 for _ in range(int(rng.integers(1, 5)))), zero), 0
    if kind == "product":
        factor = random_form(rng, 1, 3, 3)
        return kind, some[int(rng.integers(0, 4))] * (factor * factor + int(rng.integers(0, 2)) * x**2), 0
    if kind == "negative":
        squares = sum((random_form(rng, 1, n, 3) ** 2 for _ in range(3)), zero)
        return kind, squares * x**2 - y**4, None
    form = changed(some[int(rng.integers(0, 3))], unimodular(rng, 3))
    if kind == "changed":
        return kind, form, 0
    return kind, form - Fraction(1, int(10 ** rng.integers(1, 7))) * (x**6 + y**6 + z**6), None


@pytest.mark.parametrize("seed", [*range(30), *(pytest.param(s, marks=pytest.mark.slow) for s in range(30, 200))])
def test_nothing_false_is_said_of_random_forms(seed) -> None:
    """Forms that are nonnegative by construction, under changes of variables too, and forms with a negative value."""
    kind, form, infimum = planted(seed)
    if not form:
        return
    problem = ms.Problem(of(form))
    result = ms.solve(problem, time_limit=30)
    if infimum is None:
        assert result.status is Status.UNBOUNDED
        return
    assert result.status in (Status.CERTIFIED, Status.BOUNDED, Status.CERTIFIED_WITHIN), kind
    assert result.lower_bound is None or result.lower_bound <= 0.0
    if kind == "squares":
        assert result.status is Status.CERTIFIED
    if result.method == "multiplied":
        assert result.lower_bound == 0.0 and result.certificate.verify(problem).holds
