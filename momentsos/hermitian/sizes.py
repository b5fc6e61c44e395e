"""Sizes of the relaxations that a complex problem has: over the reals, and the Hermitian one."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

from ..machine.records import Record


@dataclass(frozen=True, eq=False, repr=False)
class HierarchySizes(Record):
    r"""Rows of the moment matrix and numbers of moments of dense relaxations of one order, computed and not built.

    Attributes
    ----------
    order : int
    real : (int, int)
        In the real and imaginary parts of all variables: rows, moments.
    fixed : (int, int)
        The same, with the imaginary parts left out that phases make zero: what `ComplexProblem.solve` relaxes.
    hermitian : (int, int)
        The complex moment matrix in the monomials :math:`z^\alpha x^\gamma` up to the order, as a real matrix of twice
        the rows, and the real numbers that its entries are (Josz and Molzahn).
    by_charge : (int, int)
        The same without the moments that phases make zero: the largest block, and the real numbers. Its bound is at
        most that of `real`.
    """

    order: int
    real: tuple[int, int]
    fixed: tuple[int, int]
    hermitian: tuple[int, int]
    by_charge: tuple[int, int]


def predicted(order: int, complex_count: int, real_count: int, fixed: int, uniform: bool) -> HierarchySizes:
    r"""Return the sizes; `uniform` says that turning all complex variables by one phase changes nothing.

    A moment of :math:`z^\alpha \bar z^\beta x^\gamma` occurs where `\alpha` and `\beta` have degrees up to the order
    and all three together up to twice that; with its conjugate it is two real numbers.
    """

    def dense(n: int) -> tuple[int, int]:
        return comb(n + order, order), comb(n + 2 * order, 2 * order)

    def forms(degree: int) -> int:
        return comb(complex_count + degree - 1, degree) if complex_count else int(degree == 0)

    degrees = range(order + 1)
    moments = {
        (a, b): forms(a) * forms(b) * comb(real_count + 2 * order - a - b, real_count) for a in degrees for b in degrees
    }
    rows = [forms(a) * comb(real_count + order - a, real_count) for a in degrees]
    hermitian = 2 * sum(rows), sum(moments.values())
    by_charge = 2 * max(rows), sum(moments[a, a] for a in degrees)
    return HierarchySizes(
        order,
        dense(2 * complex_count + real_count),
        dense(2 * complex_count + real_count - fixed),
        hermitian,
        by_charge if uniform else hermitian,
    )
