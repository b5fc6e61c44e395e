"""Sparse real polynomials on integer exponent arrays, graded monomial bases, calculus, and sympy both ways."""

from .bases import basis_size, monomial_basis
from .comparison import Constraint, equal
from .conjugates import ComplexConstraint, ComplexPolynomial, abs2, complex_variables, conj, imag, real
from .exponents import ExponentIndex, combine
from .polynomial import Polynomial, variables
from .ratios import RationalSum, ratio
from .squares import sum_of_squares
from .support import Support
from .symbolic import from_sympy, to_sympy

__all__ = [
    "ComplexConstraint",
    "ComplexPolynomial",
    "Constraint",
    "ExponentIndex",
    "Polynomial",
    "RationalSum",
    "Support",
    "abs2",
    "basis_size",
    "combine",
    "complex_variables",
    "conj",
    "equal",
    "from_sympy",
    "imag",
    "monomial_basis",
    "ratio",
    "real",
    "sum_of_squares",
    "to_sympy",
    "variables",
]
