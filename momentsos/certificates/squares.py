r"""Exact certificates of bounds of sums of squares: one Gram matrix, in the polynomials that the residuals are made of.

The proof that `momentsos.squares.proof` has found is rounded to short binary fractions, and what that leaves of the
identity goes into one entry for each product. With :math:`b` the basis and :math:`w` the denominator,
:math:`(f - \beta) w = b^\top Y b`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb
from typing import TYPE_CHECKING, Any

from flint import fmpq_mat

from ..hierarchy.methods.squares import SquaresRelaxation
from ..polynomials import Polynomial
from ..polynomials.dyadic import Dyadic
from ..problem import Problem
from .document import Identity, sealed_identity
from .errors import CertificateError
from .format import Refused, write_number
from .frame import fraction, rational

if TYPE_CHECKING:
    from ..hierarchy.result import Result

#: Bits of the entries of a Gram matrix, below the largest one.
_BITS = 260
#: Bits of a bound behind the point, beyond those of its own size.
_BOUND_BITS = 60

Combination = dict[tuple[int, ...], Fraction]


def proved_squares(
    result: Result, relaxation: SquaresRelaxation, lower: float | Fraction, named: Fraction | None = None
) -> tuple[dict[str, Any], Fraction | None]:
    """Return the document that proves a bound not below `lower`, or exactly `named`, and the upper bound in it.

    Raises
    ------
    CertificateError
        The proof does not exist, or the verifier refuses it.
    """
    assert result.solution is not None
    form, problem = relaxation.program.whitened.form, result.problem
    proof = relaxation.program.best(result.solution)
    if proof is None or proof.bound <= 0:
        gamma, defect, gram = Fraction(0), Fraction(0), form.gram
    else:
        gamma, defect, gram = proof.gamma, proof.defect, proof.gram + form.gram.times(proof.defect)
    bound = _below(gamma / (1 + defect))
    if bound < Fraction(lower):
        raise CertificateError(f"the bound that is proved, {float(bound):.12g}, is below {float(lower):.12g}")
    bound = bound if named is None else named
    exact = relaxation.program.matched(_divided(gram, 1 + defect), bound)
    combinations = [_in_frame(row, problem, relaxation) for row in form.exponents.tolist()]
    block = _block(combinations, [row[: i + 1] for i, row in enumerate(exact.fractions())])
    centre, widths = relaxation.centre, relaxation.widths
    n = problem.n_variables
    change = {
        "shift": [str(Fraction(c)) for c in centre],
        "matrix": [[str(Fraction(widths[i]) if i == j else Fraction(0)) for j in range(n)] for i in range(n)],
    }
    denominator = {"exponent": relaxation.plan.order, "variables": list(relaxation.inner)}
    try:
        return sealed_identity(result, problem, Identity(change, denominator, bound, [block], []))
    except Refused as error:
        raise CertificateError(f"the verifier refuses the proof: {error}") from error


def proved_by_factor(result: Result, bound: Fraction) -> tuple[dict[str, Any], Fraction | None]:
    """Return the document that proves a bound of at most zero of an objective that remembers its squares.

    Raises
    ------
    CertificateError
        It remembers none, the bound is above zero, or the verifier refuses the proof.
    """
    problem = result.problem
    if problem.squares is None or bound > 0:
        raise CertificateError("the objective is not known to be a sum of squares above this bound")
    n, parts = problem.n_variables, [r for r in problem.squares.polynomials if r]
    blocks = [_block(*_sum_of_squares(parts))] if parts else []
    if bound < 0:
        blocks.append({"factors": [], "basis": [[0] * n], "combination": [], "gram": [[write_number(-bound)]]})
    unit = [[str(int(i == j)) for j in range(n)] for i in range(n)]
    change = {"shift": ["0"] * n, "matrix": unit}
    identity = Identity(change, {"exponent": 0, "variables": []}, bound, blocks, [])
    try:
        return sealed_identity(result, problem, identity)
    except Refused as error:
        raise CertificateError(f"the verifier refuses the sum of squares: {error}") from error


def _sum_of_squares(parts: list[Polynomial]) -> tuple[list[Combination], list[list[Fraction]]]:
    """Return independent polynomials, and the lower triangle of the definite matrix of the sum of squares of `parts`.

    With the coefficients `A` of the parts, and the echelon form `C` of them, `A` is `B C`, and the matrix `B' B`.
    """
    terms = [dict(zip(map(tuple, r.exponents.tolist()), r.exact, strict=True)) for r in parts]
    keys = sorted({key for each in terms for key in each})
    matrix = fmpq_mat([[rational(each.get(key, Fraction(0))) for key in keys] for each in terms])
    echelon, rank = matrix.rref()
    rows = [[fraction(value) for value in row] for row in echelon.tolist()[:rank]]
    pivots = [next(i for i, value in enumerate(row) if value) for row in rows]
    factor = fmpq_mat([[matrix[i, j] for j in pivots] for i in range(len(terms))])
    gram = (factor.transpose() * factor).tolist()
    combinations = [{key: value for key, value in zip(keys, row, strict=True) if value} for row in rows]
    return combinations, [[fraction(value) for value in row[: i + 1]] for i, row in enumerate(gram)]


def _below(value: Fraction) -> Fraction:
    """Return a short binary fraction that is not above, by a relative 1e-18 at most."""
    spare = max(0, value.denominator.bit_length() - value.numerator.bit_length())
    unit = Fraction(2) ** (spare + _BOUND_BITS)
    return Fraction((value * unit) // 1) / unit


def _divided(gram: Dyadic, by: Fraction) -> Dyadic:
    """Return the quotient on a grid of binary fractions."""
    inverse = Fraction((2**_BITS * by.denominator) // by.numerator, 2**_BITS)
    return gram.times(inverse).rounded(_BITS)


def _in_frame(row: list[int], problem: Problem, relaxation: SquaresRelaxation) -> Combination:
    """Return an element of the basis as a polynomial in the variables `t` of ``centre + widths * t``."""
    n = problem.n_variables
    total: Combination = {}
    terms: list[tuple[Fraction, tuple[int, ...]]] = [(Fraction(1), tuple(row[:n]))]
    for i in [i for i, power in enumerate(row[n:]) if power]:
        polynomial = relaxation.program.whitened.form.extra[i]
        factors = list(zip(polynomial.exact, map(tuple, polynomial.exponents.tolist()), strict=True))
        terms = [(c * d, tuple(a + b for a, b in zip(r, s, strict=True))) for (c, r), (d, s) in product(terms, factors)]
    for coefficient, powers in terms:
        found: Combination = {(): coefficient}
        for power, centre, width in zip(powers, relaxation.centre, relaxation.widths, strict=True):
            a, s = Fraction(centre), Fraction(width)
            found = {
                (*key, p): value * comb(power, p) * a ** (power - p) * s**p
                for key, value in found.items()
                for p in range(power + 1)
                if a or p == power
            }
        for key, value in found.items():
            total[key] = total.get(key, Fraction(0)) + value
    return total


def _block(combinations: list[Combination], lower: list[list[Fraction]]) -> dict[str, Any]:
    """Return the block of a lower triangle as the format writes it: monomials alone where the basis is such."""
    gram = [[write_number(value) for value in row] for row in lower]
    singles = [next(iter(c)) for c in combinations if len(c) == 1 and next(iter(c.values())) == 1]
    if len(singles) == len(combinations):
        return {"factors": [], "basis": [list(row) for row in singles], "combination": [], "gram": gram}
    basis = sorted({key for each in combinations for key in each})
    rows = [[write_number(each.get(key, Fraction(0))) for key in basis] for each in combinations]
    return {"factors": [], "basis": [list(row) for row in basis], "combination": rows, "gram": gram}
