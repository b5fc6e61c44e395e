"""Certificates of solved problems: every problem of the catalogue, both ends of the gap, and honest refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from catalogue import BY_NAME, CASES

import momentsos as ms
from momentsos.certificates import Certificate, CertificateError, certify, verify_file
from momentsos.hierarchy.hooks import PROVER

#: Problems without a rational feasible point near a minimiser: a box is shown to hold a feasible point.
ENCLOSED = {"circle_in_space", "hock_schittkowski_40", "polynomial_system"}
SLOW = {"hock_schittkowski_40", "floudas_2_1_1", "floudas_3_1_2", "powell_singular"}


def solved(name: str) -> tuple[ms.Result, float]:
    case = BY_NAME[name]
    return ms.solve(case.problem(), case.order, method="dense"), case.optimum


@pytest.mark.parametrize(
    "name", [pytest.param(c.name, marks=pytest.mark.slow if c.name in SLOW else ()) for c in CASES]
)
def test_every_problem_of_the_catalogue_gets_one(name, tmp_path) -> None:
    result, optimum = solved(name)
    certificate = result.certify(exact=True, time_limit=None)  # how long it takes is no matter here
    size = max(abs(optimum), result.unit)
    assert isinstance(certificate.bound, Fraction)
    assert certificate.verify(result.problem).holds
    assert float(certificate.bound) <= optimum + 1e-15 * size
    assert float(certificate.bound) >= optimum - 2e-6 * size
    assert certificate.bound <= certificate.upper_bound
    assert float(certificate.upper_bound) <= optimum + 1e-6 * size
    assert (certificate.point is None) == (name in ENCLOSED)
    certificate.to_json(tmp_path / "c.json")
    verdict = verify_file(tmp_path / "c.json")
    assert verdict.holds and verdict.bound == certificate.bound
    assert verdict.upper_bound == certificate.upper_bound
    assert Certificate.from_json(tmp_path / "c.json").document == certificate.document


def test_the_statement_says_what_the_numbers_are() -> None:
    (x,) = ms.variables("x")
    floats = ms.Problem(minimize=0.1 * x, inequalities=[1 - x**2])
    fractions = ms.Problem(minimize=x * Fraction(1, 10), inequalities=[Fraction(1) - x**2 * Fraction(1)])
    mixed = ms.Problem(minimize=x * Fraction(1, 10), inequalities=[1 - x**2])
    statements = {kind: certify(ms.solve(p)).statement for kind, p in (("f", floats), ("q", fractions), ("m", mixed))}
    assert "binary fractions" in statements["f"] and "as they were given" in statements["q"]
    assert "Some of the coefficients" in statements["m"]
    assert certify(ms.solve(floats)).document["problem"]["minimize"] == [[str(Fraction(0.1)), [1]]]


def test_a_certificate_prints_its_statement_and_not_its_numbers() -> None:
    (x,) = ms.variables("x")
    certificate = certify(ms.solve(ms.Problem((x - 1) ** 2)))
    assert str(certificate) == certificate.statement
    assert "gram" not in repr(certificate) and len(repr(certificate)) < 300


def test_a_float_that_met_a_fraction_is_not_called_a_given_fraction() -> None:
    (x,) = ms.variables("x")
    given = ms.Problem(minimize=x**2 * Fraction(1, 3) - x * Fraction(1, 7) + 2.5)
    met = ms.Problem(minimize=x**2 * Fraction(1, 3) - 0.1 * x)
    assert certify(ms.solve(given)).document["numbers"] == "fractions"
    assert certify(ms.solve(met)).document["numbers"] == "mixed"


def test_fractions_in_a_file_are_used_as_such() -> None:
    problem = ms.Problem.from_json(
        {
            "variables": ["x"],
            "minimize": [["1/3", [2]], ["-1/7", [1]]],
            "inequalities": [[["1/3", [0]], ["-1", [1]]]],
        }
    )
    certificate = certify(ms.solve(problem))
    assert certificate.document["problem"]["minimize"] == [["-1/7", [1]], ["1/3", [2]]]
    assert certificate.document["numbers"] == "fractions"
    assert certificate.bound <= Fraction(-3, 196) <= certificate.upper_bound  # at x = 3/14
    assert certificate.upper_bound - certificate.bound <= Fraction(1, 10**8)


def test_a_certificate_is_about_one_problem() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(minimize=x * y, inequalities=[2 - x**2 - y**2], equalities=[x + y])
    certificate = certify(ms.solve(problem))
    assert certificate.verify(problem).holds
    others = (
        ms.Problem(minimize=x * y + 1, inequalities=[2 - x**2 - y**2], equalities=[x + y]),
        ms.Problem(minimize=x * y, inequalities=[3 - x**2 - y**2], equalities=[x + y]),
        ms.Problem(minimize=x * y, inequalities=[], equalities=[x + y]),
        ms.Problem(minimize=x * y, inequalities=[2 - x**2 - y**2], equalities=[x - y]),
        ms.Problem(minimize=x * y, inequalities=[2 - x**2 - y**2], equalities=[x + y], variables=("y", "x")),
    )
    for other in others:
        with pytest.raises(CertificateError, match="another problem"):
            certificate.verify(other)


def test_a_changed_certificate_does_not_verify() -> None:
    certificate = certify(ms.solve(ms.Problem(minimize=ms.variables("x")[0] ** 2)))
    certificate.document["bound"] = "1"
    with pytest.raises(CertificateError, match="digest"):
        certificate.verify()


def test_the_ball_is_named_where_one_was_added() -> None:
    result = ms.solve(BY_NAME["motzkin"].problem(), 3, bound=2.0)
    certificate = certify(result)
    verdict = certificate.verify(result.problem)
    assert "the ball of radius 2" in verdict.statement and "points that violate it are not covered" in verdict.statement
    assert len(certificate.document["problem"]["inequalities"]) == 1
    assert -1e-6 < float(certificate.bound) <= 0


def test_no_ball_is_left_where_the_bounds_imply_it() -> None:
    x, y = ms.variables("x y")
    box = [x + 1, 1 - x, y + 1, 2 - y]
    problem = ms.Problem(minimize=x**2 * y - y**2 + x, inequalities=box)
    result = ms.solve(problem, order=2, bound=3.0)
    certificate = certify(result)
    assert certificate.document["added"] == []
    assert any(len(block["factors"]) == 2 for block in certificate.document["blocks"])
    assert certificate.verify(problem).holds


@pytest.mark.parametrize("name", ["infeasible_half_lines", "unbounded_cubic"])
def test_without_a_bound_there_is_a_reason(name) -> None:
    with pytest.raises(CertificateError, match="no bound to certify"):
        certify(ms.solve(BY_NAME[name].problem()))


def test_a_bound_that_no_identity_has_is_refused_with_a_reason() -> None:
    """The Motzkin polynomial plus any constant is no sum of squares: whatever a solver says, nothing is certified."""
    result = ms.solve(BY_NAME["motzkin"].problem(), 3, bound=None)
    with pytest.raises(CertificateError, match=r"no bound|no certificate"):
        certify(result)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("tolerance", 0.0),
        ("tolerance", 1.0),
        ("tolerance", -1e-3),
        ("tolerance", "small"),
        ("tolerance", True),
        ("solver", "nobody"),
        ("solver", 3),
        ("time_limit", 0),
        ("time_limit", "long"),
    ],
)
def test_an_argument_out_of_range_is_named_in_one_line(argument, value) -> None:
    result = ms.solve(ms.Problem(minimize=ms.variables("x")[0] ** 2))
    with pytest.raises(ms.BadOption, match=argument) as caught:
        result.certify(**{argument: value})
    assert "\n" not in str(caught.value)


def test_certify_hands_its_arguments_on(monkeypatch) -> None:
    """A result and a fit alike."""
    seen = []
    monkeypatch.setattr(PROVER, "_supplied", lambda *args, **names: seen.append((args[1:], names)))
    (x,) = ms.variables("x")
    for result in (
        ms.solve(ms.Problem(minimize=x**2)),
        ms.learn(*network(1, (1, 1), 1e-2), loss="mean_residual", method="partial"),
    ):
        result.certify()
        result.certify(tolerance=1e-2, solver="clarabel", time_limit=None)
    plain, named = (
        ((1e-4,), {"bound": None, "solver": "auto", "time_limit": 60.0}),
        ((1e-2,), {"bound": None, "solver": "clarabel", "time_limit": None}),
    )
    assert seen == [plain, named] * 2


def test_a_larger_tolerance_may_lower_the_bound_further_but_never_beyond(disc) -> None:
    result = ms.solve(disc)
    for tolerance in (1e-8, 1e-4, 1e-1):
        bound = result.certify(tolerance=tolerance, solver="clarabel").bound
        assert 0 <= result.lower_bound - float(bound) <= tolerance * abs(result.lower_bound)


@pytest.mark.parametrize("name", ["rosenbrock_2", "leon", "six_hump_camel"])
def test_faces_are_found_where_the_squares_are_singular(name) -> None:
    result, optimum = solved(name)
    certificate = certify(result)
    whole = max(result.relaxation.sdp.sizes)
    assert max(len(block["gram"]) for block in certificate.document["blocks"]) < whole
    assert abs(float(certificate.bound) - optimum) <= 1e-8 * max(result.unit, 1.0)


def network(seed: int, degrees: tuple[int, ...], noise: float, m: int = 6) -> tuple:
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((m, m)) / np.sqrt(m) for _ in range(len(degrees) + 1)]
    coefficients = [rng.standard_normal(d + 1) for d in degrees]
    for inner in coefficients[:-1]:
        inner[0] = 1.0
    net = ms.PolynomialNetwork(weights, degrees=list(degrees))
    X = rng.standard_normal((30, m))
    return net, X, net.with_coefficients(coefficients).predict(X) + noise * rng.standard_normal(m)


@pytest.mark.parametrize("degrees", [(1, 1), (2, 1), (1, 1, 1)])
def test_noisy_networks_are_certified_from_both_sides(degrees) -> None:
    fit = ms.learn(*network(1, degrees, 1e-2), loss="mean_residual", method="partial")
    certificate = fit.certify(exact=True)
    assert certificate.verify(fit.problem).holds
    assert certificate.document["denominator"]["exponent"] >= 1
    assert 0 <= float(certificate.upper_bound - certificate.bound) <= max(1e-6, 2 * fit.relative_gap) * fit.upper_bound


def test_noise_free_networks_lose_nothing_to_speak_of() -> None:
    fit = ms.learn(*network(2, (2, 1), 0.0), loss="mean_residual", method="partial")
    certificate = certify(fit)
    assert float(certificate.bound) >= -1e-9 * fit.formulation.scale


@pytest.mark.parametrize("degrees", [(2, 1), (1, 1, 1)])
def test_squared_losses_are_certified(degrees) -> None:
    fit = ms.learn(*network(3, degrees, 1e-1), loss="mse", method="partial")
    certificate = certify(fit)
    assert certificate.verify(fit.problem).holds
    assert float(certificate.upper_bound - certificate.bound) <= max(1e-6, 2 * fit.relative_gap) * fit.upper_bound


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [(2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)])
def test_the_families_of_the_tables_are_certified_in_seconds(degrees) -> None:
    losses = []
    for seed in range(20):
        fit = ms.learn(*network(seed, degrees, 1e-2, m=20), loss="mean_residual", method="partial", max_order=1)
        certificate = certify(fit)
        assert certificate.seconds < 10
        losses.append((fit.upper_bound - float(certificate.bound)) / fit.upper_bound)
    assert np.mean(np.array(losses) <= 1e-4) >= 0.9
    assert np.median(losses) <= 1e-6
