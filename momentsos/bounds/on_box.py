r"""A bound on a box that rounding cannot break, from any dual vectors, in the problem with the numbers that it has.

With the defect `r` of `momentsos.bounds.defect` and :math:`G_j + \varepsilon_j I \succeq 0`, at every feasible point of
the box

.. math::

    w (f - \gamma) \;\ge\; \sum_\alpha r_\alpha x^\alpha - \sum_j \varepsilon_j\, g_j \sum_{b \in B_j} x^{2 b} ,

and both sums are bounded term by term. Where `w` is one, the constant of `r` is not lost but moves :math:`\gamma`.
Where the box holds all feasible points with :math:`f \le v` (`momentsos.bounds.implied`), the smaller of `v` and the
bound is one over everything.

Source: Jansson, Chaykin and Keil, *Rigorous error bounds for the optimal value in semidefinite programming*, SIAM J.
Numer. Anal. 46 (2007), section 3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..polynomials.exponents import Exponents
from ..problem import Problem
from ..relaxations import Relaxation
from ..relaxations.plan import Block
from ..sdp import SDP
from ..sdp.residuals import project_to_cone
from ..sdp.svec import svec_weights
from .accurate import TINY, UNIT
from .defect import identity_of, matrix_of
from .meaning import Meant
from .proof import Proof, Unproved
from .rigorous import eigenvalues_above

Floats = NDArray[np.float64]
#: Lower and upper bounds.
Range = tuple[Floats, Floats]


def prove_on_box(
    relaxation: Relaxation,
    problem: Problem,
    multipliers: Floats | None,
    gram: Floats | None,
    low: Floats,
    high: Floats,
    value: float = math.inf,
) -> Proof:
    """Prove a bound on the feasible points of a box, or on all that are better than a value.

    Parameters
    ----------
    relaxation : Relaxation
    problem : Problem
        In the variables of the relaxation, with the coefficients that are meant: floats or fractions.
    multipliers, gram : arrays or None
        Any dual vectors; the better they solve the dual, the better the bound.
    low, high : (n,) arrays
        The box, in the same variables; infinite where a variable has no bound.
    value : float
        When the box holds only those feasible points at which the objective is at most this, in the units of the
        relaxation; then the smaller of both is proved.

    Raises
    ------
    InvalidInput
        When the box is not one in the variables of the problem.
    """
    shape = (problem.n_variables,)
    if low.shape != shape or high.shape != shape:
        raise InvalidInput(f"a box of shapes {low.shape} and {high.shape}: expected {shape}")
    if multipliers is None or gram is None or not (np.isfinite(multipliers).all() and np.isfinite(gram).all()):
        return Proof.none(Unproved.NO_IDENTITY)
    identity = identity_of(relaxation, problem)
    if isinstance(identity, Unproved):
        return Proof.none(identity)
    with np.errstate(all="ignore"):
        entries = _entries(relaxation, gram)
        over = identity.over_monomials(relaxation.sdp.sizes, (entries, 0.0 * entries), 0.0 * entries)
        found = identity.defect((multipliers, 0.0 * multipliers), *over)
        if found is None:
            return Proof.none(Unproved.TOO_LARGE)
        (high_part, low_part), unknown = found
        rows = relaxation.monomials.rows
        least = _least(high_part, unknown + np.abs(low_part), _ranges(rows, low, high))
        for (block, meant), shift in zip(identity.blocks, _shifts(relaxation.sdp, entries), strict=True):
            if shift > 0.0:
                size = _largest_square(block, low, high) * _largest(meant, low, high)
                least -= shift * max(size, 0.0) * (1.0 + 8.0 * UNIT)
        if relaxation.plan.normalization.degree:
            least = min(least, 0.0)
        bound = float(multipliers[0]) + least
        bound -= 4.0 * UNIT * (abs(float(multipliers[0])) + abs(least)) + TINY
    if not math.isfinite(bound):
        bounded = np.isfinite(low).all() and np.isfinite(high).all()
        return Proof.none(Unproved.TOO_LARGE if bounded else Unproved.UNBOUNDED_BOX)
    return Proof(True, min(bound, value))


def _entries(relaxation: Relaxation, gram: Floats) -> Floats:
    """Return the entries of the nearest semidefinite matrices in svec order."""
    weights = [svec_weights(size) for size in relaxation.sdp.sizes]
    return project_to_cone(gram, relaxation.sdp) / np.concatenate([np.zeros(0), *weights])


def _shifts(sdp: SDP, entries: Floats) -> list[float]:
    """Return for each block a number whose multiple of the identity makes it semidefinite."""
    found = []
    for part in sdp.split(entries):
        least = float(part[0]) if len(part) == 1 else eigenvalues_above(matrix_of(part))
        found.append(max(0.0, -least))
    return found


def _ranges(rows: Exponents, low: Floats, high: Floats) -> Range:
    """Return the ranges of monomials on a box, rounded outwards."""
    below, above = np.ones(len(rows)), np.ones(len(rows))
    for i in np.flatnonzero(rows.any(axis=0)).tolist():
        places = np.flatnonzero(rows[:, i])
        power = rows[places, i].astype(np.float64)
        ends = np.array([low[i] ** power, high[i] ** power])
        least, most = ends.min(axis=0), ends.max(axis=0)
        if low[i] < 0.0 < high[i]:
            least = np.where(power % 2 == 0, 0.0, least)
        products = np.array([a * b for a in (below[places], above[places]) for b in (least, most)])
        products = np.where(np.isnan(products), 0.0, products)  # zero times infinity
        below[places], above[places] = products.min(axis=0), products.max(axis=0)
    # Powers of the library are off by less than four units, and each is multiplied once.
    share = 8.0 * UNIT * (2.0 + (rows > 0).sum(axis=1))
    return below - share * np.abs(below) - TINY, above + share * np.abs(above) + TINY


def _least(values: Floats, unknown: Floats, ranges: Range) -> float:
    """Return a lower bound of the sum of multiples of monomials, the factors being known up to `unknown`."""
    below, above = ranges
    terms = np.minimum(_times(values, below), _times(values, above))
    sizes = np.maximum(np.abs(below), np.abs(above))
    lost = (_times(unknown, sizes) + 2.0 * UNIT * np.abs(terms)) * (1.0 + 8.0 * UNIT)
    if not (np.isfinite(terms).all() and np.isfinite(lost).all()):
        return -math.inf
    return math.nextafter(math.fsum([*terms.tolist(), *(-lost).tolist()]), -math.inf) - TINY


def _times(a: Floats, b: Floats) -> Floats:
    return np.where(a == 0.0, 0.0, a * b)


def _largest(p: Meant, low: Floats, high: Floats) -> float:
    """Return an upper bound of a polynomial on a box, of all entries of a matrix."""
    if p.high.ndim == 2:
        distinct = np.unique(np.stack([p.high, p.low, p.errors], axis=1), axis=0)
        return max(_largest(Meant(p.rows, *entry), low, high) for entry in distinct)
    return -_least(-p.high, np.abs(p.low) + p.errors, _ranges(p.rows, low, high))


def _largest_square(block: Block, low: Floats, high: Floats) -> float:
    """Return an upper bound of the sum of squares of what a block is made of, on a box."""
    if block.combinations is None:
        none = np.zeros(len(block.basis))
        return _largest(Meant(2 * block.basis, none + 1.0, none, none), low, high)
    below, above = _ranges(block.basis, low, high)
    sizes = abs(block.combinations) @ np.maximum(np.abs(below), np.abs(above))
    return float(sizes @ sizes) * (1.0 + 8.0 * UNIT * (len(block.basis) + len(sizes)))
