r"""A proof in fractions that no point is feasible, where a ray has no room to be moved into.

A ray is an identity :math:`0 = \gamma w + \sum_j \langle G_j, g_j B_j B_j^\top\rangle + \sum_l \lambda_l h_l
x^{\beta_l}` with :math:`\gamma > 0`. Where its equations depend on each other, as for linear inequalities that exclude
each other or equations without a common zero, `momentsos.bounds.rigor` cannot show that one exists near the numbers of
a solver. Here the numbers are rounded to short binary fractions, entries without room to zero, the equations are solved
exactly in as many unknowns as there are independent ones, and what comes out is checked.

Source: Peyrl and Parrilo, *Computing sum of squares decompositions with rational coefficients*, Theoret. Comput. Sci.
409 (2008).
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from ..problem import Problem
from ..relaxations import Relaxation
from ..relaxations.plan import BlockKind
from ..sdp import DualRay, svec_length
from ..sdp.svec import svec_index, svec_weights
from ..sdp.triangles import independent
from .defect import Identity, Terms, identity_of
from .proof import Unproved

Floats = NDArray[np.float64]
#: Unknowns and equations at most: the exact solution takes about a second.
_MOST_UNKNOWNS, _MOST_EQUATIONS = 3_000, 400
#: Entries of Gram matrices with less room than this are zero; numbers are rounded to this many bits.
_ROOM, _BITS = 1e-6, 24


def exactly_empty(relaxation: Relaxation, problem: Problem, ray: DualRay) -> bool:
    """Return whether the numbers of a ray, made rational, prove that no point is feasible.

    Parameters
    ----------
    relaxation : Relaxation
        Its objective takes no part.
    problem : Problem
        In the variables of the relaxation, with the coefficients that are meant.
    ray : DualRay
    """
    problem, scales = _in_binary_fractions(problem)
    identity = identity_of(relaxation, problem)
    if isinstance(identity, Unproved) or not ray.equality_duals[0] > 0.0:
        return False
    terms = Terms.joined([identity.gram, _after(identity.free, relaxation.sdp.operator.shape[0])])
    count = relaxation.sdp.operator.shape[0] + len(ray.equality_duals)
    mixed = any(block.combinations is not None for block, _ in identity.blocks)
    if mixed or terms.errors.any() or count > _MOST_UNKNOWNS:
        return False
    weights = np.concatenate([np.zeros(0), *(svec_weights(size) for size in relaxation.sdp.sizes)])
    gram_scales, dual_scales = _of_unknowns(relaxation, problem, scales)
    duals = ray.equality_duals / ray.equality_duals[0] / dual_scales
    entries = ray.gram / weights / ray.equality_duals[0] / gram_scales
    room = np.concatenate([*(_room(part) for part in relaxation.sdp.split(entries)), np.ones_like(duals)])
    size = max(1.0, float(np.abs(duals).max(initial=0.0)), float(np.abs(entries).max(initial=0.0)))
    room[len(entries) :] = size
    values = np.where(room > _ROOM * size, np.concatenate([entries, duals]), 0.0)
    room = np.where(room > _ROOM * size, room, 0.0)
    room[len(entries)] = 0.0  # the bound stays what it is
    if not (np.isfinite(values).all() and np.isfinite(room).all()):
        return False
    found = _solved(identity, terms, [_rounded(v, size) for v in values.tolist()], room)
    return found is not None and all(_is_semidefinite(part) for part in _parts(found, relaxation.sdp.sizes))


def _in_binary_fractions(problem: Problem) -> tuple[Problem, list[float]]:
    """Multiply constraints by numbers of size one to two that leave binary fractions of their coefficients."""
    found, scales = [], []
    for p in (*problem.inequalities, *problem.equalities):
        common = math.lcm(*(Fraction(c).denominator for c in p.coefficients.tolist())) if p.is_exact else 1
        scale = Fraction(common, 1 << (common.bit_length() - 1))
        found.append(p * scale if scale != 1 else p)
        scales.append(float(scale))
    count = len(problem.inequalities)
    zero, left, equal = problem.minimize * 0.0, tuple(found[:count]), tuple(found[count:])
    return replace(problem, minimize=zero, inequalities=left, equalities=equal, squares=None), scales


def _of_unknowns(relaxation: Relaxation, problem: Problem, scales: list[float]) -> tuple[Floats, Floats]:
    """Return what the constraint of each entry and of each multiplier was multiplied by."""
    gram, duals, count = [np.zeros(0)], [np.ones(1)], len(problem.inequalities)
    for block in relaxation.plan.blocks:
        psd = block.kind is BlockKind.PSD
        scale = math.prod(scales[i if psd else count + i] for i in block.factors)
        length = len(block.basis)
        (gram if psd else duals).append(np.full(svec_length(length) if psd else length, scale))
    return np.concatenate(gram), np.concatenate(duals)


def _after(terms: Terms, first: int) -> Terms:
    """Number the unknowns from `first` on."""
    return Terms(terms.unknowns + first, terms.monomials, terms.high, terms.low, terms.errors)


def _room(entries: Floats) -> Floats:
    """Return for each entry of a Gram matrix the geometric mean of the two on the diagonal."""
    first, second = svec_index(int((2 * len(entries)) ** 0.5))
    diagonal = np.sqrt(np.maximum(entries[first == second], 0.0))
    return np.asarray(diagonal[first] * diagonal[second])


def _rounded(value: float, size: float) -> fmpq:
    """Round to a multiple of a power of two, some bits below the largest number of all."""
    unit = Fraction(2) ** (int(np.frexp(size)[1]) - _BITS)
    return _exact(round(Fraction(value) / unit) * unit)


def _exact(value: float | Fraction) -> fmpq:
    numerator, denominator = value.as_integer_ratio()
    return fmpq(numerator, denominator)


def _solved(identity: Identity, terms: Terms, values: list[fmpq], room: Floats) -> list[fmpq] | None:
    """Return values that satisfy all equations exactly, those without room as they are; None if none are found."""
    exact = [_exact(high) + _exact(low) for high, low in zip(terms.high.tolist(), terms.low.tolist(), strict=True)]
    triples = list(zip(terms.unknowns.tolist(), terms.monomials.tolist(), exact, strict=True))
    rest = _left(identity.n, triples, values)
    used = np.flatnonzero(room > 0)
    occurring = np.unique(terms.monomials)
    if len(occurring) > _MOST_EQUATIONS:
        return None
    matrix = np.zeros((identity.n, len(values)))
    np.add.at(matrix, (terms.monomials, terms.unknowns), terms.high)
    rows, columns = independent((matrix * room)[np.ix_(occurring, used)])
    rows, columns = occurring[rows], used[columns]
    place = {int(row): k for k, row in enumerate(rows)}, {int(column): k for k, column in enumerate(columns)}
    system = fmpq_mat(len(rows), len(columns))
    for unknown, monomial, value in triples:
        if unknown in place[1] and monomial in place[0]:
            at = place[0][monomial], place[1][unknown]
            system[at] = system[at] + value
    right = fmpq_mat(len(rows), 1, [-rest[row] for row in rows.tolist()])
    try:
        change = system.solve(right, algorithm="dixon")  # type: ignore[call-arg]
    except ZeroDivisionError:
        return None
    found = list(values)
    for k, column in enumerate(columns.tolist()):
        found[column] += change[k, 0]
    return None if any(value != 0 for value in _left(identity.n, triples, found)) else found


def _left(n: int, triples: list[tuple[int, int, fmpq]], values: list[fmpq]) -> list[fmpq]:
    """Return the coefficients of what the identity leaves."""
    rest = [fmpq(0)] * n
    for unknown, monomial, value in triples:
        if values[unknown] != 0:
            rest[monomial] += value * values[unknown]
    return rest


def _parts(values: list[fmpq], sizes: tuple[int, ...]) -> list[list[list[fmpq]]]:
    """Return the Gram matrices of entries in svec order."""
    found, start = [], 0
    for size in sizes:
        matrix = [[fmpq(0)] * size for _ in range(size)]
        for a, b in zip(*(index.tolist() for index in svec_index(size)), strict=True):
            matrix[a][b] = matrix[b][a] = values[start]
            start += 1
        found.append(matrix)
    return found


def _is_semidefinite(matrix: list[list[fmpq]]) -> bool:
    """Whether elimination without pivoting meets no negative pivot, and zero rows where a pivot is zero."""
    size = len(matrix)
    for k in range(size):
        pivot, row = matrix[k][k], matrix[k]
        if pivot < 0 or (pivot == 0 and any(value != 0 for value in row[k + 1 :])):
            return False
        if pivot == 0:
            continue
        for i in range(k + 1, size):
            if row[i] != 0:
                share = row[i] / pivot
                matrix[i] = [a - share * b if j > k else a for j, (a, b) in enumerate(zip(matrix[i], row, strict=True))]
    return True
