r"""Bounds that are theorems about the problem with the numbers that it has.

Where `momentsos.bounds.repair` sees an exact identity near the numerical one, `prove_everywhere` shows that it exists.
Gram matrices are written :math:`G_j = R_j (I + Z_j) R_j`, the :math:`R_j` and the small :math:`Z_j` given by floats, so
that they are semidefinite for :math:`\|Z_j\| \le 1` however small their eigenvalues are. Their defect `r` is evaluated
in twice the working precision (`momentsos.bounds.defect`), and the least-norm correction of the repair removes nearly
all of it. What is left, and what is not known of it, :math:`|r_\alpha| + e_\alpha`, is spread over the entries of the
blocks without a polynomial that meet :math:`x^\alpha`, each of them nothing else: a change :math:`S_j` with

.. math::

    \|Z_j\|_F + \|R_j^{-1}\|^2 \|S_j\|_F < 1

exists and leaves an identity that is exact. Where some monomials have no such entries, as in the partial hierarchy, it
is shown that the equations have a solution for every defect, and how small a one (`momentsos.bounds.onto`). With the
bound fixed, :math:`f \ge \gamma` on the whole feasible set follows.

Elsewhere, and at less cost, `momentsos.bounds.on_box` bounds the defect on a box; where the box holds all feasible
points that are at least as good as the best one known (`momentsos.bounds.implied`), that is a bound over everything
too.

Every inequality here is between rounded numbers, with what rounding can take away added (`momentsos.bounds.accurate`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.shift import two_sum
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import SDP, DualRay, congruence, smat, svec_length
from ..sdp.residuals import dual_residual
from ..sdp.svec import svec_weights
from .accurate import TINY, UNIT, Pair, product_of_pairs
from .defect import Identity, identity_of, triangle
from .dense_repair import DenseEquations, between
from .onto import largest_change
from .proof import Proof, Unproved
from .repair import Near, absorb
from .rigorous import relative_error

Floats = NDArray[np.float64]
#: Equations that are solved for every defect may take this many multiplications.
_DENSE_WORK = 3e9
#: Corrections of the defect at most; the last two work on digits that floats alone have not.
_CORRECTIONS = 4


def prove_everywhere(relaxation: Relaxation, problem: Problem, near: Near | None, span: int | None = None) -> Proof:
    """Prove that the bound of an identity that was made exact holds on the whole feasible set.

    Parameters
    ----------
    relaxation : Relaxation
    problem : Problem
        In the variables of the relaxation, with the coefficients that are meant: floats or fractions.
    near : Near or None
        Of what `momentsos.bounds.repair.absorb` found for this relaxation, whether that was seen to be exact or not.
    span : int, optional
        The polynomials of all identities are known to lie in a space of at most this dimension
        (`momentsos.bounds.span`): in changed variables it has fewer dimensions than there are monomials.
    """
    if near is None:
        return Proof.none(Unproved.NO_IDENTITY)
    identity = identity_of(relaxation, problem)
    if isinstance(identity, Unproved):
        return Proof.none(identity)
    with np.errstate(all="ignore"):
        reason = _unproved(relaxation.sdp, identity, near, span)
    return Proof(True, float(near.multipliers[0])) if reason is None else Proof.none(reason)


def prove_empty(
    relaxation: Relaxation, problem: Problem, ray: DualRay, span: int | None = None, until: float = np.inf
) -> bool:
    r"""Return whether a ray proves that no point is feasible: zero is at least something positive there.

    Parameters
    ----------
    relaxation, problem, span
        As for `prove_everywhere`; the objective takes no part.
    ray : DualRay
    until : float
        As for `momentsos.bounds.repair.absorb`.
    """
    zero = problem.minimize * 0.0
    plan = replace(relaxation.plan, objective=zero)
    sdp = replace(relaxation.sdp, cost=np.zeros(relaxation.sdp.n_moments))
    about = replace(relaxation, plan=plan, sdp=sdp)
    found = absorb(sdp, sdp.cost, ray.equality_duals, ray.gram, until)
    without = Problem(zero, problem.inequalities, problem.equalities, problem.variables)
    return prove_everywhere(about, without, found.near, span).value > 0.0


def _unproved(sdp: SDP, identity: Identity, near: Near, span: int | None) -> Unproved | None:
    """Return why no exact identity is shown to exist, None where it is."""
    multipliers: Pair = near.multipliers, np.zeros_like(near.multipliers)
    middle = [(np.zeros_like(root) + np.eye(root.shape[-1]), np.zeros_like(root)) for root in near.roots]
    defect = dual_residual(sdp, near.multipliers, near.gram)
    reason: Unproved | None = Unproved.NO_ROOM
    for _ in range(_CORRECTIONS):
        multipliers, middle = _corrected(sdp, near, multipliers, middle, defect)
        gram, errors = _gram(sdp, near, middle)
        found = identity.defect(multipliers, *identity.over_monomials(sdp.sizes, gram, errors))
        if found is None:
            return Unproved.TOO_LARGE
        defect = found[0][0]
        amounts = (np.abs(defect) + np.abs(found[0][1]) + found[1]) * (1.0 + 8.0 * UNIT)
        if not np.isfinite(amounts).all():
            return Unproved.TOO_LARGE
        reason = _without_room(sdp, identity, near, middle, amounts, span)
        if reason is not Unproved.NO_ROOM:
            return reason
    return reason


def _corrected(sdp: SDP, near: Near, multipliers: Pair, middle: list[Pair], defect: Floats) -> tuple[Pair, list[Pair]]:
    """Remove a defect by the shortest change of the Gram matrices and of the multipliers; the bound stays."""
    kept = near.merged.kept
    left = near.merged.settled(defect)[1][near.columns] / near.lengths
    free, inner = near.factor.shortest(left)
    change = np.zeros(sdp.operator.shape[0])
    change[near.rows] = between(near.sdp, near.roots, inner)
    more = np.zeros_like(defect, shape=len(sdp.right_side))
    more[kept] = free
    more += near.merged.settled(defect - sdp.operator.T @ change - sdp.equalities.T @ more)[0]
    more[0] = 0.0
    moved = [_added(pair, smat(inner[places])) for pair, (_, places) in zip(middle, near.sdp.groups, strict=True)]
    return _added(multipliers, more), moved


def _added(pair: Pair, more: Floats) -> Pair:
    high, rest = two_sum(pair[0], more)
    return two_sum(high, rest + pair[1])


def _gram(sdp: SDP, near: Near, middle: list[Pair]) -> tuple[Pair, Floats]:
    """Return the entries of the Gram matrices `R M R^T` of the whole program in svec order, and their errors."""
    high, low, errors = (np.zeros(sdp.operator.shape[0]) for _ in range(3))
    for (_, places), root, pair in zip(near.sdp.groups, near.roots, middle, strict=True):
        none, across = np.zeros_like(root), root.transpose(0, 2, 1)
        first, lost = product_of_pairs((root, none), pair)
        whole, more = product_of_pairs(first, (across, none))
        rows = near.rows[places]
        high[rows], low[rows] = triangle(whole[0]), triangle(whole[1])
        errors[rows] = triangle((lost @ np.abs(across)) * (1.0 + 1e-6) + more)
    return (high, low), errors


def _touched(identity: Identity, alive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the monomials that occur at all: the coefficients of the others in the defect are zero."""
    found = np.zeros(identity.n, dtype=bool)
    for monomials in (identity.objective.monomials, identity.free.monomials, identity.gram.monomials[alive]):
        found[monomials] = True
    return found


