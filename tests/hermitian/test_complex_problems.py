"""Problems in complex variables: known optima, grids, phases that a problem does not see, and what is refused."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.hermitian.phases import free_phases

z, w = ms.complex_variables("z w")
(x,) = ms.variables("x")
DISK = ms.abs2(z) <= 1


def test_a_squared_modulus_vanishes_at_both_roots() -> None:
    result = ms.ComplexProblem(ms.abs2(z**2 - 1)).solve()
    assert result.status is ms.Status.CERTIFIED and abs(result.upper_bound) < 1e-9
    assert np.allclose(np.abs(result.complex_minimizers[:, 0].real), 1) and result.problem.variables == ("z",)


def test_the_real_part_of_a_cube_on_the_circle() -> None:
    result = ms.ComplexProblem(ms.real(z**3), [ms.equal(ms.abs2(z), 1)]).solve()
    assert result.status is ms.Status.CERTIFIED and abs(result.lower_bound + 1) < 1e-6
    assert np.allclose(result.complex_minimizers**3, -1, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_modulus_on_the_disk_is_that_on_a_fine_grid_of_its_border(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = rng.standard_normal(4) + 1j * rng.standard_normal(4)
    p = sum((z**k * complex(c[k]) for k in range(4)), 0 * z)
    grid = np.exp(2j * np.pi * np.arange(20_000) / 20_000)
    largest = float(np.abs(np.polyval(c[::-1], grid)).max() ** 2)
    result = ms.ComplexProblem(maximize=ms.abs2(p), constraints=[DISK]).solve()
    assert result.status is ms.Status.CERTIFIED
    assert largest <= result.upper_bound * (1 + 1e-9) and result.lower_bound <= largest * (1 + 1e-6)
    assert np.allclose(result.values(ms.abs2(p))[0], result.lower_bound)


@pytest.mark.parametrize("seed", range(3))
def test_a_random_real_part_on_the_disk_is_that_on_a_grid(seed: int) -> None:
    rng = np.random.default_rng(10 + seed)
    a = [complex(*rng.standard_normal(2)) for _ in range(4)]
    f = ms.real(a[0] * z + a[1] * z**2 + a[2] * z**2 * z.conj()) + ms.abs2(z - a[3])
    u, v = np.meshgrid(np.linspace(-1, 1, 801), np.linspace(-1, 1, 801))
    g = u + 1j * v
    values = (a[0] * g + a[1] * g**2 + a[2] * g**2 * g.conj()).real + np.abs(g - a[3]) ** 2
    least = float(values[np.abs(g) <= 1].min())
    result = ms.ComplexProblem(f, [DISK]).solve()
    assert result.status is ms.Status.CERTIFIED
    assert result.lower_bound <= least + 1e-9 and result.upper_bound >= least - 0.02


def two_buses(fix_phases: bool = True) -> tuple[ms.ComplexProblem, ms.ComplexPolynomial]:
    """Power is sent over one line to a load, voltages within ten percent; least power at the sender."""
    v1, v2 = ms.complex_variables("v1 v2")
    line = 3 - 10j
    received = v2 * ms.conj(line * (v2 - v1))
    limits = [each for v in (v1, v2) for each in (ms.abs2(v) >= 0.81, ms.abs2(v) <= 1.21)]
    sent = ms.real(v1 * ms.conj(line * (v1 - v2)))
    return ms.ComplexProblem(sent, [ms.equal(received, -(0.5 + 0.2j)), *limits], fix_phases=fix_phases), received


def test_a_load_at_the_end_of_a_line() -> None:
    """Losses are |received / v2|^2 Re(1 / line), least at the highest voltage: v1 at its limit."""
    problem, received = two_buses()
    result = problem.solve()
    assert problem.fixed == ("v1",) and problem.translated.variables == ("v1_re", "v2_re", "v2_im")
    assert result.status is ms.Status.CERTIFIED and "phases of v1" in result.message
    v1, v2 = result.complex_minimizers[0]
    assert np.isclose(abs(v1), 1.1, atol=1e-6) and np.allclose(result.values(received), -(0.5 + 0.2j), atol=1e-6)
    loss = abs(-(0.5 + 0.2j) / v2) ** 2 * (1 / (3 - 10j)).real
    assert np.isclose(result.upper_bound, 0.5 + loss, atol=1e-6)
    free = two_buses(fix_phases=False)[0].solve()
    assert free.problem.fixed == () and np.isclose(free.lower_bound, result.lower_bound, atol=1e-6)


def test_values_are_of_variables_of_the_problem() -> None:
    result = ms.ComplexProblem(ms.abs2(z - 1j), [DISK]).solve()
    assert np.allclose(result.values(z), 1j, atol=1e-4) and np.allclose(result.values(2 + w * 0), 2)
    assert np.allclose(result.values(3j), 3j)
    for other in (w, ms.variables("z")[0]):
        with pytest.raises(ms.InvalidInput, match="no such variable"):
            result.values(other)


def test_certificates_are_of_the_real_problem() -> None:
    result = ms.ComplexProblem(ms.abs2(z) + ms.real(z) * 2, [DISK]).solve()
    certificate = result.certify()
    verdict = certificate.verify(result.problem.translated)
    assert verdict.holds and certificate.bound <= Fraction(-1) + Fraction(1, 10**5)
    assert "z_re, z_im" in verdict.statement


def test_an_equation_of_complex_numbers_is_two_real_ones() -> None:
    problem = ms.ComplexProblem(ms.abs2(z - 1), [ms.equal(z**2, -4), ms.equal(1j * x, 1j * ms.abs2(z))])
    result = problem.solve()
    assert len(problem.translated.equalities) == 3
    assert np.isclose(result.upper_bound, 5) and np.allclose(result.complex_minimizers[:, 0] ** 2, -4, atol=1e-6)
    assert np.allclose(result.complex_minimizers[:, 1], 4, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_fixed_phases_change_no_optimum(seed: int) -> None:
    """A Hermitian form on the unit ball: its least eigenvalue."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    a = a + a.conj().T
    v = ms.complex_variables("a b c")
    form = ms.real(sum((complex(a[i, j]) * v[i].conj() * v[j] for i in range(3) for j in range(3)), 0 * v[0]))
    problem = ms.ComplexProblem(form, [sum((ms.abs2(each) for each in v), 0 * v[0]) <= 1])
    result = problem.solve()
    assert problem.fixed == ("a",) and result.status is ms.Status.CERTIFIED
    assert np.isclose(result.lower_bound, np.linalg.eigvalsh(a)[0], atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_free_phases_can_be_turned_away(seed: int) -> None:
    """For any phases of the free variables there is a symmetry that has them, and there are no more such variables."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    charges = rng.integers(-2, 3, (int(rng.integers(0, 4)), n))
    free = free_phases(map(tuple, charges.tolist()), n)
    assert len(free) == n - (np.linalg.matrix_rank(charges) if len(charges) else 0)
    rows = np.concatenate([charges, np.eye(n)[list(free)]])
    wanted = np.concatenate([np.zeros(len(charges)), rng.standard_normal(len(free))])
    theta = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    assert np.allclose(rows @ theta, wanted)


def test_equations_of_one_charge_leave_phases_free() -> None:
    assert ms.ComplexProblem(ms.abs2(z) + ms.abs2(w), [ms.equal(z**2, 2 * w)]).fixed == ("z",)
    assert ms.ComplexProblem(ms.abs2(z), [ms.equal(z**2, 1)]).fixed == ()
    assert ms.ComplexProblem(ms.abs2(z), [ms.equal(z * w, 0)]).fixed == ("z", "w")


def test_sizes_are_those_of_the_relaxations() -> None:
    problem, _ = two_buses()
    sizes = problem.sizes(2)
    relaxation = ms.relax(problem.translated, order=2)
    assert sizes.fixed == (relaxation.sizes["largest_block"], relaxation.sizes["moments"])
    assert sizes.real == (15, 70) and sizes.hermitian == (12, 36) and sizes.by_charge == (6, 14)


def test_large_coefficients_are_taken_as_they_are() -> None:
    ten = Fraction(10)
    problem = ms.ComplexProblem(ten**10 * ms.abs2(z - (1e5 + 1j)) + 1 / ten**3, [ms.abs2(z) <= 1e12])
    result = problem.solve()
    assert result.status is ms.Status.CERTIFIED and abs(result.upper_bound - 1e-3) < 1e-9
    assert np.allclose(result.complex_minimizers[0], 1e5 + 1j)
    small = 1e10 * ms.abs2(w) + 1e-14j * z
    with pytest.raises(ms.InvalidInput, match="not real-valued"):
        ms.ComplexProblem(small)


def test_rounding_of_products_is_no_imaginary_part() -> None:
    p = 0.1 * z + 0.2j * w + 0.3 * z * w
    ms.ComplexProblem(p * p.conj() * (p * p.conj()))
    with pytest.raises(ms.InvalidInput, match="not real-valued"):
        ms.ComplexProblem(ms.abs2(z) + Fraction(1, 10**30) * z * 1j)


def test_real_variables_have_bounds_and_domains() -> None:
    problem = ms.ComplexProblem(maximize=x * ms.real(z), constraints=[DISK, x <= 3], bounds={x: (0, 2)})
    result = problem.solve()
    assert problem.variables == ("z", "x") and np.isclose(result.upper_bound, 2, atol=1e-5)
    assert result.problem == pickle.loads(pickle.dumps(problem))


REFUSED = {
    "an objective that is not real": (lambda: ms.ComplexProblem(z), "minimize: not real-valued, the term z has"),
    "a side that is not real": (lambda: ms.ComplexProblem(ms.abs2(z), [DISK, z <= 1]), "constraints[1]: not real-val"),
    "an imaginary constant": (lambda: ms.ComplexProblem(ms.abs2(z) + 1j), "the term i has"),
    "a real problem": (lambda: ms.ComplexProblem(x), "no complex variable"),
    "no objective": (lambda: ms.ComplexProblem(), "got neither"),
    "the name of a part": (lambda: ms.ComplexProblem(ms.abs2(z) + ms.variables("z_im")[0]), "z_im: a real variable"),
    "bounds of a complex variable": (lambda: ms.ComplexProblem(ms.abs2(z), bounds={"z": (0, 1)}), "has no order"),
    "bounds of a part": (lambda: ms.ComplexProblem(ms.abs2(z) + x, bounds={"z_re": (0, 1)}), "no variable"),
    "a truth value": (lambda: ms.ComplexProblem(ms.abs2(z), [z == 1]), "an equation is equal"),
    "a polynomial as a constraint": (lambda: ms.ComplexProblem(ms.abs2(z), [1 - ms.abs2(z)]), "a comparison such as"),
    "a comparison as the objective": (lambda: ms.ComplexProblem(DISK), "comparisons go into"),
    "complex in a real problem": (lambda: ms.Problem(ms.abs2(z)), "state it as ms.ComplexProblem"),
    "complex among real constraints": (lambda: ms.Problem(x, constraints=[DISK]), "or ms.ComplexProblem"),
    "clashing constraints": (lambda: ms.ComplexProblem(ms.abs2(z), [ms.variables("z")[0] <= 1]), "z: the name of"),
    "points of another shape": (lambda: ms.ComplexProblem(ms.abs2(z)).points([[1.0, 2.0]]), "expected (points, 1)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_in_one_line(name: str) -> None:
    call, words = REFUSED[name]
    with pytest.raises(ms.InvalidInput) as caught:
        call()
    assert words in str(caught.value) and "\n" not in str(caught.value)
