"""Worked programs whose answers are known, each proved exactly and verified without a solver."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.polynomials import Polynomial

X, Y = ms.variables("x y")
T = ms.unknown("t")
#: The form of Horn, in squares: its matrix is copositive.
HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]])
MOTZKIN = X**4 * Y**2 + X**2 * Y**4 - 3 * X**2 * Y**2 + 1


def in_squares(matrix: np.ndarray) -> tuple[Polynomial, Polynomial]:
    """Return the quartic form of a matrix in the squares of its variables, and the sum of these squares."""
    z = ms.variables(*[f"z{i}" for i in range(len(matrix))])
    form = sum(float(matrix[i, j]) * z[i] ** 2 * z[j] ** 2 for i in range(len(z)) for j in range(len(z)))
    return form, sum(each**2 for each in z)


def proved(program: ms.SOSProgram, **options) -> ms.SOSResult:
    """Return a result that is certified, after verifying its certificate from the beginning."""
    result = program.solve(**options)
    assert result.status is ms.Status.CERTIFIED, str(result)
    assert result.certify().verify(program).holds
    return result


def expanded(gram) -> Polynomial:
    """Return the polynomial of a Gram matrix in floats."""
    s = len(gram.basis)
    rows = [gram.basis[i] + gram.basis[j] for i in range(s) for j in range(s)]
    return Polynomial.from_terms(rows, gram.matrix.reshape(-1), gram.variables)


# -- polynomials in one variable ---------------------------------------------------------------------------


def test_the_minimum_of_a_quartic_is_found_and_proved_from_both_sides():
    p = X**4 - 3 * X**2 + X + 1
    result = proved(ms.SOSProgram([ms.sos(p - T)], maximize=T))
    roots = np.roots([4, 0, -6, 1])
    exact = min(p(np.array([r.real, 0.0])) for r in roots)
    assert result.value == pytest.approx(exact, abs=1e-7)
    assert Fraction(result.lower_bound) <= result.values["t"] <= Fraction(result.upper_bound)
    assert isinstance(result.values["t"], Fraction)


def test_gram_matrices_are_those_of_the_identity():
    p = X**4 - 3 * X**2 + X + 1
    result = proved(ms.SOSProgram([ms.sos(p - T, on=[4 - X**2])], maximize=T))
    factors = {(): Polynomial.constant(1.0, ("x",)), (0,): (4 - X**2).over(("x",))}
    total = sum(expanded(gram) * factors[gram.factors] for gram in result.grams)
    rest = total - (p.over(("x",)) - float(result.values["t"]))
    assert np.abs(rest.values).max(initial=0.0) < 1e-9
    assert result.residual < 1e-9 and result.least_eigenvalue > -1e-9


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_the_best_approximation_of_a_power_is_chebyshevs(n):
    q = ms.unknown("q", X, degree=n - 1)
    error = X**n - q
    result = proved(ms.SOSProgram([ms.sos(T - error, on=[1 - X**2]), ms.sos(T + error, on=[1 - X**2])], minimize=T))
    assert result.value == pytest.approx(2.0 ** (1 - n), abs=1e-6)
    assert result.upper_bound >= 2.0 ** (1 - n) - 1e-15
    chebyshev = np.polynomial.chebyshev.cheb2poly([0] * n + [1]) / 2.0 ** (n - 1)
    points = np.linspace(-1, 1, 9)
    ours = points**n - result.values[q].over(("x",))(points[:, None])
    assert ours == pytest.approx(np.polynomial.polynomial.polyval(points, chebyshev), abs=1e-4)


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_units_of_the_variables_do_not_matter(unit):
    z = X / unit
    result = proved(ms.SOSProgram([ms.sos(z**4 - 3 * z**2 + z + 1 - T, on=[9 - z**2])], maximize=T))
    assert result.value == pytest.approx(-2.513905039, abs=1e-6)


# -- squares or not ----------------------------------------------------------------------------------------


def test_the_polynomial_of_motzkin_is_no_sum_of_squares_and_becomes_one_with_a_multiplier():
    program = ms.SOSProgram([ms.sos(MOTZKIN)])
    result = program.solve()
    assert result.status is ms.Status.INFEASIBLE
    assert result.certify().verify(program).holds and result.certify().claim == "infeasible"
    assert not len(result.values) and result.value is None and result.grams == () and result.residual is None
    assert ms.SOSProgram([ms.sos(MOTZKIN - T)], maximize=T).solve().status is ms.Status.INFEASIBLE
    proved(ms.SOSProgram([ms.sos(MOTZKIN * (X**2 + Y**2 + 1))]))  # it has zeros: nothing is lost to rounding


def test_the_matrix_of_horn_is_copositive_with_one_multiplier_and_not_without():
    form, squares = in_squares(HORN)
    assert ms.SOSProgram([ms.sos(form)]).solve().status is ms.Status.INFEASIBLE
    proved(ms.SOSProgram([ms.sos(squares * form)]))
    margin = proved(ms.SOSProgram([ms.sos(form - T * squares**2)], maximize=T))
    assert margin.value == pytest.approx(2 / np.sqrt(5) - 1, abs=1e-6)


def test_a_matrix_that_is_not_copositive_is_refuted_with_every_multiplier():
    form, squares = in_squares(HORN - 0.1)
    assert ms.SOSProgram([ms.sos(squares * form)]).solve().status is ms.Status.INFEASIBLE


@pytest.mark.parametrize(
    "polynomial",
    [
        (X - 1) ** 2 * (X**2 + 1),
        (X**2 - 2) ** 2,
        (X - Fraction(1, 3)) ** 2 * (Y - 1) ** 2 + (X - Fraction(1, 3)) ** 4,
        (X + 2 * Y) ** 2,
        0 * X,
        1 + 0 * X,
    ],
)
def test_squares_with_zeros_are_proved_exactly(polynomial):
    proved(ms.SOSProgram([ms.sos(polynomial)]))


@pytest.mark.parametrize("polynomial", [X**3 + X, -1 + 0 * X, X * Y, X**2 - 1e-3, X**4 + X**3])
def test_what_is_negative_somewhere_is_proved_to_be_no_sum_of_squares(polynomial):
    program = ms.SOSProgram([ms.sos(polynomial)])
    result = program.solve()
    assert result.status is ms.Status.INFEASIBLE
    assert result.certify().verify(program).holds


def test_products_of_inequalities_prove_more():
    box = {"on": [1 - X, 1 + X]}
    assert ms.SOSProgram([ms.sos(-(X**2) - T, **box)], maximize=T).solve().status is ms.Status.INFEASIBLE
    result = proved(ms.SOSProgram([ms.sos(-(X**2) - T, products=True, **box)], maximize=T))
    assert result.value == pytest.approx(-1, abs=1e-6)


# -- control -----------------------------------------------------------------------------------------------


def test_a_cubic_system_has_a_lyapunov_function():
    f = [-X - 2 * Y**2, -Y - X * Y - 2 * Y**3]
    v = ms.unknown("V", (X, Y), degree=4, minimum=2)
    falling = -(v.diff(X) * f[0] + v.diff(Y) * f[1])
    result = proved(ms.SOSProgram([ms.sos(v - 0.1 * (X**2 + Y**2)), ms.sos(falling)]))
    rng = np.random.default_rng(0)
    points = rng.standard_normal((200, 2)) * 3
    assert (result.values[v](points) >= 0.1 * (points**2).sum(axis=1)).all()
    assert (result.values[falling](points) >= -1e-9).all()


def test_an_unstable_linear_system_has_none():
    v = ms.unknown("V", (X, Y), degree=2, minimum=2)
    program = ms.SOSProgram([ms.sos(v - X**2 - Y**2), ms.sos(-(v.diff(X) * X + v.diff(Y) * (-X - Y)))])
    result = program.solve()
    assert result.status is ms.Status.INFEASIBLE
    assert result.certify().verify(program).holds


def test_the_region_of_attraction_grows_by_bisection_until_it_is_proved_to_be_too_large():
    f = [-Y, X - Y + X**2 * Y]  # van der Pol, backwards in time
    v = X**2 * Fraction(3, 2) - X * Y + Y**2
    slope = v.derivative("x") * f[0] + v.derivative("y") * f[1]
    low, high = Fraction(0), Fraction(8)
    for _ in range(6):
        level = (low + high) / 2
        inside = ms.SOSProgram([ms.sos(-slope - Fraction(1, 1000) * (X**2 + Y**2), on=[level - v], degree=6)]).solve()
        assert inside.status in (ms.Status.CERTIFIED, ms.Status.INFEASIBLE)
        low, high = (level, high) if inside.status is ms.Status.CERTIFIED else (low, level)
    assert 2 < low < 2.4
    rng = np.random.default_rng(1)
    points = rng.uniform(-3, 3, (4000, 2))
    points = points[v(points) <= float(low)]
    assert (slope(points) < 0).all()


def test_a_barrier_separates_the_start_from_what_is_unsafe():
    f = [Y, -X + Fraction(1, 3) * X**3 - Y]
    start = Fraction(1, 4) - (X - Fraction(3, 2)) ** 2 - Y**2
    unsafe = Fraction(4, 25) - (X + 1) ** 2 - (Y + 1) ** 2
    b = ms.unknown("B", (X, Y), degree=4)
    fall = -(b.diff(X) * f[0] + b.diff(Y) * f[1])
    program = ms.SOSProgram([ms.sos(-b, on=[start]), ms.sos(b - 0.001, on=[unsafe]), ms.sos(fall)])
    barrier = proved(program).values[b]
    assert barrier(np.array([1.5, 0.3])) <= 0 < barrier(np.array([-1.0, -1.2]))


def test_a_linear_matrix_inequality_is_a_program_of_constants():
    a = np.array([[-1.0, 1.0], [-1.0, -2.0]])
    p = ms.unknown("P", size=2)
    result = proved(ms.SOSProgram([ms.sos(p - np.eye(2)), ms.sos(-(a.T @ p + p @ a))], minimize=p[0, 0] + p[1, 1]))
    assert result.value == pytest.approx(2, abs=1e-6)


def test_a_polynomial_matrix_is_bounded_below():
    matrix = [[2 - X - T, 1], [1, 2 + X - T]]
    result = proved(ms.SOSProgram([ms.sos(matrix, on=[1 - X**2])], maximize=T))
    assert result.value == pytest.approx(2 - np.sqrt(2), abs=1e-6)  # at the ends of the interval
    proved(ms.SOSProgram([ms.sos([[1 + X**2, X * Y], [X * Y, Y**2 + X**2]])]))


def test_a_monotone_and_convex_fit_is_the_best_one():
    rng = np.random.default_rng(3)
    at = np.linspace(0, 1, 9)
    seen = np.exp(at) + 0.05 * rng.standard_normal(9)
    q = ms.unknown("q", X, degree=4)
    rest = [q.substitute({X: a}) - s for a, s in zip(at, seen, strict=True)]
    loss = [[T, *rest], *[[r, *np.eye(9)[i]] for i, r in enumerate(rest)]]
    slope, bend, inside = q.diff(X), q.diff(X).diff(X), [X * (1 - X)]
    result = proved(ms.SOSProgram([ms.sos(loss), ms.sos(slope, on=inside), ms.sos(bend, on=inside)], minimize=T))
    fit = result.values[q].over(("x",))
    assert result.value == pytest.approx(((fit(at[:, None]) - seen) ** 2).sum(), abs=1e-5)
    points = np.linspace(0, 1, 50)[:, None]
    assert (fit.derivative("x")(points) >= -1e-12).all()
    assert (fit.derivative("x").derivative("x")(points) >= -1e-12).all()


# -- identities, scalars, sets -----------------------------------------------------------------------------


def test_identities_divide_polynomials():
    q = ms.unknown("q", (X, Y), degree=2)
    assert proved(ms.SOSProgram([ms.identity(q * (X + Y), X**3 + Y**3)])).values[q] == X**2 - X * Y + Y**2
    wrong = ms.SOSProgram([ms.identity(q * (X + Y), X**3 + Y**3 + 1)])
    assert wrong.solve().status is ms.Status.INFEASIBLE


def test_scalar_inequalities_are_squares_without_variables():
    assert proved(ms.SOSProgram([ms.sos(T - 1), ms.sos(3 - T)], minimize=T)).value == pytest.approx(1)
    assert proved(ms.SOSProgram([ms.sos(T - 1), ms.sos(1 - T)], maximize=T)).value == 1
    assert ms.SOSProgram([ms.sos(T - 1), ms.sos(0.5 - T)], minimize=T).solve().status is ms.Status.INFEASIBLE


def test_an_objective_without_bound_is_named():
    result = ms.SOSProgram([ms.sos(X**2 + T)], maximize=T).solve()
    assert result.status is ms.Status.UNBOUNDED and result.upper_bound == np.inf
    assert result.certify().verify(result.program).holds  # of the feasible choice


def test_a_multiplier_of_an_equality_is_free():
    form = 3 * X**2 * Y - Y**3 + X**4
    result = proved(ms.SOSProgram([ms.sos(form - T, equalities=[X**2 + Y**2 - 1])], maximize=T))
    angle = np.linspace(0, 2 * np.pi, 4001)
    lowest = form(np.column_stack([np.cos(angle), np.sin(angle)])).min()
    assert result.value == pytest.approx(lowest, abs=1e-5)
    assert [m.equality for m in result.multipliers] == [0]


def test_a_program_without_interior_and_with_floats_says_what_to_do():
    result = ms.SOSProgram([ms.sos([[T + X, 2], [2, 1 - X]], on=[1 - X**2])], minimize=T).solve()
    assert result.status is ms.Status.FAILED  # impossible at x = 1, and nearly possible
    assert result.certificate is None and "slack" in result.message
    with pytest.raises(ms.CertificateError):
        result.certify()


def test_results_are_records():
    result = ms.SOSProgram([ms.sos(X**2 - 2 * X - T)], maximize=T).solve()
    assert pickle.loads(pickle.dumps(result)) == result
    assert len(repr(result)) < 400 and "CERTIFIED" in str(result)
    assert list(result.values) == ["t"] and result.values[T * X] == result.values["t"] * X


@pytest.mark.parametrize("solver", ["native", "clarabel", "scs"])
def test_several_solvers_lead_to_the_same_proof(solver):
    v = ms.unknown("V", (X, Y), degree=4, minimum=2)
    fall = -(v.diff(X) * (-X + Y) + v.diff(Y) * (-X - Y**3))
    proved(ms.SOSProgram([ms.sos(v - 0.1 * (X**2 + Y**2)), ms.sos(fall)]), solver=solver)
    result = proved(ms.SOSProgram([ms.sos(X**4 - 3 * X**2 + X + 1 - T)], maximize=T), solver=solver, tol=1e-5)
    assert result.value == pytest.approx(-2.513905039, abs=1e-5)