def _without_room(
    sdp: SDP, identity: Identity, near: Near, middle: list[Pair], amounts: Floats, span: int | None
) -> Unproved | None:
    """Return why a defect of at most these amounts may be too much for the blocks, None where it is not."""
    places = _places(sdp, identity, near)
    alive = places[identity.gram.unknowns] >= 0
    amounts = np.where(_touched(identity, alive), amounts, 0.0)
    takes = identity.unit & alive
    rows, columns = places[identity.gram.unknowns[takes]], identity.gram.monomials[takes]
    total = np.asarray(np.bincount(columns, identity.gram.high[takes], identity.n), dtype=np.float64)
    amounts = _moved_along_ties(identity, near, amounts, total)
    sizes = np.zeros(len(near.sdp.sizes))
    if amounts[total == 0].any():
        change = _by_the_equations(sdp, identity, near, amounts, span)
        if not np.isfinite(change):
            return Unproved.NOT_SPREAD
        sizes += change
    else:
        share = np.zeros(identity.n)
        share[total > 0] = amounts[total > 0] / total[total > 0] * (1.0 + 8.0 * UNIT)
        entries = np.zeros(len(near.rows))
        entries[rows] = share[columns]
        weights = np.concatenate([svec_weights(size) for size in near.sdp.sizes])
        sizes = np.array([float(np.linalg.norm(part)) for part in near.sdp.split(entries * weights)])
    error = float(relative_error(max(near.sdp.sizes) ** 2))
    numbers = np.array(near.sdp.sizes)
    for (size, _), root, pair in zip(near.sdp.groups, near.roots, middle, strict=True):
        moved = np.linalg.norm(pair[0] - np.eye(size), axis=(1, 2)) + np.linalg.norm(pair[1], axis=(1, 2))
        needed = moved + _inverse_norms(root) ** 2 * sizes[numbers == size]
        if not (needed * (1.0 + error) + TINY < 1.0).all():
            return Unproved.NO_ROOM
    return None


