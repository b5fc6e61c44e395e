r"""Faces of the cone of Gram matrices outside of which the identity has no solutions.

Where such a face is known exactly, the identity is written on it, and rounding can succeed: a block keeps the
matrices :math:`C^\top Y C` with `Y` definite. Two kinds are found: monomials whose squares cannot occur (the Newton
polytope, and its generalisation to constraints), and kernels that a functional exposes, which is computed in
floating point and recognised as rational. Writing an identity on a face never makes it less valid.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018); Reznick, *Extremal psd forms
with few terms*, Duke Math. J. 45 (1978).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents
from ..sdp import smat, svec
from ..sdp.exposing import EXPOSED, RANK_TOLERANCES, SIMPLE, Rows, exposing_program, kernel
from ..solvers import SolverOptions, solve_sdp
from .frame import Exponent, Frame, exact_terms, fraction, monomials
from .shape import Shape, unit_rows

Terms = dict[Exponent, Fraction]


def newton_face(shape: Shape) -> list[Rows]:
    """Return for each block the combinations that are left when squares that cannot occur are taken out.

    A monomial whose coefficient is zero on the other side, and to which only diagonal entries contribute, all with
    the same sign, forces these entries to be zero; their basis monomials are left out, and so on until nothing
    changes. For a sum of squares this is the reduction by the Newton polytope. It is done in the variables of the
    problem, where its polynomials are sparse, if the change of variables maps every basis to itself, else in those
    of the identity.
    """
    frame = shape.frame
    images = [_images(shape, block.basis) for block in shape.blocks]
    aligned = all(image is not None for image in images)
    aligned = aligned and all(_images(shape, multiplier.basis) is not None for multiplier in shape.multipliers)
    one, f, g, h = _sparse_terms(frame) if aligned else _changed_terms(frame)
    fixed = one | f
    for multiplier in shape.multipliers:
        fixed |= _sums(set(map(tuple, multiplier.basis.tolist())), h[multiplier.equality])
    faces = []
    for block, rows, image in zip(shape.blocks, _without_forced_zeros(shape, fixed, g), images, strict=True):
        if aligned and len(rows) < block.size:
            faces.append(_row_echelon([image[i] for i in rows]))  # type: ignore[index]
        else:
            faces.append(unit_rows(rows, block.size))
    return faces


def _changed_terms(frame: Frame) -> tuple[set[Exponent], set[Exponent], list[Terms], list[set[Exponent]]]:
    """Return the monomials of `W` and `f W`, and the terms of the constraints, in the variables of the identity."""
    g = [dict(zip(monomials(p), map(fraction, p.coeffs()), strict=True)) for p in frame.inequalities]
    h = [set(monomials(p)) for p in frame.equalities]
    return set(monomials(frame.denominator)), set(monomials(frame.objective)), g, h


def _sparse_terms(frame: Frame) -> tuple[set[Exponent], set[Exponent], list[Terms], list[set[Exponent]]]:
    """Return the same in the variables of the problem; of `W` all that can occur."""
    problem, n = frame.problem, frame.problem.n_variables
    linear = {tuple(int(i == j) for j in range(n)) for i in frame.squares}
    if frame.constant or any(frame.shift):
        linear.add((0,) * n)
    power: set[Exponent] = {(0,) * n}
    for _ in range(2 * frame.exponent):
        power = _sums(power, linear)
    g = [exact_terms(p) for p in problem.inequalities]
    h = [set(exact_terms(p)) for p in problem.equalities]
    return power, _sums(power, set(exact_terms(problem.minimize))), g, h


def _without_forced_zeros(shape: Shape, fixed: set[Exponent], g: list[Terms]) -> list[list[int]]:
    """Return which monomials of each block are left, when `fixed` are those that may have any coefficient."""
    bases = [list(map(tuple, block.basis.tolist())) for block in shape.blocks]
    factors = [_factor_signs(block.factors, g, shape.frame.problem.n_variables) for block in shape.blocks]
    kept = [list(range(len(basis))) for basis in bases]
    while True:
        free, forced = set(fixed), dict[Exponent, list[tuple[int, int, int]]]()
        for j, (basis, rows, signs) in enumerate(zip(bases, kept, factors, strict=True)):
            free |= _sums(_pairs([basis[p] for p in rows], True), set(signs))
            for p in rows:
                for exponent, sign in signs.items():
                    key = tuple(2 * x + y for x, y in zip(basis[p], exponent, strict=True))
                    forced.setdefault(key, []).append((sign, j, p))
        gone = set()
        for key, entries in forced.items():
            signs_here = {sign for sign, _, _ in entries}
            if key not in free and len(signs_here) == 1 and 0 not in signs_here:
                gone |= {(j, p) for _, j, p in entries}
        if not gone:
            return kept
        kept = [[p for p in rows if (j, p) not in gone] for j, rows in enumerate(kept)]


def _factor_signs(factors: Sequence[int], g: list[Terms], n: int) -> dict[Exponent, int]:
    """Return the monomials of a product of constraints with the signs of their coefficients."""
    terms: Terms = {(0,) * n: Fraction(1)}
    for j in factors:
        product: Terms = {}
        for a, x in terms.items():
            for b, y in g[j].items():
                key = tuple(p + q for p, q in zip(a, b, strict=True))
                product[key] = product.get(key, Fraction(0)) + x * y
        terms = product
    return {key: (value > 0) - (value < 0) for key, value in terms.items() if value}


def _images(shape: Shape, basis: Exponents) -> list[list[fmpq]] | None:
    """Return each monomial of the problem's variables over the basis, None when it leaves its span."""
    frame = shape.frame
    index = {row: i for i, row in enumerate(map(tuple, basis.tolist()))}
    rows = []
    for exponents in index:
        image = frame.context.constant(1)
        for variable, power in zip(frame.images, exponents, strict=True):
            image *= variable**power
        row = [fmpq(0)] * len(index)
        for key, value in zip(monomials(image), image.coeffs(), strict=True):
            if key not in index:
                return None
            row[index[key]] = value
        rows.append(row)
    return rows


