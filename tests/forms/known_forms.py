"""Forms that are nonnegative and no sums of squares, and ways to make more of them, all in whole numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import momentsos as ms

x, y, z, w = NAMES = ms.variables("x y z w")

CHOI_LAM = x**4 * y**2 + y**4 * z**2 + z**4 * x**2 - 3 * x**2 * y**2 * z**2
MOTZKIN = x**4 * y**2 + x**2 * y**4 + z**6 - 3 * x**2 * y**2 * z**2
ROBINSON = (
    x**6 + y**6 + z**6 + 3 * x**2 * y**2 * z**2
    - (x**4 * y**2 + x**4 * z**2 + y**4 * x**2 + y**4 * z**2 + z**4 * x**2 + z**4 * y**2)
)  # fmt: skip
QUARTIC = x**2 * y**2 + y**2 * z**2 + z**2 * x**2 + w**4 - 4 * x * y * z * w
FORMS = {"Choi and Lam": CHOI_LAM, "Motzkin": MOTZKIN, "Robinson": ROBINSON, "Choi and Lam, quartic": QUARTIC}
#: The same without one variable: Motzkin's and Robinson's polynomials, and that of Choi and Lam.
COUSINS = {
    "Motzkin": x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1,
    "Robinson": x**6 + y**6 + 1 - (x**4 * y**2 + x**4 + y**4 * x**2 + y**4 + x**2 + y**2) + 3 * x**2 * y**2,
    "Choi and Lam": x**4 * y**2 + y**4 + x**2 - 3 * x**2 * y**2,
}


def of(p: ms.Polynomial) -> ms.Polynomial:
    """Return a polynomial in the variables that occur in it."""
    names = [name for name, used in zip(p.variables, p.support.occurs.tolist(), strict=True) if used]
    return p.over(names)


def changed(p: ms.Polynomial, matrix: np.ndarray) -> ms.Polynomial:
    """Return a polynomial after a linear change of its first variables by whole numbers."""
    own = of(p)
    n = len(own.variables)
    forms = {
        own.variables[i]: sum((int(matrix[i, j]) * NAMES[j] for j in range(n)), 0 * x * Fraction(1)) for i in range(n)
    }
    return of((own * Fraction(1)).substitute(forms))


def random_form(rng: np.random.Generator, degree: int, n: int, terms: int) -> ms.Polynomial:
    """Return a form with small whole coefficients."""
    total = 0 * x * Fraction(1)
    for _ in range(terms):
        powers = rng.multinomial(degree, np.ones(n) / n)
        monomial = 1 * x**0
        for power, variable in zip(powers.tolist(), NAMES, strict=False):
            monomial = monomial * variable**power
        total = total + int(rng.integers(-3, 4)) * monomial
    return total


def unimodular(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return an invertible matrix with small whole entries."""
    lower, upper = (np.eye(n, dtype=int) for _ in range(2))
    lower[np.tril_indices(n, -1)] = rng.integers(-1, 2, n * (n - 1) // 2)
    upper[np.triu_indices(n, 1)] = rng.integers(-1, 2, n * (n - 1) // 2)
    return lower @ upper