def _places(sdp: SDP, identity: Identity, near: Near) -> NDArray[np.intp]:
    """Return for each entry over monomials its place in the rows that are left of the program, -1 where it has none.

    The entries of a block of combinations have the number of its first row.
    """
    kept = np.full(sdp.operator.shape[0], -1, dtype=np.intp)
    kept[near.rows] = np.arange(len(near.rows))
    parts = [np.zeros(0, dtype=np.intp)]
    for (block, _), part in zip(identity.blocks, np.split(kept, sdp.offsets[1:-1]), strict=True):
        mixed = block.combinations is not None
        parts.append(np.full(svec_length(len(block.basis)), part.max(initial=-1)) if mixed else part)
    return np.concatenate(parts)


def _by_the_equations(sdp: SDP, identity: Identity, near: Near, amounts: Floats, span: int | None) -> float:
    """Return what the shortest change that removes a defect of these amounts does not exceed, perhaps infinity.

    Where not all monomials have an equation of their own, those that have one decide when there are as many of them as
    the space of all identities has dimensions: the equations that are left determine a polynomial of it. Equalities
    that tie a monomial to another one, or make it zero, take what is there away, and one dimension each.
    """
    if DenseEquations.work_of(near.sdp) > _DENSE_WORK or not _ties_are_exact(identity, near):
        return np.inf
    amounts, errors = _by_classes(sdp, near, amounts, _column_errors(sdp, identity, near))
    rest = amounts.copy()
    rest[near.columns] = 0.0
    if rest.any() and (span is None or span - len(near.merged.ties) > len(near.columns)):
        return np.inf
    return largest_change(near.sdp, near.lengths, amounts[near.columns], errors[near.columns])


def _ties_are_exact(identity: Identity, near: Near) -> bool:
    """Whether the coefficients of the equalities that tie moments are the numbers that are meant."""
    used = np.array([row for _, _, row, _, _ in near.merged.ties], dtype=np.intp)
    return not _inexact(identity, near)[used].any()


def _inexact(identity: Identity, near: Near) -> NDArray[np.bool_]:
    """Return which equalities have coefficients that floats do not hold."""
    found = np.zeros(len(near.merged.whole.right_side), dtype=bool)
    found[identity.free.unknowns[(identity.free.errors != 0) | (identity.free.low != 0)]] = True
    return found


