"""Examples whose unknowns are polynomials, or numbers under sum-of-squares constraints."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import momentsos as ms

from .example import Example
from .problems import GLOPTIPOLY, JULIA, SOSTOOLS, TSSOS

x, y, z = ms.variables("x y z")
(s,) = ms.variables("s")
t = ms.unknown("t")
HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]])


def _multiple_of_a_norm() -> ms.SOSResult:
    f = x**2 - x * y + y**2 + y * z + z**2
    on_a_sphere = [x**2 + y**2 + z**2 - 1]
    return ms.SOSProgram([ms.sos(f - t * (x**2 + y**2 + z**2), equalities=on_a_sphere)], maximize=t).solve()


def _is_a_sum() -> ms.SOSResult:
    return ms.SOSProgram([ms.sos(3 * x**4 - 2 * x**3 * y + x**2 * y**2 + 2 * y**4)]).solve()


def _on_a_curve() -> ms.SOSResult:
    return ms.SOSProgram([ms.sos(2 - x - y**2, equalities=[x**2 + y**2 - 1])]).solve()


def _univariate() -> ms.SOSResult:
    return ms.SOSProgram([ms.sos((s**2 - s - 2) ** 2 - 4 - t)], maximize=t).solve()


def _motzkin(multiplier: ms.Polynomial | int) -> ms.SOSResult:
    form = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1
    return ms.SOSProgram([ms.sos(multiplier * form)]).solve()


def _matrix() -> ms.SOSResult:
    return ms.SOSProgram([ms.sos([[2 * s**2 + 1, s - 1], [s - 1, s**2 + 2]])]).solve()


def _sign_symmetric() -> ms.SOSResult:
    return ms.SOSProgram([ms.sos(x**4 + x**2 * y**4 + y**8 + 1 - t * x**2 * y**2)], maximize=t).solve()


def _lyapunov() -> ms.SOSResult:
    """The third equation has the denominator 1 + z^2, with which everything is multiplied."""
    one = 1 + z**2
    f = [(-(x**3) - x * z**2) * one, (-y - x**2 * y) * one, -z * one - 2 * z + 2 * x**2 * z * one]
    V = ms.unknown("V", (x, y, z), monomials=[x**2, y**2, z**2])
    falling = -sum(V.diff(v) * each for v, each in zip((x, y, z), f, strict=True))
    return ms.SOSProgram([ms.sos(V - (x**2 + y**2 + z**2)), ms.sos(falling)]).solve()


def _barrier() -> ms.SOSResult:
    f = [y, -x + Fraction(1, 4) * x**3 - y]
    start = Fraction(1, 4) - (x - Fraction(3, 2)) ** 2 - y**2
    unsafe = Fraction(1, 8) - (x + 1) ** 2 - (y + 1) ** 2
    B = ms.unknown("B", (x, y), degree=4)
    never_rises = ms.sos(-(B.diff(x) * f[0] + B.diff(y) * f[1]))
    return ms.SOSProgram([ms.sos(-B, on=[start]), ms.sos(B - 0.001, on=[unsafe]), never_rises]).solve()


def _tail() -> ms.SOSResult:
    """Mean 2 and variance 1 on [0, 10]; the bound of Cantelli is attained there."""
    c = [ms.unknown(f"c{k}") for k in range(3)]
    q = c[0] + c[1] * s + c[2] * s**2
    support, event = [s * (10 - s)], [(s - 5) * (10 - s)]
    mean = c[0] + 2 * c[1] + 5 * c[2]
    return ms.SOSProgram([ms.sos(q, on=support), ms.sos(q - 1, on=event)], minimize=mean).solve()


def _copositive(multiplied: bool) -> ms.SOSResult:
    v = ms.variables("a b c d e")
    form = sum(int(HORN[i, j]) * v[i] ** 2 * v[j] ** 2 for i in range(5) for j in range(5))
    return ms.SOSProgram([ms.sos(sum(each**2 for each in v) * form if multiplied else form)]).solve()


def _structured_singular_value() -> ms.SOSResult:
    """|M_i z| >= g |z_i| for all i at no z but zero: g is above the structured singular value of M, three scalars."""
    rng = np.random.default_rng(2)
    M = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    g = 0.95 * float(np.linalg.norm(M, 2))
    v = ms.variables([f"x{i}" for i in range(6)])
    terms = []
    for i in range(3):
        row = M[i : i + 1]
        H = row.conj().T @ row - g**2 * np.diag(np.eye(3)[i])
        full = np.block([[H.real, -H.imag], [H.imag, H.real]])
        terms.append(sum(float(full[j, k]) * v[j] * v[k] for j in range(6) for k in range(6)))
    Q = [ms.unknown(f"Q{i}", v, degree=2, minimum=2) for i in range(3)]
    weighted = -sum(q * a for q, a in zip(Q, terms, strict=True)) - Fraction(1, 100) * sum(each**4 for each in v)
    return ms.SOSProgram([ms.sos(weighted), *(ms.sos(q) for q in Q)]).solve()


def _chebyshev() -> ms.SOSResult:
    """The largest leading coefficient of a polynomial of degree 6 between -1 and 1 on the interval is 2^5."""
    q, inside = ms.unknown("q", s, degree=5), [1 - s**2]
    p = t * s**6 + q
    return ms.SOSProgram([ms.sos(1 - p, on=inside), ms.sos(1 + p, on=inside)], maximize=t).solve()


def _matrix_of_forms() -> ms.SOSResult:
    """H'H, and a square on the diagonal, for H with the rows (x^2, -xy) and (yz, xz)."""
    corner = x * y * z**2 - x**3 * y
    entries = [[x**4 + y**2 * z**2, corner], [corner, x**2 * y**2 + x**2 * z**2 + (y**2 + 2 * z**2) ** 2]]
    return ms.SOSProgram([ms.sos(entries)]).solve()


