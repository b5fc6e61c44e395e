"""Bounds that a user names: proved as they are, where they are attained too, or refused in one line."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms

x, y, z = ms.variables("x y z")
MOTZKIN = (x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1).over(("x", "y"))


def over(polynomial: ms.Polynomial) -> ms.Polynomial:
    """Return a polynomial in the variables that occur."""
    return polynomial.over([n for n, use in zip(polynomial.variables, polynomial.support.occurs, strict=True) if use])


def cycle(maximize: bool) -> ms.Problem:
    value = sum((1 - a * b) * Fraction(1, 2) for a, b in ((x, y), (y, z), (z, x)))
    return ms.Problem(**{"maximize" if maximize else "minimize": value}, domains=dict.fromkeys("xyz", "sign"))


@pytest.mark.parametrize(
    ("problem", "bound"),
    [
        pytest.param(ms.Problem(over(x**2 - 2 * x * y + 3 * y**2)), 0, id="a zero at the origin"),
        pytest.param(ms.Problem(over((x**2 - 2) ** 2)), 0, id="irrational zeros"),
        pytest.param(ms.Problem(over((x**2 - 2) ** 2 + (y - x) ** 2)), 0, id="irrational zeros in the plane"),
        pytest.param(ms.Problem(over((x**2 - 2) ** 2 + (y**2 - 3) ** 2)), 0, id="four irrational zeros"),
        pytest.param(ms.Problem(over((x - 1) ** 2 * (x - 3) ** 2 + (y - 2) ** 2)), 0, id="rational zeros"),
        pytest.param(ms.Problem(over((x - 1) ** 4 + (x - 1) ** 2 * (y - 1) ** 2 + (y - 1) ** 4)), 0, id="flat zero"),
        pytest.param(ms.Problem(over(x**4 + y**4 - 3 * x * y)), Fraction(-9, 8), id="a fraction"),
        pytest.param(ms.Problem(over(x**4 + y**4 - 3 * x * y)), -2, id="below the infimum"),
        pytest.param(ms.Problem(over(x**4 + y**4 - 3 * x * y)), -1.3, id="a float"),
        pytest.param(ms.Problem(over(x * y), constraints=[ms.equal(over(x**2 + y**2), 1)]), -0.5, id="a circle"),
        pytest.param(ms.Problem(maximize=over(x * y), bounds={"x": (0, 1), "y": (0, 1)}), 1, id="a corner"),
        pytest.param(ms.Problem(over(x**3 - 3 * x + 2), bounds={"x": (-2, 2)}), 0, id="an end and a zero"),
        pytest.param(cycle(maximize=True), 2, id="signs, maximised"),
        pytest.param(cycle(maximize=False), 0, id="signs, minimised"),
        pytest.param(ms.Problem(over(0 * x + 3), variables=["x"]), 3, id="a constant"),
    ],
)
def test_a_bound_that_holds_is_proved_as_it_is(problem, bound) -> None:
    certificate = ms.solve(problem).certify(bound=bound)
    assert certificate.bound == Fraction(bound) and certificate.document["added"] == []
    assert certificate.verify(problem).holds


@pytest.mark.parametrize("seed", range(8))
def test_random_sums_of_squares_with_rational_zeros_are_nonnegative(seed) -> None:
    rng = np.random.default_rng(seed)
    a, b = (Fraction(int(p), int(q)) for p, q in zip(rng.integers(-6, 7, 2), rng.integers(1, 5, 2), strict=True))
    forms = [(x - a), (y - b), (x - a) * (y - b), (x - a) ** 2 + (y - b) * x]
    parts = [sum(int(c) * f for c, f in zip(rng.integers(-3, 4, 4), forms, strict=True)) for _ in range(4)]
    p = over(sum((q * q for q in parts), x * 0) + (x - a) ** 2 + (y - b) ** 2)
    problem = ms.Problem(p)
    certificate = ms.solve(problem).certify(bound=0)
    assert certificate.bound == 0 and certificate.verify(problem).holds
    with pytest.raises(ms.CertificateError, match=r"is no bound|no proof"):
        ms.solve(problem).certify(bound=Fraction(1, 10**6))


@pytest.mark.parametrize(
    ("problem", "bound", "words"),
    [
        (ms.Problem(over(x**4 + y**4 - 3 * x * y)), 0, "0 is no bound: the objective is -1.125 at"),
        (ms.Problem(over(x**4 + y**4 - 3 * x * y)), Fraction(-9, 8) + Fraction(1, 10**15), "no bound|no proof"),
        (ms.Problem(maximize=over(x * y), constraints=[over(x**2 + y**2) <= 1]), 0.4, "above it"),
        (ms.Problem(MOTZKIN, constraints=[over(x) >= -9]), 0, "no proof of the bound 0 was found"),
        (ms.Problem(MOTZKIN, constraints=[over(x) >= -9]), -1, "no identity of degree 6.*near"),
    ],
)
def test_what_does_not_hold_or_has_no_proof_is_a_clear_no(problem, bound, words) -> None:
    result = ms.solve(problem)
    with pytest.raises(ms.CertificateError, match=words) as caught:
        result.certify(bound=bound)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["auto", "dense"])
@pytest.mark.parametrize("bound", [0, -1])
def test_a_polynomial_that_is_no_sum_of_squares_has_a_proof_with_a_denominator(method, bound) -> None:
    problem = ms.Problem(MOTZKIN)
    certificate = ms.solve(problem, method=method).certify(bound=bound)
    assert certificate.bound == bound and certificate.verify(problem).holds


@pytest.mark.parametrize("bound", ["0", True, np.bool_(False), float("nan"), float("inf"), 1j, [0]])
def test_a_bound_that_is_no_number_is_refused(bound) -> None:
    with pytest.raises(ms.BadOption, match="bound"):
        ms.solve(ms.Problem(over(x**2))).certify(bound=bound)


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs", "mae"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_losses_are_proved_to_be_nonnegative(loss, noise) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((4, 4)) / 2 for _ in range(3)]
    network = ms.PolynomialNetwork(weights, degrees=[2, 1])
    X = rng.standard_normal((12, 4))
    Y = network.with_coefficients([[1, 0.5, -0.3], [0.2, -1]]).predict(X) + noise * rng.standard_normal((12, 4))
    fit = ms.learn(network, X, Y, loss=loss)
    bounds = [0] if noise == 0.0 else [0, fit.lower_bound / 2]
    for bound in bounds:
        certificate = fit.certify(bound=bound)
        assert certificate.bound == Fraction(bound) and certificate.verify(fit.problem).holds


def test_the_bound_of_a_noise_free_squared_loss_is_certified() -> None:
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((3, 3)) for _ in range(2)]
    network = ms.PolynomialNetwork(weights, degrees=[2])
    X = rng.standard_normal((9, 3))
    fit = ms.learn(network, X, network.with_coefficients([[1, 0.5, -0.3]]).predict(X))
    assert fit.certify().bound <= Fraction(fit.upper_bound)
