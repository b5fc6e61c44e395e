"""Sparse real polynomials on integer exponent arrays, graded monomial bases, calculus, and sympy both ways."""

from .bases import basis_size, monomial_basis
from .comparison import Constraint, equal
from .exponents import ExponentIndex, combine
from .polynomial import Polynomial, variables
from .ratios import RationalSum, ratio
from .squares import sum_of_squares
from .support import Support
from .symbolic import from_sympy, to_sympy

__all__ = [
    "Constraint",
    "ExponentIndex",
    "Polynomial",
    "RationalSum",
    "Support",
    "basis_size",
    "combine",
    "equal",
    "from_sympy",
    "monomial_basis",
    "ratio",
    "sum_of_squares",
    "to_sympy",
    "variables",
]