def _containment() -> ms.SOSResult:
    """The strip |x + g| <= 1 holds the disc of radius 1 for some g of degrees 2 and 3."""
    g = ms.unknown("g", (x, y), degree=3, minimum=2)
    m = ms.unknown("m", (x, y), degree=4)
    strip = Fraction(3, 2) * x + g
    entries = [[1 - m * (1 - x**2 - y**2), strip], [strip, 1]]
    return ms.SOSProgram([ms.sos(entries), ms.sos(m)]).solve()


def _moments() -> ms.SOSResult:
    """The largest mean of s^4 on [0, 1] with mean 1/2 and second moment 1/3."""
    c = [ms.unknown(f"c{k}") for k in range(3)]
    above = c[0] + c[1] * s + c[2] * s**2 - s**4
    mean = c[0] + c[1] * Fraction(1, 2) + c[2] * Fraction(1, 3)
    return ms.SOSProgram([ms.sos(above, on=[s * (1 - s)])], minimize=mean).solve()


def _two_measures() -> ms.SOSResult:
    """The most mass on [0, 1/2] of a measure with moments 1, 1/2, 3/10 when the rest lies on [1/2, 1]: the dual."""
    c = [ms.unknown(f"c{k}") for k in range(3)]
    q = c[0] + c[1] * s + c[2] * s**2
    left, right = [s * (Fraction(1, 2) - s)], [(s - Fraction(1, 2)) * (1 - s)]
    total = c[0] + Fraction(1, 2) * c[1] + Fraction(3, 10) * c[2]
    return ms.SOSProgram([ms.sos(q - 1, on=left), ms.sos(q, on=right)], minimize=total).solve()


NONE = ms.Status.INFEASIBLE
PROGRAMS = (
    Example(
        TSSOS,
        "sum-of-squares program",
        "largest multiple of the squared norm below a form, on the sphere",
        _multiple_of_a_norm,
        known=1 - 0.5**0.5,
    ),
    Example(JULIA, "getting started", "is a form in two variables a sum of squares", _is_a_sum),
    Example(JULIA, "on a variety", "a quadratic is nonnegative on the circle", _on_a_curve),
    Example(JULIA, "one variable", "least value of a quartic", _univariate, known=-4.0),
    Example(JULIA, "Motzkin", "Motzkin's polynomial is no sum of squares", lambda: _motzkin(1), status=NONE),
    Example(JULIA, "Motzkin, multiplied", "1 + x^2 + y^2 times it is", lambda: _motzkin(1 + x**2 + y**2)),
    Example(JULIA, "matrices", "a 2 by 2 matrix in one variable is a sum of squares", _matrix),
    Example(JULIA, "sign symmetry", "largest coefficient for which an even polynomial is a sum", _sign_symmetric),
    Example(JULIA, "barrier", "two discs that no trajectory joins", _barrier),
    Example(SOSTOOLS, "1, sum of squares", "as in getting started", _is_a_sum),
    Example(SOSTOOLS, "2, Lyapunov", "three states, a denominator in the third", _lyapunov),
    Example(SOSTOOLS, "4, copositive", "Horn's form is no sum of squares", lambda: _copositive(False), status=NONE),
    Example(SOSTOOLS, "4, multiplied", "the sum of squares of the variables times it is", lambda: _copositive(True)),
    Example(
        SOSTOOLS,
        "5, structured singular value",
        "a bound below the norm, three scalar blocks",
        _structured_singular_value,
    ),
    Example(
        SOSTOOLS,
        "7, Chebyshev",
        "largest leading coefficient of a bounded polynomial of degree 6",
        _chebyshev,
        known=32.0,
    ),
    Example(SOSTOOLS, "8, probability", "largest tail for a given mean and variance", _tail, known=0.1),
    Example(SOSTOOLS, "9, matrices", "a 2 by 2 matrix of forms in three variables", _matrix_of_forms),
    Example(SOSTOOLS, "10, containment", "a strip bounded by an unknown cubic that holds a disc", _containment),
    Example(GLOPTIPOLY, "problem of moments", "largest fourth moment for two given ones", _moments, known=7 / 27),
    Example(
        GLOPTIPOLY, "several measures", "largest share of one of two measures with given sum; its dual", _two_measures
    ),
)
#: What the same pages show and programs here do not state.
NOT_STATED = (
    (TSSOS, "noncommutative polynomials", "variables commute here"),
    (JULIA, "CHSH inequality, Hermitian squares", "variables commute here"),
    (GLOPTIPOLY, "moments as unknowns of the objective", "stated by the dual program only"),
)