def _row_echelon(rows: list[list[fmpq]]) -> Rows:
    """Return the reduced row echelon form of independent rows; low degrees come first and are eliminated."""
    if not rows:
        return ()
    reduced, _ = fmpq_mat(rows).rref()
    return tuple(tuple(fraction(value) for value in row) for row in reduced.tolist())


def _sums(left: set[Exponent], right: set[Exponent]) -> set[Exponent]:
    return {tuple(x + y for x, y in zip(a, b, strict=True)) for a in left for b in right}


def _pairs(basis: list[Exponent], distinct: bool) -> set[Exponent]:
    """Return the products of two (distinct) elements."""
    return {tuple(x + y for x, y in zip(b, c, strict=True)) for i, b in enumerate(basis) for c in basis[i + distinct :]}


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the search for a smaller face found.

    Attributes
    ----------
    faces : list of Rows or None
        The combinations that are left of each block; None when there is no smaller face or it was not recognised.
    reason : str
        Why there is none, and what to do.
    """

    faces: list[Rows] | None
    reason: str = ""


def exposed_face(shape: Shape, solver: str, time_limit: float | None) -> Exposure:
    r"""Look for a smaller face that a functional exposes.

    A functional `L` with :math:`L(f W) \le 0`, :math:`L(W) = 0`, zero on the equalities and with semidefinite
    matrices :math:`M_j \ne 0` shows that the Gram matrices of any bound satisfy :math:`\langle X_j, M_j\rangle = 0`.
    """
    sdp = shape.sdp
    answer = solve_sdp(solver, exposing_program(sdp), SolverOptions(time_limit=time_limit))
    if answer.moments is None:
        return Exposure(None, "no solver could tell whether Gram matrices with a margin exist")
    value = float(sdp.cost @ answer.moments)
    if value > EXPOSED:
        return Exposure(None, "definite Gram matrices exist, but none was found at a bound this high: raise tolerance")
    matrices = [smat(rows) for rows in sdp.split(np.asarray(sdp.operator @ answer.moments))]
    singular = [j for j, matrix in enumerate(matrices) if np.abs(matrix).max() > RANK_TOLERANCES[0]]
    if value < -EXPOSED:
        return Exposure(None, "no bound at all has an identity of this order: raise the order or bound the variables")
    faces = [kernel_of(matrix) for matrix in matrices]
    if not any(rows is not None and len(rows) < size for rows, size in zip(faces, sdp.sizes, strict=True)):
        names = "; ".join(_name(shape, j) for j in singular[:4])
        reason = f"{names}: singular in every identity, in a way not recognised as rational: bound the variables"
        return Exposure(None, reason)
    whole = [unit_rows(range(size), size) for size in sdp.sizes]
    return Exposure([own if rows is None else rows for rows, own in zip(faces, whole, strict=True)])


def _name(shape: Shape, number: int) -> str:
    factors = shape.blocks[number].factors
    what = f"inequalities {list(factors)}" if factors else "the squares without factor"
    return f"block {number} ({what}, size {shape.blocks[number].size})"


def kernel_of(matrix: NDArray[np.float64]) -> Rows | None:
    """Return a rational basis of the kernel of a semidefinite matrix, None when it is not recognised."""
    for tolerance, (largest, near) in product(RANK_TOLERANCES, SIMPLE):
        rows = kernel(matrix, tolerance, largest, near)
        if rows is not None:
            return rows
    return None


def restricted(shape: Shape, gram: NDArray[np.float64], faces: Sequence[Rows]) -> NDArray[np.float64]:
    r"""Return the `Y` of the face nearest to Gram matrices, :math:`Y = (C^+)^\top X C^+`."""
    parts = []
    for matrix, rows in zip(map(smat, shape.sdp.split(gram)), faces, strict=True):
        if rows:
            inverse = np.linalg.pinv(np.array([[float(x) for x in row] for row in rows]))
            parts.append(svec(inverse.T @ matrix @ inverse))
    return np.concatenate(parts)
