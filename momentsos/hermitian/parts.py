r"""Real and imaginary parts of complex polynomials, as real polynomials in the parts of the variables.

With :math:`z = x + iy` a monomial :math:`z^\alpha \bar z^\beta` is a polynomial in `x` and `y` with coefficients in the
Gaussian integers. Everything is computed in fractions, and coefficients are floats again where that changes none of
them: the translation says exactly what was given.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..errors import InvalidInput
from ..polynomials import Polynomial
from ..polynomials.conjugates import ComplexPolynomial, letter_of_conjugate

#: By this share of a coefficient the one of the conjugate monomial may miss its conjugate: rounding of products.
_ROUNDING = Fraction(1, 10**12)

Row = tuple[int, ...]
#: Coefficients of a polynomial in real variables by exponents: real and imaginary part.
Gaussian = dict[Row, tuple[Fraction, Fraction]]


def part_names(name: str) -> tuple[str, str]:
    """Return the names of the real and of the imaginary part of a complex variable."""
    return f"{name}_re", f"{name}_im"


def occurring(p: ComplexPolynomial) -> set[str]:
    """Return the names of the variables that occur, themselves or as conjugates."""
    used = {
        letter
        for q in (p.real_terms, p.imaginary_terms)
        for letter, use in zip(q.variables, q.support.occurs, strict=True)
        if use
    }
    return {name for name in p.variables if name in used or letter_of_conjugate(name) in used}


def split_terms(p: ComplexPolynomial) -> tuple[dict[tuple[Row, Row, Row], tuple[Fraction, Fraction]], tuple[str, ...]]:
    r"""Return coefficients by :math:`(\alpha, \beta, \gamma)`, and the names of the real variables of the last."""
    places = {letter: place for place, letter in enumerate(p.letters)}
    plain = [places[name] for name in p.names]
    barred = [places[letter_of_conjugate(name)] for name in p.names]
    real_names = tuple(name for name in p.variables if name not in p.names)
    rest = [places[name] for name in real_names]
    found = {}
    for row, value in p.terms.items():
        alpha, beta, gamma = (tuple(row[place] for place in group) for group in (plain, barred, rest))
        found[alpha, beta, gamma] = value
    return found, real_names


def needs_real_values(p: ComplexPolynomial, where: str) -> None:
    """Raise unless the coefficients of conjugate monomials are conjugate, to the rounding of floats.

    Raises
    ------
    InvalidInput
        The line says where, which term has no partner, and what to write instead.
    """
    alone = term_without_partner(p)
    if alone is not None:
        raise InvalidInput(
            f"{where}: not real-valued, the term {alone!s:.80} has no conjugate term: expected a Hermitian polynomial; "
            f"write ms.real(p), ms.imag(p) or ms.abs2(p) of what is meant"
        )


def term_without_partner(p: ComplexPolynomial) -> ComplexPolynomial | None:
    r"""Return a term of which :math:`\bar p` has another coefficient; None where `p` is real-valued.

    Exact coefficients have to agree; floats may differ by 1e-12 of their size, and the real part is meant then.
    """
    exact = all(q.is_exact for q in (p.real_terms, p.imaginary_terms) if q)
    own, barred, none = p.terms, p.conj().terms, (Fraction(0), Fraction(0))
    for row in {**own, **barred}:
        (a, b), (c, d) = own.get(row, none), barred.get(row, none)
        size = max(map(abs, (a, b, c, d)))
        if max(abs(a - c), abs(b - d)) > (0 if exact else _ROUNDING * size):
            value = own.get(row, barred.get(row, none))
            real_terms, imaginary_terms = (Polynomial.from_terms([row], [part], p.letters) for part in value)
            return ComplexPolynomial(real_terms, imaginary_terms, p.names)
    return None


def parts(
    p: ComplexPolynomial, variables: tuple[str, ...], fixed: frozenset[str] = frozenset()
) -> tuple[Polynomial, Polynomial]:
    """Return the real and the imaginary part as polynomials in real variables.

    Parameters
    ----------
    p : ComplexPolynomial
    variables : tuple of str
        The real variables: those of the polynomial, and the parts of complex ones.
    fixed : set of str
        Complex variables whose imaginary part is zero, and is no variable.
    """
    terms, real_names = split_terms(p)
    places = {name: place for place, name in enumerate(variables)}
    own = [places.get(name, -1) for name in real_names]  # -1: those that do not occur
    columns = [tuple(places.get(name, -1) for name in part_names(name)) for name in p.names]
    found: Gaussian = {}
    for (alpha, beta, gamma), value in terms.items():
        start = [0] * len(variables)
        for place, power in zip(own, gamma, strict=True):
            start[place] += power
        product: Gaussian = {tuple(start): value}
        for name, (first, second), a, b in zip(p.names, columns, alpha, beta, strict=True):
            if a or b:
                image = {(a + b, 0): (1, 0)} if name in fixed else _powers(a, b)
                product = _times(product, image, first, second)
        for row, (re, im) in product.items():
            before = found.get(row, (Fraction(0), Fraction(0)))
            found[row] = before[0] + re, before[1] + im
    rows = list(found)
    real, imaginary = (_stated(rows, [found[row][i] for row in rows], variables) for i in (0, 1))
    return real, imaginary


def _powers(a: int, b: int) -> dict[tuple[int, int], tuple[int, int]]:
    r"""Return :math:`(x + iy)^a (x - iy)^b` by exponents of `x` and `y`."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for j in range(a + b + 1):  # the power of y: i^k (-i)^(j - k) = i^(2k - j), which is i^-j (-1)^k
        count = sum((-1) ** (j - k) * math.comb(a, k) * math.comb(b, j - k) for k in range(j + 1))
        if count:
            unit = ((1, 0), (0, 1), (-1, 0), (0, -1))[j % 4]
            found[a + b - j, j] = unit[0] * count, unit[1] * count
    return found


def _times(product: Gaussian, image: dict[tuple[int, int], tuple[int, int]], first: int, second: int) -> Gaussian:
    """Return the product with the powers of a variable whose parts have these places."""
    found: Gaussian = {}
    for row, (re, im) in product.items():
        for (i, j), (c, d) in image.items():
            longer = list(row)
            longer[first] += i
            if j:
                longer[second] += j
            found[tuple(longer)] = re * c - im * d, re * d + im * c
    return found


def _stated(rows: list[Row], values: list[Fraction], variables: tuple[str, ...]) -> Polynomial:
    """Return a polynomial with floats where these are the coefficients exactly."""
    floats = [_as_float(value) for value in values]
    exact = any(each is None or each != value for each, value in zip(floats, values, strict=True))
    # mypy does not see that floats with a None among them are not taken
    return Polynomial.from_terms(rows, values if exact else floats, variables)  # type: ignore[arg-type]


def _as_float(value: Fraction) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