def _by_classes(sdp: SDP, near: Near, amounts: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Return amounts at the classes of monomials, and the errors of their columns, which are rounded sums."""
    merged = near.merged
    if not merged.ties:
        return amounts, errors
    shares = merged.shares
    many = float(relative_error(4.0 * shares.shape[0]))
    squares = sum(np.bincount(m.indices, m.data**2, sdp.n_moments) for m in (sdp.operator, sdp.equalities))
    wrong = errors + many * np.sqrt(squares)
    return np.asarray(shares.T @ amounts) * (1.0 + many), np.asarray(shares.T @ wrong) * (1.0 + many)


def _column_errors(sdp: SDP, identity: Identity, near: Near) -> Floats:
    """Return how long the difference may be between a column of the program and the one that is meant.

    Entries of the program hold a rounded root of two, and those of combinations rounded sums.
    """
    gram, free = identity.gram, identity.free
    wrong = np.abs(gram.low) + gram.errors + 4.0 * UNIT * np.abs(gram.high)
    squares = np.zeros(identity.n)
    starts = np.cumsum([0, *(svec_length(len(block.basis)) for block, _ in identity.blocks)])
    for number, (block, _) in enumerate(identity.blocks):
        own = slice(*np.searchsorted(gram.unknowns, starts[number : number + 2]))
        if block.combinations is None:
            squares += np.bincount(gram.monomials[own], wrong[own] ** 2, identity.n)
            continue
        shape = svec_length(len(block.basis)), identity.n
        where = gram.unknowns[own] - starts[number], gram.monomials[own]
        many = float(relative_error(2.0 * len(block.basis) ** 2 + 8.0))
        sizes = sp.csr_matrix((wrong[own] + many * np.abs(gram.high[own]), where), shape=shape)
        mixed = congruence(sp.csr_matrix(abs(block.combinations))) @ sizes
        squares += np.asarray(mixed.multiply(mixed).sum(axis=0)).reshape(-1) * (1.0 + many)
    wrong = np.abs(free.low) + free.errors
    squares += np.bincount(free.monomials, wrong**2, identity.n)
    return np.asarray(np.sqrt(squares) * (1.0 + float(relative_error(len(gram.high)))))


def _moved_along_ties(identity: Identity, near: Near, amounts: Floats, total: Floats) -> Floats:
    """Let the multipliers of exact equalities move what no block takes up to other monomials."""
    ties = near.merged.ties
    if not ties or not amounts[total == 0].any():
        return amounts
    inexact, found = _inexact(identity, near), amounts.copy()
    for moment, other, row, own, others in reversed(ties):
        if total[moment] == 0 and not inexact[row]:
            if other >= 0:
                found[other] = (found[other] + abs(others / own) * found[moment]) * (1.0 + 2.0 * UNIT)
            found[moment] = 0.0
    return found


def _inverse_norms(roots: Floats) -> Floats:
    r"""Return upper bounds of :math:`\|R^{-1}\|`, infinite where none is found.

    With `W` near the inverse it is at most :math:`\|W\| / (1 - \|I - W R\|)`.
    """
    size = roots.shape[-1]
    values, vectors = np.linalg.eigh((roots + roots.transpose(0, 2, 1)) / 2)
    inverses = (vectors / values[:, None, :]) @ vectors.transpose(0, 2, 1)
    error = float(relative_error(size))
    rest = np.abs(np.eye(size) - inverses @ roots) + error * (np.eye(size) + np.abs(inverses) @ np.abs(roots))
    off = np.linalg.norm(rest, axis=(1, 2)) * (1.0 + float(relative_error(size**2)))
    norms = np.linalg.norm(inverses, axis=(1, 2)) * (1.0 + float(relative_error(size**2))) / (1.0 - off)
    return np.where(off < 0.5, norms * (1.0 + 8.0 * UNIT), np.inf)
